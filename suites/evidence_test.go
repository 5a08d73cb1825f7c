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

// longestEvidence is how long what is expected or received may be: a few lines of a terminal.
const longestEvidence = 700

// TestFailuresSayWhatDiffers: what was expected and what was received are there, differ, are short, and an answer shows them. The faults
// are those whose failures compare states and answers.
func TestFailuresSayWhatDiffers(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for fault, row := range map[string]struct {
		edition spec.Edition
		only    string
		actual  string // a pattern
	}{
		"get-changes-something":           {spec.V010, "retry/get/getMe", `^/reads: \d+ → \d+$`},
		"second-put-loses-settings":       {spec.V010, "retry/put/webhook", `webhook_url: "http.*" → `},
		"second-put-conflicts":            {spec.V010, "retry/put/webhook", `^409 `},
		"delete-meeting-again-changes-it": {spec.V010, "retry/delete-meeting", `^/meeting/`},
		"delete-meeting-takes-the-twin":   {spec.V010, "retry/delete-meeting/shared-id", `/others: 1 items → 0 items`},
		"delete-meeting-does-nothing":     {spec.V010, "retry/delete-meeting", `native_meeting_id`},
		"others-change-works":             {spec.V012, "tenancy/*", ``},
		"list-shows-others":               {spec.V012, "tenancy/*", ``},
		"missing-key-detail":              {spec.V012, "auth/missing-key/*", ``},
		"resume-loses-one":                {spec.V012, "stream/resume", ``},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			d := referencetest.Start(t, reference.Options{Edition: string(row.edition), Faults: []string{fault}})
			c := config(t, row.edition, spec.Effects(), transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL},
				fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), 2*time.Second)
			c.Only = []string{row.only}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			failed := 0
			for _, check := range run.Checks {
				if check.Verdict != result.Fail {
					continue
				}
				failed++
				assert.NotEmpty(t, check.Expected, check.ID)
				assert.NotEmpty(t, check.Actual, check.ID)
				assert.NotEqual(t, check.Expected, check.Actual, check.ID)
				assert.Less(t, len(check.Expected), longestEvidence, check.Expected)
				assert.Less(t, len(check.Actual), longestEvidence, check.Actual)
				assert.Regexp(t, row.actual, check.Actual)
				assert.True(t, slices.ContainsFunc(check.Exchanges, func(e result.Exchange) bool { return e.Evidence }), "%s shows no answer", check.ID)
			}
			assert.NotZero(t, failed)
		})
	}
}
