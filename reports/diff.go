package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// Change is what became of a clause or a check between two reports.
type Change string

// The changes. Regressed and Vanished are what a gate stops at.
const (
	// Regressed was kept, or at least not broken, and is broken now.
	Regressed Change = "regressed"
	// Vanished was judged and is not judged any more.
	Vanished Change = "vanished"
	// Fixed was broken and is kept now.
	Fixed Change = "fixed"
	// New was not judged and is now.
	New Change = "new"
	// Otherwise is broken still, and for another reason.
	Otherwise Change = "still broken, otherwise"
	// Still is broken as it was.
	Still Change = "still broken"
)

// Changes are all of them, the worst first.
func Changes() []Change { return []Change{Regressed, Vanished, Otherwise, Still, Fixed, New} }

// CauseChange is what became of a cause between two reports.
type CauseChange string

// The changes of causes.
const (
	// CauseNew was not found before and is found now.
	CauseNew CauseChange = "new"
	// CauseGone was found before and is not found any more.
	CauseGone CauseChange = "gone"
	// CauseStays was found before and is still found.
	CauseStays CauseChange = "still there"
)

// CauseDifference is one cause that at least one of two reports has.
type CauseDifference struct {
	Run      string      `json:"run"`
	ID       string      `json:"id"`
	Change   CauseChange `json:"change"`
	Sentence string      `json:"sentence"`
	// Known is the reason for which it is excused where it was found last.
	Known   string   `json:"known,omitempty"`
	Clauses []string `json:"clauses"`
}

// Difference is one clause or check that is not as it was.
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
	// Failed says that a gate is to stop.
	Failed bool `json:"failed"`
}

// Diff compares two reports: first by the ids of their causes, then by those of clauses and checks. A check that fails in both
// with the same cause is still broken, however its texts differ. Causes do not fail the comparison: the clauses that they break
// do. What vanished and is matched by allowed does not fail it.
func Diff(before, after result.Report, allowed func(id string) bool) Comparison {
	c := Comparison{Schema: "vexa-conformance/diff/v1", Old: nameOf(before), New: nameOf(after), Causes: []CauseDifference{}, Differences: []Difference{}}
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
	slices.SortStableFunc(c.Causes, func(a, b CauseDifference) int {
		return cmp.Compare(slices.Index(causeChanges(), a.Change), slices.Index(causeChanges(), b.Change))
	})
	for _, d := range c.Differences {
		switch {
		case d.Change == Vanished && allowed(d.ID):
			c.Allowed = append(c.Allowed, d.ID)
		case d.Change == Vanished, d.Change == Regressed:
			c.Failed = true
		}
	}
	return c
}

func causeChanges() []CauseChange { return []CauseChange{CauseNew, CauseGone, CauseStays} }

func causesBetween(label string, old, now result.Run) []CauseDifference {
	var all []CauseDifference
	had := func(run result.Run, id string) bool {
		return slices.ContainsFunc(run.Causes, func(c result.Cause) bool { return c.ID == id })
	}
	add := func(c result.Cause, change CauseChange) {
		all = append(all, CauseDifference{label, c.ID, change, c.Sentence, c.Known, c.Clauses})
	}
	for _, c := range now.Causes {
		if had(old, c.ID) {
			add(c, CauseStays)
		} else {
			add(c, CauseNew)
		}
	}
	for _, c := range old.Causes {
		if !had(now, c.ID) {
			add(c, CauseGone)
		}
	}
	return all
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
		all = append(all, state{id: clause.ID, verdict: clause.Verdict, known: clause.Known != ""})
	}
	return all
}

func checkStates(run result.Run) []state {
	var all []state
	for _, check := range run.Checks {
		s := state{id: check.ID, verdict: check.Verdict, known: check.Known != "", why: steady(check.Expected) + " | " + steady(check.Actual)}
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
	default:
		return string(s.verdict)
	}
}

// DiffJSON writes the comparison "vexa-conformance/diff/v1".
func DiffJSON(w io.Writer, c Comparison) error {
	return encode(w, c)
}

// DiffMarkdown writes the comparison for a pull request.
func DiffMarkdown(w io.Writer, c Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\nfrom %s\nto %s\n\n", c.Sentence(), escapeMarkdown(c.Old), escapeMarkdown(c.New))
	for _, d := range c.Causes {
		row := fmt.Sprintf("- cause %s in %s: %s (`%s`)\n", d.Change, escapeMarkdown(d.Run), escapeMarkdown(cutText(d.Sentence, maxQuoted)), d.ID)
		if b.Len()+len(row) < maxMarkdown/2 { // the clauses need room too
			b.WriteString(row)
		}
	}
	if len(c.Causes) > 0 {
		b.WriteString("\n")
	}
	if len(c.Differences) > 0 {
		b.WriteString("| change | run | id | before | after |\n|---|---|---|---|---|\n")
	}
	for _, change := range Changes() {
		for _, d := range c.Differences {
			if d.Change != change || change == Still && !d.Clause {
				continue
			}
			row := fmt.Sprintf("| %s | %s | `%s` | %s | %s |\n", change, d.Run, d.ID, escapeMarkdown(cutText(d.Before, 200)), escapeMarkdown(cutText(d.After, 200)))
			if b.Len()+len(row) < maxMarkdown {
				b.WriteString(row)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Sentence is the comparison in a sentence.
func (c Comparison) Sentence() string {
	counts := map[Change]int{}
	for _, d := range c.Differences {
		if d.Clause {
			counts[d.Change]++
		}
	}
	var parts []string
	for _, change := range Changes() {
		if counts[change] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[change], change))
		}
	}
	causes := c.causes()
	switch {
	case len(c.Differences) == 0:
		return causes + "nothing changed"
	case len(parts) == 0:
		return causes + "no clause changed, and some checks did"
	default:
		return causes + "of the clauses " + strings.Join(parts, ", ")
	}
}

// causes counts what became of the causes; it is empty if there are none.
func (c Comparison) causes() string {
	counts := map[CauseChange]int{}
	for _, d := range c.Causes {
		counts[d.Change]++
	}
	var parts []string
	for _, change := range causeChanges() {
		if counts[change] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", plural(counts[change], "cause"), change))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + "; "
}

// DiffTerminal prints the comparison for people.
func DiffTerminal(w io.Writer, c Comparison, o TerminalOptions) error {
	p := &printer{w: w, o: o}
	p.printf("from %s\n  to %s\n\n", safe(c.Old), safe(c.New))
	if !o.Quiet {
		p.causesChanged(c)
		for _, change := range Changes() {
			p.changed(c, change)
		}
	}
	p.printf("%s\n", c.Sentence())
	return p.err
}

// causesChanged prints each cause of the two reports in a line.
func (p *printer) causesChanged(c Comparison) {
	for _, d := range c.Causes {
		colour := map[CauseChange]string{CauseNew: red, CauseGone: green, CauseStays: yellow}[d.Change]
		p.printf("%s  %s: %s  (%s)\n", p.paint(colour, "cause "+string(d.Change)), d.Run, safe(cutText(d.Sentence, maxQuoted)), d.ID)
	}
	if len(c.Causes) > 0 {
		p.printf("\n")
	}
}

// changed prints each clause that changed in one way, and then the checks, of which there may be hundreds, by name.
func (p *printer) changed(c Comparison, change Change) {
	word := string(change)
	if colour := map[Change]string{Regressed: red, Vanished: red, Fixed: green}[change]; colour != "" {
		word = p.paint(colour, word)
	}
	checks := map[string][]string{}
	for _, d := range c.Differences {
		switch {
		case d.Change != change:
		case d.Clause:
			p.printf("%s  %s  %s: %s, was %s\n", word, d.ID, d.Run, d.After, d.Before)
		case change == Otherwise:
			p.printf("%s  %s  %s\n  now %s\n  was %s\n", word, d.ID, d.Run, safe(cutText(d.After, maxQuoted)), safe(cutText(d.Before, maxQuoted)))
		default:
			checks[d.Run] = append(checks[d.Run], d.ID)
		}
	}
	for _, run := range byCount(checks) {
		p.wrap("  ", fmt.Sprintf("%s of %s: %s", plural(len(checks[run]), "check"), run, few(checks[run])))
	}
}
