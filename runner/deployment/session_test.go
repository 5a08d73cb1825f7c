package deployment_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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

func start(t *testing.T, e spec.Edition, faults ...string) *reference.Deployment {
	t.Helper()
	return referencetest.Start(t, reference.Options{Edition: string(e), Faults: faults})
}

// TestThrottlingIsNotFailure answers one request in thirty with a 429 that is not in the envelope: the verdicts stay.
func TestThrottlingIsNotFailure(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, spec.V012)
	var n atomic.Int64
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, _ *http.Request) bool {
		if n.Add(1)%30 != 0 {
			return false
		}
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return true
	})
	c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
	c.Allow = []spec.Effect{spec.Observe, spec.Write}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitKept, run.ExitCode)
	assert.NotZero(t, run.Summary.Throttled)
}

// TestAdminCallsAreFew counts what is sent with the admin token by a run that is allowed to observe and write.
func TestAdminCallsAreFew(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		d := start(t, e)
		var setup, all atomic.Int64
		proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("X-Admin-API-Key") == d.AdminToken {
				all.Add(1)
				if strings.Contains(r.UserAgent(), "(setup)") {
					setup.Add(1)
				}
			}
			return false
		})
		c := config(t, referencetest.Contract(t, e), proxied, d.AdminToken)
		c.Allow = []spec.Effect{spec.Observe, spec.Write}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		require.Equal(t, result.ExitKept, run.ExitCode)
		assert.LessOrEqual(t, setup.Load(), int64(12), "making the tenants and taking them back")
		// The checks of the admin surface send four of their own; a deployment may allow 30 a minute.
		assert.LessOrEqual(t, all.Load(), int64(16))
	}
}

// TestSameSeedSameRequests runs twice, one check at a time, and compares what each check sent. Ids that the deployment
// gave, and how often a check polled, are set aside.
func TestSameSeedSameRequests(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	sent := func(seed uint64) map[string][]string {
		d := start(t, spec.V012)
		c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
		c.Seed, c.Parallel, c.Skip = seed, 1, []string{"rate/*"}
		c.Tenants = fixtures.NewTenants(seed, d.AdminToken, fixtures.Keys{})
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		requests := map[string][]string{}
		for _, check := range run.Checks {
			for _, e := range check.Exchanges {
				line := e.Request.Method + " " + strings.TrimPrefix(e.Request.URL, d.BaseURL) + " " + e.Caller + " " + e.Request.Body
				line = regexp.MustCompile(`\d{1,15}`).ReplaceAllString(line, "0")
				if !slices.Contains(requests[check.ID], line) {
					requests[check.ID] = append(requests[check.ID], line)
				}
			}
			slices.Sort(requests[check.ID])
		}
		return requests
	}
	first, again, other := sent(7), sent(7), sent(8)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, other)
}

// TestNoSecretInAResult looks for every secret of the run in all that it tells.
func TestNoSecretInAResult(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, spec.V012, "missing-key-detail")
	var keys []string
	var mu sync.Mutex
	proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if key := r.Header.Get("X-API-Key"); strings.HasPrefix(key, "vxa_") && !strings.Contains(key, "neverminted") && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		return false
	})
	c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
	c.Skip = []string{"auth.valid-key-under-load", "rate/*", "bots.duplicate-race"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	text, err := json.Marshal(run)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(keys), 4, "a key of each scope, and the other user's")
	for _, secret := range append(keys, d.AdminToken) {
		assert.NotContains(t, string(text), secret)
	}
	assert.Contains(t, string(text), "$VEXA_API_KEY_BOT")
	assert.Contains(t, string(text), "$VEXA_ADMIN_TOKEN")
}

// TestWhatABrokenDeploymentStartsIsStopped uses keys that are there before and after, to look for bots that are left.
func TestWhatABrokenDeploymentStartsIsStopped(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, fault := range []string{"malformed-id-accepted", "wrong-type-coerced", "duplicate-accepted", "duplicate-check-races"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012, fault)
			c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, "")
			c.Tenants = fixtures.NewTenants(1, "", fixtures.Keys{Bot: d.Keys.Bot, Tx: d.Keys.Tx, Other: d.Keys.Other})
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitBroken, run.ExitCode)
			for _, key := range []string{d.Keys.Bot, d.Keys.Other} {
				assert.Eventually(t, func() bool { return running(t, d.BaseURL, key) == 0 }, c.Timeout, c.Patience/200)
			}
		})
	}
}

// running counts the bots that have not ended.
func running(t *testing.T, base, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/bots/status", nil)
	require.NoError(t, err)
	req.Header.Set("X-API-Key", key)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return strings.Count(string(body), `"status":"`) - strings.Count(string(body), `"status":"failed"`)
}
