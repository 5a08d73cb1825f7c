package deployment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestPlatforms judges with bots on the platform that the operator names, with what each needs besides the id.
func TestPlatforms(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for name, row := range map[string]struct {
		edition spec.Edition
		bot     map[string]any
	}{
		"v0.10 teams":              {spec.V010, map[string]any{"platform": "teams"}},
		"v0.10 zoom":               {spec.V010, map[string]any{"platform": "zoom"}},
		"v0.12 teams":              {spec.V012, map[string]any{"platform": "teams", "passcode": "s3same"}},
		"v0.12 zoom":               {spec.V012, map[string]any{"platform": "zoom"}},
		"v0.12 jitsi":              {spec.V012, map[string]any{"platform": "jitsi"}},
		"v0.12 jitsi of their own": {spec.V012, map[string]any{"platform": "jitsi", "meeting_url": "https://jitsi.example.com/{native_meeting_id}", "bot_name": "mock:normal"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, row.edition)
			c := config(t, referencetest.Contract(t, row.edition), d.BaseURL, d.AdminToken)
			c.BotBody, c.Allow = row.bot, []spec.Effect{spec.Observe, spec.Write, spec.Bots}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitKept, run.ExitCode)
			for _, check := range run.Checks {
				assert.NotContains(t, []result.Verdict{result.Fail, result.Blocked, result.Error}, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
			}
		})
	}
}

// TestMeetingURL puts the invented id where the operator's own words ask for it.
func TestMeetingURL(t *testing.T) {
	t.Parallel()
	k := fixtures.NewKit(1, "x", map[string]any{"platform": "jitsi", "meeting_url": "https://j.example.com/{native_meeting_id}"})
	m := k.Meeting()
	assert.Equal(t, "https://j.example.com/"+m.NativeID, k.Bot(m)["meeting_url"])
}
