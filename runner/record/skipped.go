package record

import (
	"slices"
	"strings"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// whyNot says of a clause without a verdict whether it applies at all, and what would have to be allowed for it. It
// does not apply if none of its checks does.
func whyNot(c *result.Clause, checks []result.Check) {
	if c.Verdict != result.Skip || len(c.Checks) == 0 {
		return
	}
	c.NotApplicable = true
	for _, check := range checks {
		if !slices.Contains(c.Checks, check.ID) {
			continue
		}
		c.NotApplicable = c.NotApplicable && check.NotApplicable
		c.NeedsAllow = joinEffects(c.NeedsAllow, check.NeedsAllow)
	}
	// The reason that people read is one that they can do something about.
	if i := slices.IndexFunc(checks, func(check result.Check) bool {
		return slices.Contains(c.Checks, check.ID) && !check.NotApplicable
	}); i >= 0 {
		c.Reason = checks[i].Reason
	}
}

// joinEffects is what allows the effects of both lists, as --allow has them.
func joinEffects(one, other string) string {
	all, err := spec.ParseEffects(strings.Split(one+","+other, ","), nil)
	if err != nil {
		panic(err) // both are lists of the program's own
	}
	return spec.EffectList(all)
}

// NeedsAllow is what --allow would have to be for all clauses to be judged; empty if nothing more is needed.
func NeedsAllow(clauses []result.Clause) string {
	all := ""
	for _, c := range clauses {
		if c.NeedsAllow != "" {
			all = joinEffects(all, c.NeedsAllow)
		}
	}
	return all
}
