package reports

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"vexa-conformance/runner/result"
)

// Grid writes the runs of a report as a table of clauses by runs, in Markdown.
func Grid(w io.Writer, r result.Report) error {
	var b strings.Builder
	markdownGrid(&b, r.Runs)
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownMark is how Markdown, which has no colours, shows a class of cells.
func markdownMark(class string) string {
	return map[string]string{"pass": "✅", "fail": "❌", "known": "🟡", "blocked": "❓", "error": "⚠️", "skip": "➖"}[class]
}

// markdownGrid writes the grid. What would make it too long is left out from the end, and said to be.
func markdownGrid(b *strings.Builder, runs []result.Run) {
	g := gridOf(runs, make([]string, len(runs)))
	b.WriteString("| promise |")
	for _, c := range g.Columns {
		fmt.Fprintf(b, " %s<br>%s |", escapeMarkdown(c.Edition), escapeMarkdown(c.Name))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(g.Columns)) + "\n| |")
	for _, c := range g.Columns {
		fmt.Fprintf(b, " **%s**<br>%s |", c.Judgement.Word, escapeMarkdown(c.Counts))
	}
	b.WriteString("\n")
	left := 0
	for _, area := range g.Areas {
		for _, row := range area.Rows {
			var one strings.Builder
			fmt.Fprintf(&one, "| `%s` |", row.ID)
			for _, c := range row.Cells {
				text := "not in this run"
				if mark := markdownMark(c.Class); mark != "" {
					text = mark + " " + c.Word
				}
				if c.Change != "" {
					text += " (" + c.Change + ")"
				}
				fmt.Fprintf(&one, " %s |", text)
			}
			if left > 0 || b.Len()+one.Len() > maxMarkdown/2 {
				left++
				continue
			}
			b.WriteString(one.String() + "\n")
		}
	}
	if left > 0 {
		fmt.Fprintf(b, "\n%s more, which do not fit here.\n", plural(left, "promise"))
	}
	b.WriteString("\n")
}

// markdownHistory writes the runs of a gate in order of time.
func markdownHistory(b *strings.Builder, h historyView) {
	fmt.Fprintf(b, "**%s over time: %s**\n\n| run | verdict | kept | regressed | fixed | duration |\n|---|---|---:|---:|---:|---:|\n",
		escapeMarkdown(h.Name), h.Sentence)
	for _, p := range h.Points {
		fmt.Fprintf(b, "| %s | %s | %s (%d of %d) | %s | %s | %s |\n", p.Time, cmp.Or(p.Word, "–"), p.Percent, p.Kept, p.Judged,
			number(p.Regressed), number(p.Fixed), p.Duration)
	}
	b.WriteString("\n")
}
