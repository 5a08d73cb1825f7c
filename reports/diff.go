package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// Change is what became of a clause or a check between two reports.
type Change string

// The changes. Regressed and Vanished are what a gate stops at, and FirstBroken if it is strict.
const (
	// Regressed was kept, and is broken now, which nothing excuses.
	Regressed Change = "regressed"
	// FirstBroken was not judged before, and is broken now, which nothing excuses.
	FirstBroken Change = "judged for the first time: broken"
	// Excused was not broken before, and is broken now as the new report's list of known failures has it.
	Excused Change = "broken as known"
	// Vanished was judged and is not judged any more.
	Vanished Change = "vanished"
	// Fixed was broken and is kept now.
	Fixed Change = "fixed"
	// New was not judged and is now.
	New Change = "new"
	// Otherwise is broken still, and for another reason.
	Otherwise Change = "still broken, otherwise"
	// Still is broken in both runs, in the same way.
	Still Change = "still broken"
)

// Changes are all of them, the worst first.
func Changes() []Change {
	return []Change{Regressed, Vanished, FirstBroken, Excused, Otherwise, Still, Fixed, New}
}

// Difference is one clause or check that changed.
type Difference struct {
	// Run is the edition and kind that both reports have.
	Run    string `json:"run"`
	ID     string `json:"id"`
	Clause bool   `json:"clause"`
	Change Change `json:"change"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Comparison is what changed from one report to another.
type Comparison struct {
	Schema string `json:"schema"`
	Old    string `json:"old"`
	New    string `json:"new"`
	// Causes are those of both reports, the new ones first.
	Causes      []CauseDifference `json:"causes"`
	Differences []Difference      `json:"differences"`
	// Allowed are those that vanished and may.
	Allowed []string `json:"allowed,omitempty"`
	// Failed says that a gate must stop.
	Failed bool `json:"failed"`
	// FirstRelease says that there was no older report to compare with.
	FirstRelease bool `json:"first_release,omitempty"`
}

// FirstRelease is the comparison of a report that has no older one: it finds no difference and fails nothing.
func FirstRelease(now result.Report) Comparison {
	return Comparison{Schema: diffSchema, Old: "no baseline", New: nameOf(now), Causes: []CauseDifference{}, Differences: []Difference{}, FirstRelease: true}
}

// DiffOptions say what fails a comparison.
type DiffOptions struct {
	// Allowed says which clauses and checks may vanish; nil allows none.
	Allowed func(id string) bool
	// StrictNew has what is broken fail it although it was not judged before.
	StrictNew bool
}

const diffSchema = "vexa-conformance/diff/v1"

// Diff compares two reports: first by the ids of their causes, then by those of clauses and checks. A check that fails in both
// with the same cause is still broken, however its texts differ. Causes do not fail the comparison: the clauses that they break
// do. It fails as a gate does, by what the options say, and never by what the new report excuses.
func Diff(before, after result.Report, o DiffOptions) Comparison {
	c := Comparison{Schema: diffSchema, Old: nameOf(before), New: nameOf(after), Causes: []CauseDifference{}, Differences: []Difference{}}
	labels, old, now := byLabel(before, after)
	for _, label := range labels {
		if _, there := now[label]; !there {
			c.Differences = append(c.Differences, Difference{label, label, true, Vanished, "judged", "no run of it"})
			continue
		}
		c.Causes = append(c.Causes, causesBetween(label, old[label], now[label])...)
		c.Differences = append(c.Differences, between(label, true, clauseStates(old[label]), clauseStates(now[label]))...)
		c.Differences = append(c.Differences, between(label, false, checkStates(old[label]), checkStates(now[label]))...)
	}
	sortCauses(c.Causes)
	for _, d := range c.Differences {
		switch {
		case d.Change == Vanished && o.Allowed != nil && o.Allowed(d.ID):
			c.Allowed = append(c.Allowed, d.ID)
		case d.Change == Vanished, d.Change == Regressed, d.Change == FirstBroken && o.StrictNew:
			c.Failed = true
		}
	}
	return c
}

func nameOf(r result.Report) string {
	var names []string
	for _, run := range r.Runs {
		names = append(names, run.Edition+" "+run.Target.Name)
	}
	return fmt.Sprintf("%s (%s %s, %s)", strings.Join(names, ", "), r.Tool.Name, r.Tool.Version, r.Finished.UTC().Format("2006-01-02 15:04 UTC"))
}

// byLabel matches the runs of two reports by edition and kind. One run each is compared whatever its edition: a deployment may
// have moved from one to the other.
func byLabel(before, after result.Report) (labels []string, old, now map[string]result.Run) {
	old, now = map[string]result.Run{}, map[string]result.Run{}
	if len(before.Runs) == 1 && len(after.Runs) == 1 {
		label := labelOf(after.Runs[0])
		return []string{label}, map[string]result.Run{label: before.Runs[0]}, map[string]result.Run{label: after.Runs[0]}
	}
	for i, runs := range [][]result.Run{before.Runs, after.Runs} {
		for _, run := range runs {
			label := labelOf(run)
			if !slices.Contains(labels, label) {
				labels = append(labels, label)
			}
			[]map[string]result.Run{old, now}[i][label] = run
		}
	}
	return labels, old, now
}

func labelOf(run result.Run) string {
	if run.Target.Hosted {
		return run.Edition + " hosted"
	}
	return run.Edition
}

// state is what a report says of a clause or a check.
type state struct {
	id      string
	verdict result.Verdict
	known   bool
	// expired says that its excuse is over.
	expired bool
	// why is what a broken one was seen by: its expectation, and its status and words without what differs each time.
	why string
	// causes are the ids of its causes, says what the first one says.
	causes []string
	says   string
}

// otherwise says whether a check that is broken in both reports is so for another reason: its causes differ, and so does what it
// was seen by. A report without causes has only the latter.
func (s state) otherwise(was state) bool {
	return s.why != was.why && (len(s.causes) == 0 || !slices.Equal(s.causes, was.causes))
}

// reason is what a failure comes from in words.
func (s state) reason() string { return cmp.Or(s.says, s.why) }

func (s state) judged() bool { return s.verdict == result.Pass || s.verdict == result.Fail }

func clauseStates(run result.Run) []state {
	var all []state
	for _, clause := range run.Clauses {
		// Of which checks failed tells the checks' own rows.
		all = append(all, state{id: clause.ID, verdict: clause.Verdict, known: clause.Known != "", expired: clause.Expired != ""})
	}
	return all
}

func checkStates(run result.Run) []state {
	var all []state
	for _, check := range run.Checks {
		s := state{
			id: check.ID, verdict: check.Verdict, known: check.Known != "", expired: check.Expired != "",
			why: steady(check.Expected) + " | " + steady(check.Actual),
		}
		for _, c := range causesOf(run, check.ID) {
			s.causes = append(s.causes, c.ID)
			s.says = cmp.Or(s.says, c.Sentence)
		}
		slices.Sort(s.causes)
		all = append(all, s)
	}
	return all
}

func between(label string, clause bool, old, now []state) []Difference {
	var all []Difference
	add := func(id string, change Change, before, after string) {
		all = append(all, Difference{label, id, clause, change, before, after})
	}
	before := map[string]state{}
	for _, s := range old {
		before[s.id] = s
	}
	seen := map[string]bool{}
	for _, s := range now {
		seen[s.id] = true
		was := before[s.id]
		switch {
		case s.verdict == result.Fail && was.verdict == result.Fail && s.otherwise(was):
			add(s.id, Otherwise, was.reason(), s.reason())
		case s.verdict == result.Fail && was.verdict == result.Fail:
			add(s.id, Still, was.word(), s.word())
		case s.verdict == result.Fail && s.known:
			add(s.id, Excused, was.word(), s.word())
		case s.verdict == result.Fail && !was.judged():
			add(s.id, FirstBroken, was.word(), s.word())
		case s.verdict == result.Fail:
			add(s.id, Regressed, was.word(), s.word())
		case was.judged() && !s.judged():
			add(s.id, Vanished, was.word(), s.word())
		case was.verdict == result.Fail:
			add(s.id, Fixed, was.word(), s.word())
		case s.judged() && !was.judged():
			add(s.id, New, was.word(), s.word())
		}
	}
	for _, s := range old {
		if !seen[s.id] && s.judged() {
			add(s.id, Vanished, s.word(), "absent")
		}
	}
	return all
}

// word is the verdict, and of a known failure that it is one.
func (s state) word() string {
	switch {
	case s.verdict == "":
		return "absent"
	case s.known:
		return "known failure"
	case s.expired:
		return "EXPIRED known failure"
	default:
		return string(s.verdict)
	}
}
