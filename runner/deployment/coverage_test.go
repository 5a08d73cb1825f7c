package deployment_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestCoverage: what a run was not allowed to do is not counted as judged, and what it did is.
func TestCoverage(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Allow = []spec.Effect{spec.Observe, spec.Write}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	states := map[string]result.Coverage{}
	for _, row := range run.Coverage {
		name := fmt.Sprintf("%s %d", row.Operation, row.Status)
		if row.Scope != "" {
			name = row.Operation + " " + row.Scope
		}
		states[name] = row
	}
	for name, want := range map[string]struct {
		state  result.State
		reason string
	}{
		"getMe 401":            {result.Judged, ""},
		"getMe 200":            {result.Excluded, "reported as drift"},
		"getMe tx":             {result.Judged, ""},
		"createBot 409":        {result.Unseen, `needs --allow `},
		"mintToken 201":        {result.Judged, ""},
		"getBotsStatus 429":    {result.Unseen, "where no plan limits apply"},
		"getUserByEmail 422":   {result.Unseen, "its clause was judged at other operations"},
		"getTranscript 404":    {result.Judged, ""},
		"createInvocation 202": {result.Unseen, `needs --allow `},
		"deleteToken 204":      {result.Judged, ""},
		"createInvocation 400": {result.Judged, ""},
		"createInvocation bot": {result.Judged, ""},
	} {
		assert.Equal(t, want.state, states[name].State, name)
		assert.Contains(t, states[name].Reason, want.reason, name)
		if want.state == result.Judged {
			assert.Positive(t, states[name].Seen, name)
		}
	}
}
