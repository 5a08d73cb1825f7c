package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"vexa-conformance/fixtures/clients"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// explanation is all about one clause of an edition.
type explanation struct {
	contract *spec.Contract
	clause   spec.Clause
	checks   []suites.Check
}

func (e explanation) print(w io.Writer) {
	fmt.Fprintf(w, "%s (%s, %s, binds a %s)\n  %s\n", e.clause.ID, e.contract.Edition(), e.clause.Strength, e.clause.Binds, e.clause.Promise)
	fmt.Fprintf(w, "  Page:   %s\n", e.clause.Source)
	fmt.Fprintf(w, "  For:    %s\n", e.contract.Revision().Releases())
	e.laterEditions(w)
	if e.clause.Why != "" {
		fmt.Fprintf(w, "  Why:    %s\n", e.clause.Why)
	}
	if e.clause.Binds == spec.Server {
		fmt.Fprintf(w, "  Effect: %s\n", e.clause.Effect)
	}
	e.expected(w)
	e.evidence(w)
	if e.clause.Binds == spec.Server {
		e.faults(w)
	} else {
		e.wrong(w)
	}
	fmt.Fprintln(w)
}

// laterEditions says what later editions of the line promise otherwise.
func (e explanation) laterEditions(w io.Writer) {
	for _, r := range spec.Revisions() {
		if r.Edition == e.contract.Edition() || !r.Edition.BasedOn(e.contract.Edition()) {
			continue
		}
		if how, err := r.Differs(e.clause.ID); err == nil && how != "" { // an embedded file that is wrong fails a test
			fmt.Fprintf(w, "  In %s (%s): %s\n", r.Edition, r.Releases(), how)
		}
	}
}

// expected are the answers that the document names after the clause; equal ones share a line.
func (e explanation) expected(w io.Writer) {
	operations := map[string][]string{}
	var answers []string
	for _, op := range e.contract.Operations() {
		for _, condition := range op.Conditions(e.clause.ID) {
			answer := fmt.Sprint(condition.Status)
			if condition.Exact {
				answer += fmt.Sprintf(" with detail %q", condition.Detail)
			}
			if !slices.Contains(answers, answer) {
				answers = append(answers, answer)
			}
			operations[answer] = append(operations[answer], op.Method+" "+op.Path)
		}
	}
	if len(answers) > 0 {
		fmt.Fprintln(w, "  Expected:")
	}
	for _, answer := range answers {
		fmt.Fprintf(w, "    %s, of\n", answer)
		for _, operation := range operations[answer] {
			fmt.Fprintf(w, "      %s\n", operation)
		}
	}
}

func (e explanation) evidence(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  Checks:")
	none := true
	for _, check := range e.checks {
		if slices.Contains(check.Clauses, e.clause.ID) {
			fmt.Fprintf(table, "    %s\t%s\n", check.ID, e.about(check))
			none = false
		}
	}
	if none {
		fmt.Fprintln(table, "    none in this version")
	}
	_ = table.Flush() // a failure to print cannot be printed either
}

// about is what a check does: to a deployment its effect, of a client its actions.
func (e explanation) about(check suites.Check) string {
	if e.clause.Binds == spec.Server {
		return check.Effect.String()
	}
	var actions []string
	for _, a := range check.Actions {
		actions = append(actions, string(a))
	}
	return strings.Join(actions, ", ")
}

// wrong are the ways to break the clause that the sample programs know, and that its checks catch.
func (e explanation) wrong(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  Faults that they catch (of the sample in fixtures/clients, -fault NAME):")
	for _, fault := range append(clients.Caller(), clients.Receiver()...) {
		if slices.Contains(fault.Clauses, e.clause.ID) {
			fmt.Fprintf(table, "    %s\t%s\n", fault.Name, fault.Breaks)
		}
	}
	_ = table.Flush() // as above
}

// faults are the ways to break the clause that the reference knows, and that its checks catch.
func (e explanation) faults(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  Faults that they catch (serve --fault NAME):")
	seen := map[string]bool{}
	for _, hosted := range []bool{false, true} {
		for _, fault := range reference.Faults(string(e.contract.Edition()), hosted) {
			if slices.Contains(fault.Clauses, e.clause.ID) && !seen[fault.Name] {
				seen[fault.Name] = true
				fmt.Fprintf(table, "    %s\t%s\n", fault.Name, fault.Breaks)
			}
		}
	}
	var generated []string
	for _, fault := range wire.Faults(e.contract) {
		if slices.Contains(fault.Clauses, e.clause.ID) {
			generated = append(generated, fault.Name)
		}
	}
	switch {
	case len(generated) > 0:
		fmt.Fprintf(table, "    and %d made from the document, such as %s (prove --only %s --verbose)\t\n", len(generated), generated[0], e.clause.ID)
	case len(seen) == 0:
		fmt.Fprintln(table, "    none in this version")
	}
	_ = table.Flush() // as above
}
