package plan

import (
	"cmp"
	"fmt"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Selection says what a run judges. Only Contract must be set.
type Selection struct {
	Contract *spec.Contract
	// Binds is who is judged; empty is [spec.Server], a deployment.
	Binds spec.Party
	// Allow are the effects that the operator allows; none are [DefaultAllow].
	Allow []spec.Effect
	// Strength is the weakest clause that is judged: Should, the default, takes all.
	Strength spec.Strength
	// Only and Skip are patterns of check and clause ids.
	Only, Skip []string
	// Require are patterns of check and clause ids that must have a verdict, and RequireShare is how many percent of
	// the clauses that apply must: a run that judges less is inconclusive.
	Require      []string
	RequireShare float64
	// Known are the failures that are excused.
	Known []Known
	// Disposable is what of the operator's own the run may delete.
	Disposable fixtures.Disposable
	// Actions are those that a client program has.
	Actions []fixtures.Action
	// Hosted says that plan limits apply to the target, OwnTenant that the run makes users of its own, and RateLimited that the
	// operator bounds the rate of requests.
	Hosted, OwnTenant, RateLimited bool
}

// DefaultAllow are the effects that are allowed if nothing else is said: the run reads, and writes what is its own.
func DefaultAllow() []spec.Effect { return []spec.Effect{spec.Observe, spec.Write} }

// WithDefaults is the selection with a value in place of each zero.
func (s Selection) WithDefaults() Selection {
	s.Strength = cmp.Or(s.Strength, spec.Should)
	s.Binds = cmp.Or(s.Binds, spec.Server)
	if len(s.Allow) == 0 && s.Binds == spec.Server {
		s.Allow = DefaultAllow()
	}
	return s
}

// judged are the clauses that are strong enough for the run.
func (s Selection) judged(clauses []string) []string {
	return slices.DeleteFunc(slices.Clone(clauses), func(id string) bool {
		clause, _ := s.Contract.Clause(id)
		return s.Strength == spec.Must && clause.Strength != spec.Must
	})
}

func (s Selection) chosen(check suites.Check) bool {
	matches := func(pattern string) bool { return Matches(pattern, check) }
	return (len(s.Only) == 0 || slices.ContainsFunc(s.Only, matches)) && !slices.ContainsFunc(s.Skip, matches)
}

// planned says whether a check runs, and otherwise what the operator would have to allow or the target to be, in words
// for the report. That it does not apply comes first: nothing that is allowed changes it.
func (s Selection) planned(check suites.Check) Planned {
	p := Planned{Check: check}
	lacks := slices.IndexFunc(check.Actions, func(a fixtures.Action) bool { return !slices.Contains(s.Actions, a) })
	switch {
	case lacks >= 0:
		p.Skip, p.NotApplicable = fmt.Sprintf("the client has no action %s (--actions)", check.Actions[lacks]), true
	case s.Binds != spec.Server: // what follows is about deployments
	case check.Kind == suites.Hosted && !s.Hosted:
		p.Skip, p.NotApplicable = "the target is self-hosted, where no plan limits apply: see --hosted", true
	case check.Kind == suites.SelfHosted && s.Hosted:
		p.Skip, p.NotApplicable = "the target is hosted, where plan limits apply", true
	case !slices.Contains(s.Allow, check.Effect):
		p.NeedsAllow = spec.EffectList(s.with(check.Effect))
		p.Skip = "needs --allow " + p.NeedsAllow
	case check.Effect == spec.Exhaust && s.RateLimited:
		p.Skip = "it sends until it is refused, which --rate keeps the run from"
	case check.OwnTenant && !s.OwnTenant:
		p.Skip = "it changes its user's settings, so it needs a throwaway user: give VEXA_ADMIN_TOKEN"
	}
	return p
}

// with are the effects that are allowed with one more.
func (s Selection) with(e spec.Effect) []spec.Effect {
	all := slices.Concat(s.Allow, e.Implied(), []spec.Effect{e})
	slices.Sort(all)
	return slices.Compact(all)
}

// Disposes says whether a check takes something of the operator's that may be deleted.
func (s Selection) Disposes(check suites.Check) bool {
	return check.Disposable != "" && s.Disposable.Has(check.Disposable)
}

// Dispose is a check as it is with what is disposable: it starts no bot, and what it uses up no other check may need meanwhile.
func (s Selection) Dispose(check suites.Check) suites.Check {
	if s.Disposes(check) {
		check.Effect, check.Alone = spec.Write, check.Alone || check.UsesUp
	}
	return check
}

// Disposes says whether a check of the plan takes something of a kind that the operator named, and whether it is deleted then.
func (p Plan) Disposes(kind fixtures.Thing) (used, usedUp bool) {
	for _, check := range p.Checks {
		if check.Skip == "" && check.Disposable == kind && p.Selection.Disposes(check.Check) {
			used, usedUp = true, usedUp || check.UsesUp
		}
	}
	return used, usedUp
}
