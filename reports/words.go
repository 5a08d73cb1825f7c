package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// byCount orders reasons by how much they explain.
func byCount(ids map[string][]string) []string {
	reasons := make([]string, 0, len(ids))
	for reason := range ids {
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(ids[b]), len(ids[a])), cmp.Compare(a, b))
	})
	return reasons
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// few names the first of many.
func few(ids []string) string {
	const shown = 6
	if len(ids) <= shown {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:shown], ", ") + fmt.Sprintf(" and %d more", len(ids)-shown)
}

// wrap prints a sentence in lines that are no longer than the width, if its words let it.
func (p *printer) wrap(indent, sentence string) {
	line := indent
	for _, word := range strings.Fields(sentence) {
		if len(line) > len(indent) && len([]rune(line))+1+len([]rune(word)) > max(p.o.Width, 40) {
			p.printf("%s\n", line)
			line = strings.Repeat(" ", len(indent))
		}
		if strings.TrimSpace(line) != "" && !strings.HasSuffix(line, " ") {
			line += " "
		}
		line += word
	}
	p.printf("%s\n", line)
}

// safe shows control characters, which a target may send, in place of sending them on to the terminal.
func safe(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "�") {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
