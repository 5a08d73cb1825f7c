package prove_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestMain(m *testing.M) {
	// Each is a whole run, of seconds with the race detector: -rapid.checks=200 asks for more.
	if err := flag.Set("rapid.checks", "3"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestProofOfVariations: what is legal one by one is legal in any combination.
func TestProofOfVariations(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		contract, err := spec.Load(t.Context(), edition)
		require.NoError(t, err)
		t.Run(string(edition), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(r *rapid.T) {
				var vary []string
				for _, v := range reference.Variations(string(edition)) {
					if rapid.Bool().Draw(r, v.Name) {
						vary = append(vary, v.Name)
					}
				}
				var wired []wire.Variation
				for _, v := range wire.Variations(contract, edition == spec.V010) {
					if rapid.Bool().Draw(r, v.Name) {
						wired = append(wired, v)
					}
				}
				d, err := reference.Start(t.Context(), reference.Options{Edition: string(edition), Variations: vary, Middleware: wire.Middleware(wired...)})
				require.NoError(r, err)
				defer d.Close()
				run, err := deployment.Run(t.Context(), deployment.Config{
					Selection: plan.Selection{Contract: contract, Allow: spec.Effects(), Strength: spec.Should},
					Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Reference: true}, Timeout: 5 * time.Second, Version: "test"},
					Tenants:   fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), Parallel: 8, Patience: 5 * time.Second, Seed: 1,
				}, suites.All(contract))
				require.NoError(r, err)
				for _, check := range run.Checks {
					if check.Verdict != result.Pass && check.Verdict != result.Skip {
						r.Errorf("%s is %s: expected %s, got %s %s", check.ID, check.Verdict, check.Expected, check.Actual, check.Reason)
					}
				}
			})
		})
	}
}
