// Package gotest runs the suites under `go test`: one subtest for each check, against any deployment. Start with [Run].
//
//	func TestVexa(t *testing.T) {
//		gotest.Run(t, gotest.FromEnv(t))
//	}
package gotest

import (
	"cmp"
	"slices"
	"testing"

	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Run judges a target by the checks of its edition, as subtests of t named after the edition and the checks' ids.
// Without credentials it fails, and runs no more than the checks that need none.
func Run(t *testing.T, target Target) {
	t.Helper()
	c := target.config(t)
	if !target.credentials() {
		t.Errorf("no credentials for %s: set VEXA_ADMIN_TOKEN or VEXA_API_KEY; only clauses that need no key were tested", target.BaseURL)
	}
	t.Run(string(c.Contract.Edition()), func(t *testing.T) {
		if c.Detected != nil && testing.Verbose() {
			t.Logf("the edition is %s", c.Detected)
		}
		Judge(t, c)
	})
}

// Judge is [Run] for a whole configuration: checks run one after the other, those that use up limits at the end, and
// those that look over all answers last.
func Judge(t *testing.T, c deployment.Config) {
	t.Helper()
	plan, err := c.Plan(suites.All(c.Contract))
	if err != nil {
		t.Fatal(err)
	}
	session, err := deployment.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close(t.Context()) })
	for _, check := range inTurn(plan.Checks) {
		t.Run(check.ID, func(t *testing.T) {
			if check.Skip != "" {
				t.Skip(check.Skip)
			}
			session.Judge(adapter{t}, check.Check)
		})
	}
}

// inTurn puts first the checks that leave the others alone.
func inTurn(checks []plan.Planned) []plan.Planned {
	sorted := slices.Clone(checks)
	slices.SortStableFunc(sorted, func(a, b plan.Planned) int { return cmp.Compare(a.Phase(), b.Phase()) })
	return sorted
}

// adapter lets a *testing.T be the T of a check.
type adapter struct{ *testing.T }

// Broken fails the subtest as people read it: the clause, what it promises of this answer, and what came.
func (a adapter) Broken(_ spec.Response, m spec.Mismatch) {
	a.Helper()
	a.Errorf("%s is broken\nexpected: %s\nactual:   %s", m.Clause, m.Expected, m.Actual)
}

// NotApplicable skips the subtest.
func (a adapter) NotApplicable(format string, args ...any) {
	a.Helper()
	a.Skipf(format, args...)
}

// Blocked fails the subtest: what could not be judged is not green.
func (a adapter) Blocked(format string, args ...any) {
	a.Helper()
	a.Fatalf("blocked: "+format, args...)
}
