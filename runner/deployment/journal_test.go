package deployment_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/journal"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestJournalIsWrittenBeforeAnythingIsMade looks at the journal whenever the target is asked to make something.
func TestJournalIsWrittenBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		t.Run(string(edition), func(t *testing.T) {
			t.Parallel()
			d, folder := start(t, edition), t.TempDir()
			var unwritten, made atomic.Int64
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || r.URL.Path != "/bots" && r.URL.Path != "/admin/users" && !strings.HasSuffix(r.URL.Path, "/tokens") {
					return false
				}
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				paths, _ := filepath.Glob(filepath.Join(folder, "*.journal"))
				if len(paths) == 1 {
					text, _ := os.ReadFile(paths[0])
					assert.NotContains(t, string(text), d.AdminToken)
					of := gjson.GetBytes(body, "email").Str + gjson.GetBytes(body, "native_meeting_id").Str // what is needed to take it back
					if made.Add(1); !strings.Contains(string(text), of) {
						unwritten.Add(1)
					}
				} else {
					unwritten.Add(1)
				}
				return false
			})
			c := config(t, referencetest.Contract(t, edition), proxied, d.AdminToken)
			c.JournalFolder, c.Only = folder, []string{"bots/accepted", "bots/duplicate", "scope/*"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			require.Len(t, run.Notes, 1)
			assert.Contains(t, run.Notes[0], "these users stay on the target, without a key", "nothing else is left")
			assert.Zero(t, unwritten.Load())
			assert.Greater(t, made.Load(), int64(5))
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			assert.Empty(t, left, "a run that cleaned up needs no journal")
		})
	}
}

// ended are the journals of a folder once no run of it goes on. A process that another test has just started holds all locks until
// it is the program that it is to be.
func ended(t *testing.T, folder string) (left []journal.Unfinished) {
	t.Helper()
	require.Eventually(t, func() bool {
		all, running, err := journal.Find(folder)
		require.NoError(t, err)
		if running == 0 {
			left = all
			return true
		}
		for _, journal := range all {
			require.NoError(t, journal.Keep())
		}
		return false
	}, 5*time.Second, 5*time.Millisecond)
	return left
}

// TestWhatIsLeftStaysInTheJournal, whose name the run tells.
func TestWhatIsLeftStaysInTheJournal(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		kept := r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/admin/tokens/")
		if kept {
			http.Error(w, "no", http.StatusInternalServerError)
		}
		return kept
	})
	for seed, folder := range []string{"", t.TempDir()} {
		c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
		c.Tenants = fixtures.NewTenants(uint64(seed+1), d.AdminToken, fixtures.Keys{})
		c.JournalFolder, c.Only = folder, []string{"auth/missing-key/getMe"}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		notes := strings.Join(run.Notes, "\n")
		assert.Contains(t, notes, "token")
		assert.Equal(t, folder != "", strings.Contains(notes, "cleanup tries again, by the journal "+folder), notes)
		if folder != "" {
			assert.Len(t, ended(t, folder), 1)
		}
	}
}

// TestCleanUp ends runs as a kill does, at the nth request, and cleans up after them.
func TestCleanUp(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		for _, after := range []int64{1, 2, 3, 6, 9, 12, 40, 80} {
			t.Run(string(edition), func(t *testing.T) {
				t.Parallel()
				d, folder := start(t, edition), t.TempDir()
				var n atomic.Int64
				gone := make(chan struct{})
				proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, _ *http.Request) bool {
					if n.Add(1) == after {
						close(gone)
					}
					if n.Load() >= after {
						panic(http.ErrAbortHandler) // from here on nothing comes through, so that the run takes nothing back
					}
					return false
				})
				c := config(t, referencetest.Contract(t, edition), proxied, d.AdminToken)
				c.JournalFolder, c.Only, c.Patience, c.Timeout = folder, []string{"bots.*", "tenancy.*", "retry.*"}, 100*time.Millisecond, time.Second
				if edition == spec.V012 {
					c.Only = c.Only[:2]
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() { <-gone; cancel() }()
				_, _ = deployment.Run(ctx, c, suites.All(c.Contract)) // it ends as it may
				journals := ended(t, folder)
				c.Target.BaseURL, c.Patience, c.Timeout = d.BaseURL, time.Second, 5*time.Second
				for _, journal := range journals {
					done, left, err := deployment.CleanUp(t.Context(), c, d.AdminToken, fixtures.Keys{}, journal)
					require.NoError(t, err)
					for _, line := range left {
						assert.Contains(t, line, "may have a key that nobody has seen", "%v %v", done, left)
					}
					require.NoError(t, journal.Discard())
				}
				bots, keys := d.Remaining()
				assert.Zero(t, bots, "no bot is running")
				assert.Zero(t, d.Plans(), "nothing is planned")
				assert.LessOrEqual(t, keys, 1, "no key is valid but the one that nobody has seen")
			})
		}
	}
}

func TestAJournalThatRunsOrIsNone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, running, err := journal.Find(filepath.Join(folder, "none"))
	require.NoError(t, err)
	assert.Zero(t, running)
	for name, text := range map[string]string{"empty.journal": "", "torn.journal": `{"edition":"v0.1`} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	killed, _, err := journal.Find(folder)
	require.NoError(t, err)
	require.Len(t, killed, 2, "the kills came before anything was sent")
	for _, left := range killed {
		assert.Empty(t, left.Edition)
		assert.NoError(t, left.Discard())
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "x.journal"), []byte("hello\n"), 0o600))
	_, _, err = journal.Find(folder)
	assert.ErrorContains(t, err, "its first line is no journal's")
	d := start(t, spec.V012)
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.JournalFolder = "/proc/nowhere"
	_, err = deployment.Run(t.Context(), c, suites.All(c.Contract))
	assert.ErrorContains(t, err, "--journal")
}

// TestRate keeps to what the operator asks for.
func TestRate(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Rate, c.Only = 200, []string{"auth/missing-key", "rate.*"}
	started := time.Now()
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	least := time.Duration(run.Summary.Exchanges-1) * time.Second / 200
	assert.GreaterOrEqual(t, time.Since(started), least)
	assert.Equal(t, 0, run.ExitCode)
	for _, check := range run.Checks {
		if strings.HasPrefix(check.ID, "rate/") && !check.NotApplicable {
			assert.Contains(t, check.Reason, "--rate")
		}
	}
}
