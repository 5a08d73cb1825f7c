package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

type (
	proofView struct {
		Tone                                    tone
		Word, Sentence, Tool, Finished, Seconds string
		Problems                                []string
		Sorts                                   []result.FaultSort
		Deployments                             []provenView
	}
	provenView struct {
		Slug, Name string
		Areas      []faultArea
		Variations []faultView
		Checks     []result.ProvenCheck
	}
	faultArea struct {
		Name, Slug string
		Caught     int
		Faults     []faultView
	}
	faultView struct {
		Name, Breaks, Class, Reason, By string
		Outcome                         result.Outcome
	}
)

// ProofHTML writes the proof as one page that holds all it needs.
func ProofHTML(w io.Writer, p result.Proof) error {
	page, err := htmlPage("proof.gohtml")
	if err != nil {
		return err
	}
	v := proofView{
		Tone: good, Word: "proven", Sentence: figures(p), Tool: p.Tool.Name + " " + p.Tool.Version, Problems: p.Problems, Sorts: p.Summary.Sorts,
		Finished: p.Finished.UTC().Format("2006-01-02 15:04:05 UTC"), Seconds: fmt.Sprintf("%.0f", p.Finished.Sub(p.Started).Seconds()),
	}
	if len(p.Problems) > 0 {
		v.Tone, v.Word = bad, "not proven"
	}
	for _, d := range p.Deployments {
		v.Deployments = append(v.Deployments, provenViewOf(d))
	}
	return page.Execute(w, v)
}

func provenViewOf(d result.Proven) provenView {
	v := provenView{Slug: d.Edition, Name: d.Edition, Checks: d.Checks}
	if d.Hosted {
		v.Slug, v.Name = d.Edition+"-hosted", d.Edition+", hosted"
	}
	for _, f := range d.Faults {
		area := areaOf(f)
		i := slices.IndexFunc(v.Areas, func(a faultArea) bool { return a.Name == area })
		if i < 0 {
			i = len(v.Areas)
			v.Areas = append(v.Areas, faultArea{Name: area, Slug: v.Slug})
		}
		if f.Outcome == result.Caught {
			v.Areas[i].Caught++
		}
		v.Areas[i].Faults = append(v.Areas[i].Faults, faultViewOf(f))
	}
	for _, f := range d.Variations {
		v.Variations = append(v.Variations, faultViewOf(f))
	}
	return v
}

// areaOf is the area of the contract that a fault breaks first.
func areaOf(f result.ProvenFault) string {
	if len(f.Clauses) == 0 {
		return "no clause by itself"
	}
	area, _, _ := strings.Cut(f.Clauses[0], ".")
	return area
}

// namedChecks is how many checks a row of the page names: it would be as long as the JSON otherwise.
const namedChecks = 3

func faultViewOf(f result.ProvenFault) faultView {
	v := faultView{Name: f.Name, Breaks: f.Breaks, Reason: f.Reason, Outcome: f.Outcome, Class: "fail"}
	switch f.Outcome {
	case result.Caught, result.Quiet:
		v.Class = "pass"
	case result.Undetectable:
		v.Class = "skip"
	}
	by := f.Red
	if len(by) == 0 {
		by = f.Blocked
	}
	v.By = strings.Join(by[:min(namedChecks, len(by))], ", ")
	if more := len(by) - namedChecks; more > 0 {
		v.By += fmt.Sprintf(" and %d more", more)
	}
	return v
}
