package reports

import "io"

// Line is something that was found out, in a sentence, and what to do about it.
type Line struct {
	Bad                   bool
	Word, Topic, Text, Do string
}

// Lines prints findings for people.
func Lines(w io.Writer, lines []Line, o TerminalOptions) error {
	p := &printer{w: w, o: o}
	for _, line := range lines {
		colour := green
		switch {
		case line.Bad:
			colour = red
		case line.Do != "":
			colour = yellow
		}
		p.printf("%s  %s: %s\n", p.paint(colour, line.Word), line.Topic, safe(line.Text))
		if line.Do != "" {
			p.wrap("    -> ", line.Do)
		}
	}
	return p.err
}
