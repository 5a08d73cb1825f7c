package reports

import (
	"fmt"
	"io"

	"vexa-conformance/runner/result"
)

// DeviationsTerminal prints what two deployments answer differently.
func DeviationsTerminal(w io.Writer, a, b string, all []result.Deviation, o TerminalOptions) error {
	p := &printer{w: w, o: o}
	for _, d := range all {
		p.printf("%s by %s  (%s)\n", p.paint(bold, d.Operation), d.Caller, d.Check)
		for _, side := range []struct {
			name    string
			answers []string
		}{{"A", d.A}, {"B", d.B}} {
			for _, answer := range side.answers {
				p.printf("  only %s: %s\n", side.name, safe(cutText(answer, maxQuoted)))
			}
		}
	}
	verdict := p.paint(green, "the same answers")
	if len(all) > 0 {
		verdict = p.paint(red, "different answers") + fmt.Sprintf(" to %s", plural(len(all), "kind")+" of request")
	}
	p.printf("A %s\nB %s\n%s\n", safe(a), safe(b), verdict)
	return p.err
}

// DeviationsJSON writes them as "vexa-conformance/compare/v1".
func DeviationsJSON(w io.Writer, a, b string, all []result.Deviation) error {
	return encode(w, map[string]any{"schema": "vexa-conformance/compare/v1", "a": a, "b": b, "deviations": all})
}
