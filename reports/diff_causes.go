package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

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

// sortCauses puts the new ones first.
func sortCauses(all []CauseDifference) {
	slices.SortStableFunc(all, func(a, b CauseDifference) int {
		return cmp.Compare(slices.Index(causeChanges(), a.Change), slices.Index(causeChanges(), b.Change))
	})
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

// causesMarkdown writes each cause of the two reports as an item of a list.
func causesMarkdown(b *strings.Builder, c Comparison) {
	for _, d := range c.Causes {
		sentence := escapeMarkdown(cutText(d.Sentence, maxQuoted))
		row := fmt.Sprintf("- cause %s in %s: %s (`%s`)\n", d.Change, escapeMarkdown(d.Run), sentence, d.ID)
		if b.Len()+len(row) < maxMarkdown/2 { // the clauses need room too
			b.WriteString(row)
		}
	}
	if len(c.Causes) > 0 {
		b.WriteString("\n")
	}
}

// causesChanged prints each cause of the two reports in a line.
func (p *printer) causesChanged(c Comparison) {
	for _, d := range c.Causes {
		colour := map[CauseChange]string{CauseNew: red, CauseGone: green, CauseStays: yellow}[d.Change]
		word := p.paint(colour, "cause "+string(d.Change))
		p.printf("%s  %s: %s  (%s)\n", word, d.Run, safe(cutText(d.Sentence, maxQuoted)), d.ID)
	}
	if len(c.Causes) > 0 {
		p.printf("\n")
	}
}
