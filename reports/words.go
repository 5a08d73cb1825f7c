package reports

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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

// colourMarks are the marks that a terminal does not show.
var colourMarks = regexp.MustCompile(`\x1b\[\d*m`)

// cells is how wide a text is in a terminal.
func cells(text string) int { return utf8.RuneCountInString(colourMarks.ReplaceAllString(text, "")) }

// wrap prints a sentence in lines that are no longer than the width, if its words let it.
func (p *printer) wrap(indent, sentence string) {
	line, empty := indent, true
	for _, word := range strings.Fields(sentence) {
		if !empty && cells(line)+1+cells(word) > max(p.o.Width, 40) {
			p.printf("%s\n", line)
			line, empty = strings.Repeat(" ", min(cells(indent), 8)), true
		}
		if strings.TrimSpace(line) != "" && !strings.HasSuffix(line, " ") {
			line += " "
		}
		line, empty = line+word, false
	}
	p.printf("%s\n", line)
}

// safe shows control characters, which a target may send, in place of sending them on to the terminal.
func safe(s string) string { return shownWith(s, "") }

// printable is [safe] for a text of several lines. What is left is in XML 1.0 (its section 2.2).
func printable(s string) string { return shownWith(s, "\t\n\r") }

// shownWith shows each control character but those kept as a picture of it, which no escape looks like: a body that holds the
// byte 1B differs from one that holds "\u001b". What has no picture is shown as less(1) does, and what is not UTF-8 as �.
func shownWith(s, kept string) string {
	const pictures, del = '\u2400', '\u2421' // the block Control Pictures has one for each of C0, in its order, and for DEL
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "�") {
		switch {
		case strings.ContainsRune(kept, r):
			b.WriteRune(r)
		case r < ' ':
			b.WriteRune(pictures + r)
		case r == 0x7f:
			b.WriteRune(del)
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0xFFFE, r == 0xFFFF:
			fmt.Fprintf(&b, "<%U>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
