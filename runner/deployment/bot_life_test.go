package deployment_test

import (
	"fmt"
	"io"
	"net/http"
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

// TestBotsThatFailAtOnce make no promise look broken, whichever check their end comes in between.
func TestBotsThatFailAtOnce(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		for _, bot := range []string{"mock:join-failure", "mock:crash", "mock:ends"} {
			t.Run(string(edition)+"/"+bot, func(t *testing.T) {
				t.Parallel()
				d := start(t, edition)
				c := config(t, referencetest.Contract(t, edition), d.BaseURL, d.AdminToken)
				c.BotBody, c.Patience = map[string]any{"bot_name": bot}, 500*time.Millisecond
				c.Allow = []spec.Effect{spec.Observe, spec.Write, spec.Bots}
				run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
				require.NoError(t, err)
				codes := []int{result.ExitInconclusive} // bots that do not run keep promises from being judged
				if bot == "mock:ends" {
					codes = append(codes, result.ExitKept) // its meeting is over, and can be read and resumed all the same
				}
				assert.Contains(t, codes, run.ExitCode)
				for _, check := range run.Checks {
					assert.NotEqual(t, result.Fail, check.Verdict, "%s: %s, %s", check.ID, check.Expected, check.Actual)
				}
			})
		}
	}
}

// atRequested answers GET /bots/status as a deployment does whose one bot has just been asked for, at least once, and as
// long as still says so of whether the bot runs and whether GET /meetings has been asked.
type atRequested struct {
	deployment *reference.Deployment
	still      func(runs, meetingsAsked bool) bool

	mu              sync.Mutex
	bot             fixtures.Meeting
	answered, asked bool
}

func (a *atRequested) answer(w http.ResponseWriter, r *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/bots":
		body, _ := io.ReadAll(r.Body)
		a.bot = fixtures.MeetingOf(body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	case r.URL.Path == "/meetings":
		a.asked = true
	case r.URL.Path == "/bots/status":
		if bots, _ := a.deployment.Remaining(); a.answered && !a.still(bots > 0, a.asked) {
			return false
		}
		a.answered = true
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"running_bots": [{"platform": %q, "native_meeting_id": %q, "status": "requested"}]}`, a.bot.Platform, a.bot.NativeID)
		return true
	}
	return false
}

// TestABotMovesOnBetweenTwoLooks: a bot that has ended, or gone on, since it was last looked at was not stuck.
func TestABotMovesOnBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		bot     string
		still   func(runs, meetingsAsked bool) bool
		verdict result.Verdict
		says    string
	}{
		"ended":   {"mock:join-failure", func(runs, _ bool) bool { return runs }, result.Blocked, "the bot ended before GET /bots/status could show how it went on"},
		"gone on": {"", func(_, meetingsAsked bool) bool { return !meetingsAsked }, result.Pass, ""},
		"stuck":   {"", func(runs, _ bool) bool { return runs }, result.Fail, "the bot's progress, which GET /meetings gives as "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V010)
			requested := atRequested{deployment: d, still: row.still}
			c := config(t, referencetest.Contract(t, spec.V010), referencetest.Proxy(t, d.BaseURL, requested.answer), d.AdminToken)
			c.Only, c.Patience = []string{"bots/tracked"}, 2*time.Second
			if row.bot != "" {
				c.BotBody = map[string]any{"bot_name": row.bot}
			}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			check := run.Checks[0]
			require.Equal(t, row.verdict, check.Verdict, "%s %s %s", check.Reason, check.Expected, check.Actual)
			assert.Contains(t, check.Reason+check.Expected, row.says)
		})
	}
}
