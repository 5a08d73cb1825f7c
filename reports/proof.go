package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"vexa-conformance/runner/result"
)

// ProofJSON writes the proof "vexa-conformance/proof/v1".
func ProofJSON(w io.Writer, p result.Proof) error {
	return encode(w, p)
}

// ProofTerminal prints, for each kind of deployment, the areas of the contract against what became of the faults that break
// them; then what is wrong; and the figures in a sentence as the last line.
func ProofTerminal(w io.Writer, p result.Proof, o TerminalOptions) error {
	out := &printer{w: w, o: o}
	for _, d := range p.Deployments {
		if !o.Quiet {
			out.proven(d)
		}
	}
	if !o.Quiet {
		out.sorts(p.Summary.Sorts)
		out.undetectable(p)
	}
	for _, problem := range p.Problems {
		out.wrap(out.paint(red, "NOT PROVEN")+"  ", safe(problem))
	}
	out.figures(p)
	return out.err
}

func (p *printer) proven(d result.Proven) {
	name := d.Edition
	if d.Hosted {
		name += ", hosted"
	}
	p.printf("%s\n\n", p.paint(bold, name))
	type row struct{ faults, caught, undetectable, wrong int }
	rows := map[string]*row{}
	var order []string
	for _, f := range d.Faults {
		area := areaOf(f)
		if rows[area] == nil {
			rows[area] = &row{}
			order = append(order, area)
		}
		rows[area].faults++
		switch f.Outcome {
		case result.Caught:
			rows[area].caught++
		case result.Undetectable:
			rows[area].undetectable++
		default:
			rows[area].wrong++
		}
	}
	table := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "breaks\tfaults\tcaught\tundetectable\twrong\t")
	for _, area := range order {
		r := rows[area]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", area, number(r.faults), number(r.caught), number(r.undetectable), number(r.wrong))
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.printf("\n")
	if p.o.Verbose {
		for _, f := range append(d.Faults, d.Variations...) {
			p.fault(f)
		}
		p.printf("\n")
	}
}

// sorts is the table of what goes wrong, in all deployments together.
func (p *printer) sorts(all []result.FaultSort) {
	if len(all) == 0 {
		return
	}
	table := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "what goes wrong\tfaults\tcaught\tundetectable\twrong\t")
	for _, s := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", s.Sort, number(s.Faults), number(s.Caught), number(s.Undetectable), number(s.Faults-s.Caught-s.Undetectable))
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.printf("\n")
}

func (p *printer) fault(f result.ProvenFault) {
	by := few(f.Red)
	if by == "" && len(f.Blocked) > 0 {
		by = "without a verdict: " + few(f.Blocked)
	}
	if f.Reason != "" {
		by = strings.TrimSpace(f.Reason + " " + by)
	}
	p.wrap("", safe(fmt.Sprintf("%s %s: %s", f.Outcome, f.Name, by)))
}

// undetectable are the reasons for which nobody can tell some faults.
func (p *printer) undetectable(proof result.Proof) {
	names := map[string][]string{}
	for _, d := range proof.Deployments {
		for _, f := range d.Faults {
			if f.Outcome == result.Undetectable {
				names[f.Reason] = append(names[f.Reason], f.Name)
			}
		}
	}
	for _, reason := range byCount(names) {
		p.wrap("", fmt.Sprintf("Undetectable (%d): %s", len(names[reason]), reason))
		p.wrap("  ", few(names[reason]))
	}
	if len(names) > 0 {
		p.printf("\n")
	}
}

func (p *printer) figures(proof result.Proof) {
	verdict := p.paint(green, "proven")
	if len(proof.Problems) > 0 {
		verdict = p.paint(red, "not proven")
	}
	p.printf("%s: %s; %.0f s\n", verdict, figures(proof), proof.Finished.Sub(proof.Started).Seconds())
}

// figures are a proof in a sentence.
func figures(p result.Proof) string {
	s := p.Summary
	text := fmt.Sprintf("%d faults (%d written, %d generated), %d caught, %d undetectable, %d missed; %d legal variations, %d false alarms",
		s.Faults, s.ByKind[result.Written], s.ByKind[result.Generated], s.Caught, s.Undetectable, s.Missed, s.Variations, s.Alarms)
	if s.Checks > 0 {
		text += fmt.Sprintf("; %d checks, %d of them idle", s.Checks, s.Idle)
	}
	return text
}
