package deployment_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// needingEntry are the checks whose bots have to get into their meetings.
func needingEntry() []string {
	return []string{"stream/ids", "stream/resume", "stream/opens/meeting", "retry/put/bot-config", "retry/delete-recording", "tenancy/recording", "socket/meeting-status"}
}

// standup is a meeting that lets bots in, with a passcode that is nobody's business.
func standup() fixtures.OwnMeeting {
	return fixtures.OwnMeeting{"platform": "teams", "native_meeting_id": "1234567890123", "passcode": "open-sesame"}
}

// TestProofInOwnMeetings: as in the field, an invented meeting lets no bot in. What needs one that does is judged in those that
// the operator names, by one check at a time, and otherwise not at all; nothing else is the worse for it.
func TestProofInOwnMeetings(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for name, row := range map[string]struct {
		edition spec.Edition
		admits  [][2]string
		own     []fixtures.OwnMeeting
		verdict result.Verdict
		says    string
		exit    int
	}{
		"named":             {spec.V012, [][2]string{{"teams", "1234567890123"}}, []fixtures.OwnMeeting{standup()}, result.Pass, "", result.ExitKept},
		"named, v0.10":      {spec.V010, [][2]string{{"teams", "1234567890123"}}, []fixtures.OwnMeeting{standup()}, result.Pass, "", result.ExitKept},
		"none named":        {spec.V012, [][2]string{{"teams", "1234567890123"}}, nil, result.Skip, "name one that admits bots (meetings: in --config)", result.ExitKept},
		"none named, v0.10": {spec.V010, [][2]string{{"teams", "1234567890123"}}, nil, result.Skip, "name one that admits bots (meetings: in --config)", result.ExitKept},
		"named, and nobody admits it": {
			spec.V012, [][2]string{{"zoom", "1234567890"}}, []fixtures.OwnMeeting{standup()}, result.Blocked,
			"the bot was not admitted to teams/1234567890123, a meeting of the operator: it is failed", result.ExitInconclusive,
		},
		"one of two is open": {
			spec.V010, [][2]string{{"teams", "1234567890123"}, {"google_meet", "abc-defg-hij"}},
			[]fixtures.OwnMeeting{standup(), {"platform": "google_meet", "native_meeting_id": "abc-defg-hij"}}, result.Pass, "", result.ExitKept,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := referencetest.Start(t, reference.Options{Edition: string(row.edition), Admits: row.admits})
			c := config(t, referencetest.Contract(t, row.edition), d.BaseURL, d.AdminToken)
			c.Patience = 20 * time.Second
			c.Allow, c.Meetings, c.Parallel = spec.Effects()[:4], row.own, 16 // what exhausts takes its time
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, row.exit, run.ExitCode)
			entries := 0
			for _, check := range run.Checks {
				switch {
				case check.ID == "socket/meeting-status":
					assert.Equal(t, result.Pass, check.Verdict, "a bot that fails has a life that can be followed: %s", check.Reason)
				case slices.Contains(needingEntry(), check.ID):
					entries++
					assert.Equal(t, row.verdict, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
					assert.Contains(t, check.Reason, row.says, check.ID)
				default:
					assert.Contains(t, []result.Verdict{result.Pass, result.Skip}, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
				}
			}
			assert.GreaterOrEqual(t, entries, 2)
			text, err := json.Marshal(run)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "open-sesame")
			if row.own != nil {
				assert.Contains(t, string(text), "$VEXA_MEETING_PASSCODE_1")
			}
			bots, keys := d.Remaining()
			assert.Zero(t, bots)
			assert.Zero(t, keys)
			assert.Zero(t, d.Recordings(), "who was recorded is so no more")
		})
	}
}

// TestSomebodysBot: where a bot of the operator's own user is in the meeting that they name, it is neither doubled nor stopped.
func TestSomebodysBot(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	body := string(fixtures.Body(standup()))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.BaseURL+"/bots", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-API-Key", d.Keys.All)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusCreated, res.StatusCode)
	var mu sync.Mutex
	var touched []string
	proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "1234567890123") {
			touched = append(touched, r.Method+" "+r.URL.Path)
		}
		return false
	})
	c := config(t, referencetest.Contract(t, spec.V012), proxied, "")
	c.Tenants = fixtures.NewTenants(1, "", fixtures.Keys{All: d.Keys.All, Other: d.Keys.Other})
	c.Meetings, c.Only, c.Patience = []fixtures.OwnMeeting{standup()}, []string{"stream/ids", "stream/opens/meeting"}, 100*time.Millisecond
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	for _, check := range run.Checks {
		assert.Equal(t, result.Blocked, check.Verdict, check.ID)
		assert.Contains(t, check.Reason, "a bot of the same user is in teams/1234567890123 and does not leave")
	}
	assert.Empty(t, touched)
	bots, _ := d.Remaining()
	assert.Equal(t, 1, bots)
}

// TestWithOneKey: what there is no key for is skipped, and nothing is said to be left of it.
func TestWithOneKey(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, "")
	c.Tenants = fixtures.NewTenants(1, "", fixtures.Keys{All: d.Keys.All})
	c.Only = []string{"envelope.refused-leaves-nothing", "bots.*"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitKept, run.ExitCode)
	assert.Positive(t, run.Summary.Checks[result.Skip])
	assert.Empty(t, run.Notes)
}
