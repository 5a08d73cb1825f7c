package suites_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestEffectsAreHonest runs with less and less allowed, also against deployments that are broken, and looks at what they
// accepted: nothing whose effect was not allowed.
func TestEffectsAreHonest(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		for n := 1; n < len(spec.Effects()); n++ {
			allowed := spec.Effects()[:n]
			t.Run(string(edition)+"/"+allowed[n-1].String(), func(t *testing.T) {
				t.Parallel()
				assertWithin(t, edition, allowed, nil)
			})
		}
		// A dozen faults at a time: what counts here is what was sent and accepted, and not which verdict came of it.
		for faults := range slices.Chunk(reference.Faults(string(edition), false), 12) {
			var names []string
			for _, fault := range faults {
				names = append(names, fault.Name)
			}
			t.Run(string(edition)+"/"+names[0], func(t *testing.T) {
				t.Parallel()
				assertWithin(t, edition, []spec.Effect{spec.Observe, spec.Write}, names)
			})
		}
	}
}

func assertWithin(t *testing.T, edition spec.Edition, allowed []spec.Effect, faults []string) {
	t.Helper()
	d := referencetest.Start(t, reference.Options{Edition: string(edition), Faults: faults})
	c := config(t, edition, allowed, transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL},
		fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), time.Second)
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	require.NotZero(t, run.Summary.Checks[result.Pass])
	for _, check := range run.Checks {
		for _, e := range check.Exchanges {
			if e.Inbound {
				continue // the deployment sent it
			}
			op, ok := c.Contract.Operation(e.Operation)
			require.True(t, ok)
			if check.ID == "agent/event-without-plan" {
				continue // an event without a plan names no turn to run: clauses.yaml has it as observe
			}
			if e.Response != nil && (spec.Response{Status: e.Response.Status}).Success() {
				assert.Containsf(t, allowed, op.Effect, "%s had %s accepted: %s", check.ID, op.ID, e.Request.Body)
			}
		}
	}
}
