package deployment_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// onceRefused answers the first request for each path 429, whoever asks.
func onceRefused(retryAfter string, paths ...string) func(http.ResponseWriter, *http.Request) bool {
	var seen sync.Map
	return func(w http.ResponseWriter, r *http.Request) bool {
		for _, path := range paths {
			if r.URL.Path != path {
				continue
			}
			if _, again := seen.LoadOrStore(path, true); !again {
				w.Header().Set("Retry-After", retryAfter)
				http.Error(w, "slow down", http.StatusTooManyRequests)
				return true
			}
		}
		return false
	}
}

// TestThrottledStreams: a stream and a socket that are throttled, for longer than an answer may take, are opened later.
func TestThrottledStreams(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for edition, only := range map[spec.Edition][]string{spec.V010: {"socket.*"}, spec.V012: {"stream.*"}} {
		t.Run(string(edition), func(t *testing.T) {
			t.Parallel()
			d := start(t, edition)
			proxied := referencetest.Proxy(t, d.BaseURL, onceRefused("2", "/ws", "/agent/chat", "/agent/meeting/stream"))
			c := config(t, referencetest.Contract(t, edition), proxied, d.AdminToken)
			c.Only, c.Timeout, c.Patience = only, time.Second, 10*time.Second // on a busy machine too
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			for _, check := range run.Checks {
				if check.Area() == "implemented" {
					continue // evidence of a missing route alone
				}
				assert.Equal(t, result.Pass, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
			}
			assert.Positive(t, run.Summary.Throttled)
		})
	}
}

// TestAskedForTooMuchPatience: a target that asks to be left alone for an hour is, and the run says so.
func TestAskedForTooMuchPatience(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		refused := r.URL.Path == "/recordings"
		if refused {
			w.Header().Set("Retry-After", "3600")
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}
		return refused
	})
	c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
	c.Only = []string{"auth/missing-key/listRecordings", "auth/missing-key/getMe"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitInconclusive, run.ExitCode)
	assert.Zero(t, run.Summary.Checks[result.Fail])
	for _, check := range run.Checks {
		if check.Verdict == result.Blocked {
			assert.Regexp(t, "asks for a wait of 1h0m0s", check.Reason)
		}
	}
	assert.Positive(t, run.Summary.Checks[result.Blocked])
}
