package reports

import (
	"fmt"
	"io"
	"strings"
)

// DiffJSON writes the comparison "vexa-conformance/diff/v1".
func DiffJSON(w io.Writer, c Comparison) error {
	return encode(w, c)
}

// DiffMarkdown writes the comparison for a pull request.
func DiffMarkdown(w io.Writer, c Comparison) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\nfrom %s\nto %s\n\n", c.Sentence(), escapeMarkdown(c.Old), escapeMarkdown(c.New))
	causesMarkdown(&b, c)
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
	case c.FirstRelease:
		return "first release: no baseline to compare with"
	case len(c.Differences) == 0:
		return causes + "nothing changed"
	case len(parts) == 0:
		return causes + "no clause changed, and some checks did"
	default:
		return causes + "of the clauses " + strings.Join(parts, ", ")
	}
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

// changed prints each clause that changed in one way, and then the names of the checks, which may be hundreds.
func (p *printer) changed(c Comparison, change Change) {
	word := string(change)
	colours := map[Change]string{Regressed: red, Vanished: red, FirstBroken: red, Excused: yellow, Fixed: green}
	if colour := colours[change]; colour != "" {
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
