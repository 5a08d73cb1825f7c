package deployment_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// broken is a harness that goes wrong on the goroutine on which it sends some requests.
type broken struct {
	http.RoundTripper
	at func(*http.Request) bool
}

func (b broken) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.at(r) {
		panic("out of luck with " + r.Header.Get("X-API-Key"))
	}
	return b.RoundTripper.RoundTrip(r)
}

// TestPanicsElsewhere: wherever the harness goes wrong, that is the check's verdict, without a secret, and the run goes on.
func TestPanicsElsewhere(t *testing.T) {
	t.Parallel()
	for check, at := range map[string]func(*http.Request) bool{
		"bots/duplicate-race":       func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/bots" },
		"stream/opens/chat":         func(r *http.Request) bool { return r.URL.Path == "/agent/chat" },
		"stream/ids":                func(r *http.Request) bool { return r.URL.Path == "/agent/meeting/stream" },
		"socket/meeting-status":     func(r *http.Request) bool { return r.URL.Path == "/ws" },
		"auth/valid-key-under-load": func(r *http.Request) bool { return r.URL.Path == "/bots/status" },
		"transcripts/never-started": func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/transcripts") },
	} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			edition := spec.V012
			if check == "socket/meeting-status" {
				edition = spec.V010
			}
			d := start(t, edition)
			c := config(t, referencetest.Contract(t, edition), d.BaseURL, d.AdminToken)
			c.Only = []string{check, "auth/missing-key/getMe"}
			c.Wrap = func(round http.RoundTripper) http.RoundTripper {
				return broken{round, func(r *http.Request) bool { return at(r) && strings.Contains(r.UserAgent(), "("+check+")") }}
			}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitHarness, run.ExitCode)
			for _, judged := range run.Checks {
				switch {
				case judged.ID == check:
					assert.Equal(t, result.Error, judged.Verdict, judged.Reason)
					assert.Contains(t, judged.Reason, "out of luck with $VEXA_API_KEY_")
					assert.Contains(t, judged.Reason, "RoundTrip", "it says where")
				case judged.ID == "auth/missing-key/getMe":
					assert.Equal(t, result.Pass, judged.Verdict)
				}
			}
		})
	}
}

// TestPanicsOfTheRun: where the harness goes wrong outside of any check, the run cleans up, and no message holds its keys.
func TestPanicsOfTheRun(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V010)
	c := config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
	c.Only = []string{"auth/missing-key/getMe", "auth/missing-key/listMeetings"}
	c.Progress = func(int, int, result.Check) { panic("nobody to tell: " + strings.Join(d.Issued(), " ") + d.AdminToken) }
	defer func() {
		said, ok := recover().(string)
		require.True(t, ok)
		assert.Contains(t, said, "nobody to tell: ")
		assert.Contains(t, said, "$VEXA_ADMIN_TOKEN")
		assert.NotContains(t, said, d.AdminToken)
		_, keys := d.Remaining()
		assert.Zero(t, keys)
	}()
	_, _ = deployment.Run(t.Context(), c, suites.All(c.Contract))
}
