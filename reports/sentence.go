package reports

import (
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// tone says how to show a verdict.
type tone string

const (
	good tone = "good"
	bad  tone = "bad"
	open tone = "open"
)

// judgement is what a run comes to, in words: the first says it all, the rest says how much of it.
type judgement struct {
	Tone tone
	Word string
	Rest string
	// Broken are the broken clauses, Known those that a list of known failures excuses.
	Broken []string
	Known  []string
	Judged int
	// Applicable is how many clauses apply to the target: all but those that nobody could judge there. Left are those
	// of them that were skipped.
	Applicable int
	Skipped    int
	Kept       int
	Undecided  int
	// Release is the release that is known to break some, and OfRelease are the clauses that it breaks here.
	Release   string
	OfRelease []string
}

// newJudgement puts a run into a sentence, the same in every format.
func newJudgement(run result.Run) judgement {
	counts := run.Summary.Clauses
	j := judgement{
		Judged: counts[result.Pass] + counts[result.Fail], Applicable: len(run.Clauses) - run.Summary.NotApplicable,
		Skipped: counts[result.Skip] - run.Summary.NotApplicable, Kept: counts[result.Pass], Undecided: counts[result.Blocked],
	}
	j.ofRelease(run)
	for _, clause := range run.Clauses {
		switch {
		case clause.Known != "" && slices.Contains(j.OfRelease, clause.ID):
		case clause.Known != "":
			j.Known = append(j.Known, clause.ID)
		case clause.Verdict == result.Fail:
			j.Broken = append(j.Broken, clause.ID)
		}
	}
	switch {
	case len(j.Broken) > 0 && j.Release != "":
		j.Tone, j.Word, j.Rest = bad, "not conformant", fmt.Sprintf("%d more%s (%s); %d of %d tested clauses hold",
			len(j.Broken), byCauses(run), few(j.Broken), j.Kept, j.Judged)
	case len(j.Broken) > 0:
		j.Tone, j.Word, j.Rest = bad, "not conformant", fmt.Sprintf(": %s broken%s (%s); %d of %d tested clauses hold",
			plural(len(j.Broken), "clause"), byCauses(run), few(j.Broken), j.Kept, j.Judged)
	case len(run.Stale) > 0:
		j.Tone, j.Word, j.Rest = bad, "not as known", fmt.Sprintf(": %s, and known failures pass now (%s)", allHold(j.Judged), few(run.Stale))
	case run.ExitCode == result.ExitHarness:
		j.Tone, j.Word, j.Rest = bad, "the harness failed", ", which says nothing of the target"
	case run.Interrupted:
		j.Tone, j.Word, j.Rest = open, "interrupted", fmt.Sprintf(": %d clauses tested by then, all hold", j.Judged)
	case run.ExitCode != result.ExitKept && j.Judged == 0:
		j.Tone, j.Word, j.Rest = open, "inconclusive", ": nothing was tested"+nothing(run)
	case run.ExitCode != result.ExitKept && j.Undecided == 0:
		j.Tone, j.Word, j.Rest = open, "inconclusive", fmt.Sprintf(": no clause broken, and %d of %d tested", j.Judged, j.Applicable)
	case run.ExitCode != result.ExitKept:
		j.Tone, j.Word, j.Rest = open, "inconclusive", fmt.Sprintf(": %d clauses hold, %d have no verdict", j.Kept, j.Undecided)
	case j.Skipped > 0 && run.Summary.Known > 0:
		j.Tone, j.Word, j.Rest = open, "no clause broken except known failures", fmt.Sprintf(": %d of %d tested, %d of them hold", j.Judged, j.Applicable, j.Kept)
	case j.Skipped > 0:
		j.Tone, j.Word, j.Rest = open, "no clause broken", fmt.Sprintf(": %d of %d tested", j.Judged, j.Applicable)
	case run.Summary.Known > 0:
		j.Tone, j.Word, j.Rest = good, "conformant except known failures", fmt.Sprintf(": %d of %d tested clauses hold", j.Kept, j.Judged)
	default:
		j.Tone, j.Word, j.Rest = good, "conformant", ": "+allHold(j.Judged)
	}
	if j.Release != "" && j.Judged > 0 && run.ExitCode != result.ExitHarness {
		j.Rest = j.beside()
	}
	if len(j.Known) > 0 {
		j.Rest += fmt.Sprintf("; %s (%s)", plural(len(j.Known), "known failure"), few(j.Known))
	}
	j.Rest += notJudged(run, j.Skipped)
	for _, unmet := range run.Unmet {
		j.Rest += "; " + unmet
	}
	return j
}

// ofRelease finds the clauses that the release itself breaks.
func (j *judgement) ofRelease(run result.Run) {
	if run.Release == nil {
		return
	}
	j.Release = run.Release.Name
	for _, check := range run.Checks {
		for _, clause := range check.Clauses {
			if check.Release != "" && !slices.Contains(j.OfRelease, clause) {
				j.OfRelease = append(j.OfRelease, clause)
			}
		}
	}
}

// beside is the rest of the sentence after what the release itself breaks.
func (j judgement) beside() string {
	text := fmt.Sprintf(": %s itself breaks %s; your deployment breaks ", j.Release, plural(len(j.OfRelease), "promise"))
	if len(j.Broken) > 0 {
		return text + j.Rest
	}
	if len(j.OfRelease)+len(j.Known) == 0 {
		return text + "none" + strings.Replace(j.Rest, ":", ";", 1)
	}
	return text + "no more" + strings.Replace(j.Rest, ":", ";", 1)
}

// Sentence is what a run comes to, as every format says it.
func Sentence(run result.Run) string {
	j := newJudgement(run)
	return j.Word + j.Rest
}

// notJudged says how many clauses were left out: those that more effects would judge, the others, and those that do not
// apply.
func notJudged(run result.Run, left int) string {
	text := ""
	if more := run.Summary.NeedAllow; more > 0 {
		text += fmt.Sprintf("; %d not tested without --allow %s", more, missing(run))
		if left -= more; left > 0 {
			text += fmt.Sprintf("; %d for other reasons", left)
		}
	} else if left > 0 {
		text += fmt.Sprintf("; %d not tested", left)
	}
	if none := run.Summary.NotApplicable; none > 0 {
		text += fmt.Sprintf("; %d not applicable here", none)
	}
	return text
}

func allHold(clauses int) string {
	if clauses == 1 {
		return "1 tested clause holds"
	}
	return fmt.Sprintf("all %d tested clauses hold", clauses)
}

// missing are the effects that --allow must add to test more, as the flag takes them: "+bots,+agent".
func missing(run result.Run) string {
	var all []string
	for effect := range strings.SplitSeq(run.Summary.Allow, ",") {
		if !slices.Contains(run.Target.Allowed, effect) {
			all = append(all, "+"+effect)
		}
	}
	return strings.Join(all, ",")
}

// byCauses says how many causes the broken clauses have, known ones aside; nothing for a report that names none.
func byCauses(run result.Run) string {
	n := 0
	for _, c := range run.Causes {
		if c.Known == "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return " by " + plural(n, "cause")
}

// row is an area of the contract against verdicts.
type row struct {
	Area   string
	Counts map[result.Verdict]int
}

// areas are a run's checks by area, in the order of the contract.
func areas(run result.Run) []row {
	var rows []row
	place := map[string]int{}
	for _, check := range run.Checks {
		area := check.Area()
		i, found := place[area]
		if !found {
			i = len(rows)
			place[area] = i
			rows = append(rows, row{area, map[result.Verdict]int{}})
		}
		rows[i].Counts[check.Verdict]++
	}
	return rows
}

// betterEdition says that another edition fits the target better than the one of the run.
func betterEdition(run result.Run) string {
	if run.FitsBetter == nil {
		return ""
	}
	return safe(fmt.Sprintf("tested with --edition %s, but %s fits better (%s confidence): use --edition %s, unless you know why not",
		run.Edition, run.FitsBetter.Edition, run.FitsBetter.Confidence, run.FitsBetter.Edition))
}

// nothing says why a run judged nothing: why its clauses have no verdict, the most common reason first.
func nothing(run result.Run) string {
	ids := map[string][]string{}
	for _, clause := range run.Clauses {
		if clause.Reason != "" {
			reason, _, _ := strings.Cut(safe(firstLine(clause.Reason)), ": ")
			ids[reason] = append(ids[reason], clause.ID)
		}
	}
	reasons := byCount(ids)
	if len(reasons) == 0 {
		return ""
	}
	const shown = 3
	text := ", since " + strings.Join(reasons[:min(shown, len(reasons))], "; ")
	if more := len(reasons) - shown; more > 0 {
		text += fmt.Sprintf("; and %s", plural(more, "other reason"))
	}
	return text
}

// contractNote names the releases that the edition documents, and the operator's own contract if there is one. It is empty
// for a report of a version that did not say so.
func contractNote(run result.Run) string {
	var parts []string
	if run.Releases != "" {
		parts = append(parts, run.Edition+" documents "+run.Releases)
	}
	if run.Contract != nil {
		parts = append(parts, "changed by the contract "+run.Contract.String())
	}
	return printable(strings.Join(parts, ", "))
}
