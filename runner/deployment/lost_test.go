package deployment_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestLostProbes: requests that are refused in any case are sent again where the network lost them, whatever their method.
func TestLostProbes(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		d := start(t, edition)
		var seen sync.Map
		proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
			if key := r.Header.Get("X-API-Key"); key == "" && r.Header.Get("X-Admin-API-Key") == "" {
				if _, again := seen.LoadOrStore(r.Method+r.URL.Path, true); !again {
					panic(http.ErrAbortHandler)
				}
			}
			return false
		})
		c := config(t, referencetest.Contract(t, edition), proxied, d.AdminToken)
		c.Allow, c.Only = observing(), []string{"auth.missing-key"}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.ExitKept, run.ExitCode)
		assert.Greater(t, run.Summary.Checks[result.Pass], 10)
		assert.Zero(t, run.Summary.Checks[result.Blocked])
	}
}

// TestLostKeys: where the answer is lost that tells a key, another one is minted, the verdicts stay, and the one that nobody has
// seen is deleted, or reported if the deployment lists none.
func TestLostKeys(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		t.Run(string(edition), func(t *testing.T) {
			t.Parallel()
			d := start(t, edition)
			var posts atomic.Int64
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/admin/users") || r.Header.Get("X-Admin-API-Key") != d.AdminToken || posts.Add(1)%2 == 0 {
					return false
				}
				arrive(t, d.BaseURL, r)
				panic(http.ErrAbortHandler)
			})
			c := config(t, referencetest.Contract(t, edition), proxied, d.AdminToken)
			c.Allow, c.Only = observing(), []string{"auth/missing-key/get*", "scope/*", map[spec.Edition]string{spec.V010: "retry.get", spec.V012: "tenancy.*"}[edition]}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitKept, run.ExitCode)
			_, keys := d.Remaining()
			notes := strings.Join(run.Notes, "\n")
			if edition == spec.V010 {
				assert.Zero(t, keys)
				assert.NotContains(t, notes, "nobody has seen")
			} else {
				assert.Greater(t, keys, 3)
				assert.Equal(t, 2, strings.Count(notes, "may have a key that nobody has seen"), "of each user once: %s", notes)
			}
		})
	}
}

// TestLostPlans: plans whose answers were lost are found by their addresses.
func TestLostPlans(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	var planned atomic.Int64
	proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Path != "/meetings" || !slices.Contains(d.Issued(), r.Header.Get("X-API-Key")) {
			return false
		}
		planned.Add(1)
		arrive(t, d.BaseURL, r)
		panic(http.ErrAbortHandler)
	})
	c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
	c.Allow, c.Only, c.JournalFolder = observing(), []string{"tenancy/planned-meeting", "envelope/bad-input/patchMeeting"}, t.TempDir()
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, 2, run.Summary.Checks[result.Blocked])
	assert.Positive(t, planned.Load())
	assert.Zero(t, d.Plans(), run.Notes)
}

// TestLostCreate: a POST /bots is sent again only once it is seen that it never arrived, and then judged as if nothing had been lost.
func TestLostCreate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		arrives bool
		verdict result.Verdict
		posts   int
	}{"on its way there": {false, result.Pass, 2}, "on its way back": {true, result.Blocked, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			var mu sync.Mutex
			posts := map[string]int{}
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || r.URL.Path != "/bots" {
					return false
				}
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if gjson.GetBytes(body, "native_meeting_id").Str == "" {
					return false
				}
				mu.Lock()
				posts[string(body)]++
				first := posts[string(body)] == 1
				mu.Unlock()
				if !first {
					return false
				}
				if row.arrives {
					arrive(t, d.BaseURL, r)
				}
				panic(http.ErrAbortHandler)
			})
			c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
			c.Only = []string{"bots/accepted", "bots/wrong-type/bot_name"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			for _, check := range run.Checks {
				assert.Equal(t, row.verdict, check.Verdict, "%s: %s", check.ID, check.Reason)
			}
			assert.NotEmpty(t, posts)
			for body, n := range posts {
				assert.Equal(t, row.posts, n, body)
			}
			bots, _ := d.Remaining()
			assert.Zero(t, bots)
		})
	}
}

// arrive has a request done by a deployment, whose answer nobody gets.
func arrive(t *testing.T, base string, r *http.Request) {
	t.Helper()
	behind := r.Clone(r.Context())
	behind.RequestURI, behind.URL.Scheme, behind.URL.Host = "", "http", strings.TrimPrefix(base, "http://")
	res, err := http.DefaultClient.Do(behind)
	if assert.NoError(t, err) {
		assert.NoError(t, res.Body.Close())
	}
}

// TestLostAtATakenAddress: a POST /bots whose response was lost is judged also if its link had a bot or a plan before it was sent.
func TestLostAtATakenAddress(t *testing.T) {
	t.Parallel()
	for check, row := range map[string]struct {
		edition spec.Edition
		loses   int // which POST /bots for a meeting is lost
	}{"bots/duplicate": {spec.V012, 2}, "bots/takes-over-plan": {"v0.12-main", 1}} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			d := start(t, row.edition)
			var mu sync.Mutex
			posts := map[string]int{}
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || r.URL.Path != "/bots" {
					return false
				}
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				r.Body = io.NopCloser(bytes.NewReader(body))
				mu.Lock()
				defer mu.Unlock()
				id := gjson.GetBytes(body, "native_meeting_id").Str
				if posts[id]++; posts[id] == row.loses {
					panic(http.ErrAbortHandler)
				}
				return false
			})
			c := config(t, referencetest.Contract(t, row.edition), proxied, d.AdminToken)
			c.Only = []string{check}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			require.Len(t, run.Checks, 1)
			assert.Equal(t, result.Pass, run.Checks[0].Verdict, run.Checks[0].Reason)
			require.NotEmpty(t, posts)
			for id, n := range posts {
				assert.Equal(t, row.loses+1, n, id)
			}
		})
	}
}
