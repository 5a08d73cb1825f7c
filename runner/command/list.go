package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"vexa-conformance/runner/plan"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// chosenEdition is the flag of the commands that only read the contract.
type chosenEdition struct {
	Edition editionName `default:"auto" env:"VEXA_EDITION" placeholder:"E" help:"Only this edition (${editions}), or the edition of a release (0.10.7)."`
	ownContract
}

// contracts are those of the chosen edition, or all.
func (c chosenEdition) contracts(ctx context.Context) ([]*spec.Contract, error) {
	all, err := load(ctx)
	if err != nil {
		return nil, err
	}
	if all, err = c.Edition.chosen(ctx, all); err != nil {
		return nil, err
	}
	for i, contract := range all {
		if all[i], err = c.apply(ctx, contract); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// laterEditions names the editions that a list of the first of each line leaves out.
func (c chosenEdition) laterEditions(w io.Writer) {
	if c.Edition.edition() != "" {
		return
	}
	var names []string
	for _, r := range spec.Revisions() {
		if r.Base != "" {
			names = append(names, fmt.Sprintf("%s (%s)", r.Edition, r.Releases()))
		}
	}
	fmt.Fprintf(w, "Later editions, by --edition: %s\n", strings.Join(names, ", "))
}

type listCommand struct {
	chosenEdition
	Clauses  bool `help:"List only the clauses."`
	Coverage bool `help:"List each documented response of each operation, and the checks that test it."`
	Faults   bool `help:"List the faults that serve and prove accept."`
	Only     list `placeholder:"PATTERN" help:"Only these checks, clauses or faults (* matches anything)."`
}

// Help is shown under the flags.
func (*listCommand) Help() string { return "  vexa-conformance list --edition v0.12 --only 'auth/*'" }

// Run lists each clause with its checks under it.
func (l *listCommand) Run(ctx context.Context, s *env) error {
	contracts, err := l.contracts(ctx)
	if err != nil {
		return err
	}
	if l.Coverage {
		for _, contract := range contracts {
			if err := printCoverage(s.stdout, contract); err != nil {
				return fmt.Errorf("list what is covered: %w", err)
			}
		}
		return nil
	}
	if l.Faults {
		return printFaults(s.stdout, contracts, l.Only)
	}
	jobs, err := narrow(l.jobs(contracts))
	if err != nil {
		return err
	}
	for _, j := range jobs {
		plan, err := plan.New(j.Selection, j.checks)
		if err != nil {
			return err
		}
		if err := l.print(s.stdout, plan); err != nil {
			return fmt.Errorf("print the list: %w", err)
		}
	}
	l.laterEditions(s.stdout)
	return nil
}

// jobs are the checks of each party that an edition binds, for each edition.
func (l *listCommand) jobs(contracts []*spec.Contract) []job {
	var jobs []job
	for _, contract := range contracts {
		for _, party := range spec.Parties() {
			checks := suites.Of(contract, party)
			if len(checks) > 0 {
				jobs = append(jobs, job{
					Selection: plan.Selection{Contract: contract, Binds: party, Only: l.Only, Strength: spec.Should}, checks: checks,
				})
			}
		}
	}
	return jobs
}

func (l *listCommand) print(w io.Writer, plan plan.Plan) error {
	c := plan.Selection
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	binds := map[spec.Party]string{spec.Server: "a deployment", spec.Client: "a client", spec.Handler: "a webhook receiver"}[c.Binds]
	fmt.Fprintf(table, "%s, %q (%s): %d clauses that bind %s, %d checks\n", c.Contract.Edition(), c.Contract.Page(), c.Contract.Revision().Releases(), len(plan.Clauses), binds, len(plan.Checks))
	effect := func(e spec.Effect) string {
		if c.Binds != spec.Server {
			return "-" // what is done is done to the harness's own deployment, or to the operator's own receiver
		}
		return e.String()
	}
	for _, clause := range plan.Clauses {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", clause.ID, clause.Strength, effect(clause.Effect), clause.Promise)
		if l.Clauses {
			continue
		}
		for _, check := range plan.Checks {
			if check.Clauses[0] == clause.ID {
				fmt.Fprintf(table, "  %s\t\t%s\t\n", check.ID, effect(check.Effect))
			}
		}
	}
	fmt.Fprintln(table)
	return table.Flush()
}

// printCoverage is the ledger: what is judged by which clauses, and what is left out and why.
func printCoverage(w io.Writer, contract *spec.Contract) error {
	rows, err := suites.Coverage(contract)
	if err != nil {
		return err
	}
	judged := 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		answer := fmt.Sprint(row.Status)
		if row.Scope != "" {
			answer = "key with " + string(row.Scope)
		}
		what := "excluded: " + row.Excluded
		if row.Excluded == "" {
			judged++
			what = strings.Join(row.Clauses, ", ")
		}
		fmt.Fprintf(table, "%s %s\t%s\t%s\n", row.Operation.Method, row.Operation.Path, answer, what)
	}
	fmt.Fprintf(table, "%s: %d of %d documented answers and scopes have clauses that judge them\n\n", contract.Edition(), judged, len(rows))
	return table.Flush()
}

type explainCommand struct {
	chosenEdition
	ID string `arg:"" help:"Id of a check (auth/missing-key/getMe) or a clause (auth.missing-key), or name of a fault."`
}

// Help is shown under the flags.
func (*explainCommand) Help() string { return "  vexa-conformance explain bots.duplicate" }

// Run prints what a clause promises, what it expects of which operation, its checks, and the faults that they catch.
func (e *explainCommand) Run(ctx context.Context, s *env) error {
	contracts, err := e.all(ctx)
	if err != nil {
		return err
	}
	found := map[spec.Edition]bool{} // by line: later editions say only how they differ
	var known []string
	for _, contract := range contracts {
		var checks []suites.Check
		for _, party := range spec.Parties() {
			checks = append(checks, suites.Of(contract, party)...)
		}
		for _, clause := range contract.Clauses() {
			known = append(known, clause.ID)
		}
		known = append(known, plan.IDs(checks)...)
		line := contract.Edition().Line()
		if found[line] {
			continue
		}
		for _, clause := range e.clauses(contract, checks) {
			found[line] = true
			explanation{contract, clause, checks}.print(s.stdout)
		}
	}
	if len(found) > 0 || explainFault(s.stdout, contracts, e.ID) {
		return nil
	}
	for _, contract := range contracts {
		for _, f := range faultsOf(contract) {
			known = append(known, f.name)
		}
	}
	return mistake("unknown check, clause or fault %s%s", e.ID, plan.Suggestion(e.ID, known))
}

// all are the contracts of the chosen edition, or of every one.
func (e *explainCommand) all(ctx context.Context) ([]*spec.Contract, error) {
	if e.Edition.edition() != "" {
		return e.contracts(ctx)
	}
	var all []*spec.Contract
	for _, r := range spec.Revisions() {
		one := chosenEdition{Edition: editionName(r.Edition), ownContract: e.ownContract}
		contracts, err := one.contracts(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, contracts...)
	}
	return all, nil
}

// clauses are the one with that id, or those that the check with that id is evidence for.
func (e *explainCommand) clauses(contract *spec.Contract, checks []suites.Check) []spec.Clause {
	if clause, ok := contract.Clause(e.ID); ok {
		return []spec.Clause{clause}
	}
	var clauses []spec.Clause
	seen := map[string]bool{}
	for _, check := range checks {
		if check.ID != e.ID && !strings.HasPrefix(check.ID, e.ID+"/") {
			continue
		}
		for _, id := range check.Clauses {
			if clause, ok := contract.Clause(id); ok && !seen[id] {
				seen[id] = true
				clauses = append(clauses, clause)
			}
		}
	}
	return clauses
}
