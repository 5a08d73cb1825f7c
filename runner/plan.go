package runner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Plan is what a run sets out to judge: the clauses, and the checks in the order of the contract.
type Plan struct {
	Clauses []spec.Clause
	Checks  []Planned
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

// NewPlan chooses among the checks of an edition by the configuration. It fails with [*UnknownPattern].
func NewPlan(c Config, checks []suites.Check) (Plan, error) {
	c = c.withDefaults()
	for _, patterns := range []struct {
		flag string
		all  []string
	}{{"--only", c.Only}, {"--skip", c.Skip}, {requireFlag, c.Require}} {
		for _, pattern := range patterns.all {
			if !slices.ContainsFunc(checks, func(check suites.Check) bool { return Matches(pattern, check) }) {
				return Plan{}, &UnknownPattern{patterns.flag, pattern, "no check and no clause of this edition", Nearest(pattern, IDs(checks))}
			}
		}
	}
	var p Plan
	for _, check := range checks {
		if check.Clauses = c.judged(check.Clauses); len(check.Clauses) > 0 && c.chosen(check) {
			check = c.dispose(check)
			p.Checks = append(p.Checks, c.planned(check))
		}
	}
	for _, clause := range c.Contract.Clauses() {
		judged := clause.Binds == c.Binds && len(c.judged([]string{clause.ID})) > 0
		if chosen := len(c.Only) == 0 && len(c.Skip) == 0; judged && (chosen || p.has(clause.ID)) {
			p.Clauses = append(p.Clauses, clause)
		}
	}
	return p, nil
}

// party is who is judged, as a report has it.
func (c Config) party() string {
	if c.Binds == spec.Server {
		return ""
	}
	return string(c.Binds)
}

func (p Plan) has(clause string) bool {
	return slices.ContainsFunc(p.Checks, func(c Planned) bool { return slices.Contains(c.Clauses, clause) })
}

// judged are the clauses that are strong enough for the run.
func (c Config) judged(clauses []string) []string {
	return slices.DeleteFunc(slices.Clone(clauses), func(id string) bool {
		clause, _ := c.Contract.Clause(id)
		return c.Strength == spec.Must && clause.Strength != spec.Must
	})
}

func (c Config) chosen(check suites.Check) bool {
	matches := func(pattern string) bool { return Matches(pattern, check) }
	return (len(c.Only) == 0 || slices.ContainsFunc(c.Only, matches)) && !slices.ContainsFunc(c.Skip, matches)
}

// planned says whether a check runs, and otherwise what the operator would have to allow or the target to be, in words
// for the report. That it does not apply comes first: nothing that is allowed changes it.
func (c Config) planned(check suites.Check) Planned {
	p := Planned{Check: check}
	lacks := slices.IndexFunc(check.Actions, func(a fixtures.Action) bool { return !slices.Contains(c.Actions, a) })
	switch {
	case lacks >= 0:
		p.Skip, p.NotApplicable = fmt.Sprintf("the client has no action %s (--actions)", check.Actions[lacks]), true
	case c.Binds != spec.Server: // what follows is about deployments
	case check.Kind == suites.Hosted && !c.Target.Hosted:
		p.Skip, p.NotApplicable = "the target is self-hosted, where no plan limits apply: see --hosted", true
	case check.Kind == suites.SelfHosted && c.Target.Hosted:
		p.Skip, p.NotApplicable = "the target is hosted, where plan limits apply", true
	case !slices.Contains(c.Allow, check.Effect):
		p.NeedsAllow = spec.EffectList(c.with(check.Effect))
		p.Skip = "needs --allow " + p.NeedsAllow
	case check.Effect == spec.Exhaust && c.Rate > 0:
		p.Skip = "it sends until it is refused, which --rate keeps the run from"
	case check.OwnTenant && !c.Tenants.Own():
		p.Skip = "it changes its user's settings, so it needs a throwaway user: give VEXA_ADMIN_TOKEN"
	}
	return p
}

// with are the effects that are allowed with one more.
func (c Config) with(e spec.Effect) []spec.Effect {
	all := slices.Concat(c.Allow, e.Implied(), []spec.Effect{e})
	slices.Sort(all)
	return slices.Compact(all)
}

// Matches says whether a pattern chooses a check: by its id, by the id of one of its clauses, or by what its id begins
// with ("auth/missing-key" chooses "auth/missing-key/getMe"). A * stands for any characters.
func Matches(pattern string, check suites.Check) bool {
	return Glob(pattern, check.ID) || Glob(pattern+"/*", check.ID) ||
		slices.ContainsFunc(check.Clauses, func(clause string) bool { return Glob(pattern, clause) })
}

// Glob is path.Match with a * that also stands for slashes, and with nothing else that is special.
func Glob(pattern, text string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	if !strings.HasPrefix(text, head) {
		return false
	}
	for text = text[len(head):]; ; text = text[1:] {
		if Glob(rest, text) {
			return true
		}
		if text == "" {
			return false
		}
	}
}

// IDs are those of checks and of their clauses.
func IDs(checks []suites.Check) []string {
	var ids []string
	for _, check := range checks {
		ids = append(ids, check.ID)
		ids = append(ids, check.Clauses...)
	}
	return ids
}

// Suggestion is `; did you mean "x"?` for the name that a misspelt one probably means. If none is near it lists those that exist,
// unless they are many.
func Suggestion(name string, names []string) string {
	const few = 12 // names fit into a line or two
	switch nearest := Nearest(name, names); {
	case nearest != "":
		return fmt.Sprintf("; did you mean %q?", nearest)
	case len(names) <= few:
		return ": use " + strings.Join(names, ", ")
	default:
		return ""
	}
}

// Nearest is the name that a misspelt one probably means: two letters are others, or a third of them. It is empty if none is
// so near.
func Nearest(name string, names []string) string {
	nearest, least := "", max(2, len(name)/3)+1
	for _, one := range names {
		if distance := levenshtein.ComputeDistance(name, one); distance < least {
			nearest, least = one, distance
		}
	}
	return nearest
}
