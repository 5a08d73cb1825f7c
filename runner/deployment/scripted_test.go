package deployment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestScriptedBotsThatLeave judges a stack whose bots talk or record and then leave by themselves, as Vexa's mock bot does: all
// that an operator says is that bots are scripted.
func TestScriptedBotsThatLeave(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, e := range spec.Editions() {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			d := referencetest.Start(t, reference.Options{Edition: string(e), Variations: []string{"scripted-bots-leave"}})
			c := config(t, referencetest.Contract(t, e), d.BaseURL, d.AdminToken)
			c.BotBody, c.Patience = map[string]any{"scripted": true}, 2*time.Second
			c.Allow = spec.Effects()[:4]
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitKept, run.ExitCode)
			for _, check := range run.Checks {
				assert.Contains(t, []result.Verdict{result.Pass, result.Skip}, check.Verdict, "%s: %s %s %s", check.ID, check.Reason, check.Expected, check.Actual)
			}
		})
	}
}
