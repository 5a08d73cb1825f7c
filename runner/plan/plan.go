package plan

import (
	"fmt"
	"slices"

	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Plan is what a run sets out to judge: the clauses, and the checks in the order of the contract.
type Plan struct {
	Selection Selection
	Clauses   []spec.Clause
	Checks    []Planned
}

// Planned is a check of the plan. Skip says why it will not be run; it is empty where it will.
type Planned struct {
	suites.Check
	Skip string
	// NotApplicable says that it is skipped because its promise does not apply to the target, NeedsAllow what --allow
	// would have to be for it to run.
	NotApplicable bool
	NeedsAllow    string
}

// UnknownPattern says that a pattern of --only or --skip matches no check and no clause of the edition.
type UnknownPattern struct {
	Flag, Pattern string
	// Of says what it does not match; Nearest is the id that was probably meant, if one is near.
	Of, Nearest string
}

// Error names the pattern and the id that it is nearest to.
func (e *UnknownPattern) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("%s %s matches %s; see list", e.Flag, e.Pattern, e.Of)
	}
	return fmt.Sprintf("%s %s matches %s; did you mean %s?", e.Flag, e.Pattern, e.Of, e.Nearest)
}

// New chooses among the checks of an edition. It fails with [*UnknownPattern].
func New(s Selection, checks []suites.Check) (Plan, error) {
	s = s.WithDefaults()
	for _, patterns := range []struct {
		flag string
		all  []string
	}{{"--only", s.Only}, {"--skip", s.Skip}, {requireFlag, s.Require}} {
		for _, pattern := range patterns.all {
			if !slices.ContainsFunc(checks, func(check suites.Check) bool { return Matches(pattern, check) }) {
				return Plan{}, &UnknownPattern{patterns.flag, pattern, "no check and no clause of this edition", Nearest(pattern, IDs(checks))}
			}
		}
	}
	p := Plan{Selection: s}
	for _, check := range checks {
		if check.Clauses = s.judged(check.Clauses); len(check.Clauses) > 0 && s.chosen(check) {
			p.Checks = append(p.Checks, s.planned(s.Dispose(check)))
		}
	}
	for _, clause := range s.Contract.Clauses() {
		judged := clause.Binds == s.Binds && len(s.judged([]string{clause.ID})) > 0
		if chosen := len(s.Only) == 0 && len(s.Skip) == 0; judged && (chosen || p.judgesClause(clause.ID)) {
			p.Clauses = append(p.Clauses, clause)
		}
	}
	return p, nil
}

func (p Plan) judgesClause(clause string) bool {
	return slices.ContainsFunc(p.Checks, func(c Planned) bool { return slices.Contains(c.Clauses, clause) })
}

// Judges says whether the plan has a check of an operation that is run.
func (p Plan) Judges(operation string) bool {
	return slices.ContainsFunc(p.Checks, func(c Planned) bool { return c.Skip == "" && slices.Contains(c.Operations, operation) })
}

// Phase is when a check runs.
type Phase int

// The phases, in their order: checks that leave room for others, several at once; those that need a revoked key, once nobody needs
// what it was; those that exhaust the target, each alone; and the final checks, which look over everything.
const (
	Together Phase = iota
	Revoking
	Alone
	Final
)

// Phase is the check's.
func (p Planned) Phase() Phase {
	switch {
	case p.Final != nil:
		return Final
	case p.Effect == spec.Exhaust, p.Alone:
		return Alone
	case p.Revokes:
		return Revoking
	default:
		return Together
	}
}
