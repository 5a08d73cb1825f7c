package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/plan"
	"vexa-conformance/spec"
)

// namedFault is a name that serve --fault takes, what then happens, and which clauses that breaks.
type namedFault struct {
	name, breaks string
	clauses      []string
	// hosted says that only a hosted deployment has it.
	hosted bool
}

// faultsOf are the faults of an edition: the reference's own, and those made from the document.
func faultsOf(c *spec.Contract) []namedFault {
	var all []namedFault
	for _, hosted := range []bool{false, true} {
		for _, f := range reference.Faults(string(c.Edition()), hosted) {
			if !slices.ContainsFunc(all, func(known namedFault) bool { return known.name == f.Name }) {
				all = append(all, namedFault{f.Name, f.Breaks, append(slices.Clone(f.Clauses), f.Reported...), hosted})
			}
		}
	}
	for _, f := range wire.Faults(c) {
		if !f.Legal() {
			all = append(all, namedFault{f.Name, f.Breaks, append(slices.Clone(f.Clauses), f.Also...), false})
		}
	}
	return all
}

// printFaults lists the faults that the patterns choose by their names or clauses.
func printFaults(w io.Writer, contracts []*spec.Contract, patterns []string) error {
	used := map[string]bool{}
	var names []string
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, contract := range contracts {
		all := slices.DeleteFunc(faultsOf(contract), func(f namedFault) bool {
			names = append(names, f.name)
			chosen := len(patterns) == 0
			for _, pattern := range patterns {
				if plan.Glob(pattern, f.name) || slices.ContainsFunc(f.clauses, func(id string) bool { return plan.Glob(pattern, id) }) {
					chosen, used[pattern] = true, true
				}
			}
			return !chosen
		})
		if len(all) == 0 {
			continue
		}
		fmt.Fprintf(table, "%s: %d faults (serve --edition %s --fault NAME)\n", contract.Edition(), len(all), contract.Edition())
		for _, f := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\n", f.name, someOf(f.clauses), f.breaks)
		}
		fmt.Fprintln(table)
	}
	for _, pattern := range patterns {
		if !used[pattern] {
			return &plan.UnknownPattern{Flag: "--only", Pattern: pattern, Of: "no fault and no clause that one breaks", Nearest: plan.Nearest(pattern, names)}
		}
	}
	return table.Flush()
}

// someOf names two clauses, and counts the others: more would make the column wider than any screen.
func someOf(clauses []string) string {
	const shown = 2
	if len(clauses) <= shown {
		return strings.Join(clauses, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(clauses[:shown], ", "), len(clauses)-shown)
}

// explainFault prints what a fault breaks and how to serve it, in each edition that has it.
func explainFault(w io.Writer, contracts []*spec.Contract, name string) (found bool) {
	lines := map[spec.Edition]bool{}
	for _, contract := range contracts {
		if line := contract.Edition().Line(); lines[line] {
			continue // the first edition that has the fault speaks for its line
		}
		for _, f := range faultsOf(contract) {
			if f.name != name {
				continue
			}
			found, lines[contract.Edition().Line()] = true, true
			hosted := ""
			if f.hosted {
				hosted = " --hosted"
			}
			fmt.Fprintf(w, "%s (%s, a fault of the reference)\n  %s\n  Breaks: %s\n  Serve:  serve --edition %s%s --fault %s\n  Prove:  prove --edition %s --only %s --verbose\n\n",
				f.name, contract.Edition(), f.breaks, strings.Join(f.clauses, ", "), contract.Edition(), hosted, f.name, contract.Edition(), f.name)
		}
	}
	return found
}

// elsewhere says which other kind or edition has a fault; empty if none has.
func elsewhere(contracts []*spec.Contract, name, edition string) (hint string) {
	for _, contract := range contracts {
		for _, f := range faultsOf(contract) {
			switch {
			case f.name != name:
			case string(contract.Edition()) == edition && f.hosted:
				return fmt.Sprintf("the fault %s exists in a hosted deployment: give --hosted", name)
			case string(contract.Edition()) != edition:
				hint = fmt.Sprintf("the fault %s exists in %s: give --edition %s", name, contract.Edition(), contract.Edition())
			}
		}
	}
	return hint
}
