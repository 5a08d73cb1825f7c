package command_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestCleanupOfWhatDoesNotMove kills real runs (SIGKILL) while their bots run, and has cleanup find a deployment that does not do what
// it is asked to: it ends, revokes what it can, mints nothing that stays, and says what is left, and with which id.
func TestCleanupOfWhatDoesNotMove(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	isStop := func(r *http.Request) bool {
		return r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/bots/")
	}
	isToken := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/tokens") }
	for name, row := range map[string]struct {
		vary     []string
		editions []string
		proxied  func(t *testing.T, d *reference.Deployment) func(http.ResponseWriter, *http.Request) bool
		flags    []string
		code     int
		keys     int
		says     []string
		// again is what a second cleanup finds of valid keys.
		again int
	}{
		"rows that no DELETE moves": {nil, []string{"v0.10", "v0.12"}, func(*testing.T, *reference.Deployment) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if isStop(r) {
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprint(w, `{"status":"stopping"}`)
				}
				return isStop(r)
			}
		}, nil, 4, 0, []string{" (id", " active, though ", " was asked 3 times to leave (DELETE /bots/google_meet/"}, 0},
		"DELETE of bots hangs": {nil, []string{"v0.12"}, func(*testing.T, *reference.Deployment) func(http.ResponseWriter, *http.Request) bool {
			return func(_ http.ResponseWriter, r *http.Request) bool {
				if isStop(r) {
					<-r.Context().Done()
				}
				return isStop(r)
			}
		}, []string{"--timeout", "3s", "--patience", "6s"}, 4, 0, []string{"LEFT  ", "(id", "no whole answer"}, 0},
		"DELETE of keys hangs": {nil, []string{"v0.12"}, func(*testing.T, *reference.Deployment) func(http.ResponseWriter, *http.Request) bool {
			return func(_ http.ResponseWriter, r *http.Request) bool {
				if isToken(r) && r.Method == http.MethodDelete {
					<-r.Context().Done()
				}
				return isToken(r) && r.Method == http.MethodDelete
			}
		}, []string{"--timeout", "500ms"}, 4, 2, []string{"no key was minted to look for them: the run's own could not be revoked", "may still be valid: DELETE"}, 2},
		"the minting is lost": {nil, []string{"v0.12"}, func(t *testing.T, d *reference.Deployment) func(http.ResponseWriter, *http.Request) bool {
			return func(_ http.ResponseWriter, r *http.Request) bool {
				if !isToken(r) || r.Method != http.MethodPost {
					return false
				}
				arrives(t, d, r)
				panic(http.ErrAbortHandler)
			}
		}, nil, 4, 1, []string{"may have a key that nobody has seen", "delete it there by hand"}, 1},
		"the minting is lost, and keys are listed": {nil, []string{"v0.10"}, func(t *testing.T, d *reference.Deployment) func(http.ResponseWriter, *http.Request) bool {
			return func(_ http.ResponseWriter, r *http.Request) bool {
				if !isToken(r) || r.Method != http.MethodPost {
					return false
				}
				arrives(t, d, r)
				panic(http.ErrAbortHandler)
			}
		}, nil, 4, 0, []string{"no key was minted to look for them"}, 0},
		"processes outlive the stop": {[]string{"processes-outlive-stop"}, []string{"v0.10"}, func(*testing.T, *reference.Deployment) func(http.ResponseWriter, *http.Request) bool {
			return func(http.ResponseWriter, *http.Request) bool { return false }
		}, nil, 0, 0, []string{"no bot of the user"}, 0},
	} {
		for _, edition := range row.editions {
			t.Run(name+" of "+edition, func(t *testing.T) {
				t.Parallel()
				d := start(t, reference.Options{Edition: edition, Variations: row.vary})
				var posts atomic.Int64
				var dead atomic.Bool
				running := make(chan struct{})
				instead := row.proxied(t, d)
				proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
					switch {
					case dead.Load():
						return instead(w, r)
					case r.Method != http.MethodPost || r.URL.Path != "/bots" || posts.Add(1) != 2:
						return false
					}
					unseen(t, d, r, running)
					return true
				})
				journals, environ := filepath.Join(t.TempDir(), "journals"), []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}
				killRun(t, d, running, environ, journals, "--target", proxied, "--allow", "observe,write,bots", "--only", "tenancy/bot,bots/duplicate,bots/stopped", "--parallel", "2")
				bots, keys := d.Remaining()
				require.Positive(t, bots, "bots run")
				require.Positive(t, keys, "keys are valid")
				dead.Store(true)
				for i, want := range []int{row.keys, row.again} {
					began := time.Now()
					code, out, stderr := run(t, environ, append([]string{"cleanup", "--journal", journals}, row.flags...)...)
					said := out + stderr
					assert.Less(t, time.Since(began), 2*time.Minute)
					_, keys = d.Remaining()
					assert.LessOrEqual(t, keys, want, "valid after cleanup %d: %s", i+1, said)
					assert.NotContains(t, said, d.AdminToken)
					if i > 0 && row.code == 0 {
						continue // nothing was left for it
					}
					assert.Equal(t, row.code, code, said)
					if i == 0 {
						for _, says := range row.says {
							assert.Contains(t, said, says)
						}
					}
				}
			})
		}
	}
}

// arrives has a request done whose answer the client does not get, and returns the status.
func arrives(t *testing.T, d *reference.Deployment, r *http.Request) (status int) {
	t.Helper()
	behind := r.Clone(r.Context())
	behind.RequestURI, behind.URL.Scheme, behind.URL.Host = "", "http", strings.TrimPrefix(d.BaseURL, "http://")
	res, err := http.DefaultClient.Do(behind)
	if assert.NoError(t, err) {
		assert.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	return 0
}

// journal writes the journal of a run that was killed.
func journal(t *testing.T, folder, name, target string, lines ...string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(folder, 0o700))
	path := filepath.Join(folder, name+".journal")
	head := fmt.Sprintf(`{"edition":"v0.12","target":{"BaseURL":%q},"started":"2026-11-24T12:00:00Z"}`, target)
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(append([]string{head}, lines...), "\n")+"\n"), 0o600))
	return path
}

// TestCleanupOfSeveralTargets: a target that no longer exists stops no other, its journals can be dropped, and a target can be chosen.
func TestCleanupOfSeveralTargets(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12"})
	const gone = "http://127.0.0.1:1" // a port that no other test is given, as it is of one that was closed
	lines := []string{
		`{"n":1,"operation":"createUser","caller":"admin","body":{"email":"x-owner@example.com"},"answered":true,"status":201,"id":"5"}`,
		`{"n":2,"operation":"mintToken","caller":"admin","path":{"user_id":"5"},"answered":true,"status":201,"id":"6"}`,
		`{"n":3,"operation":"createBot","caller":"owner","body":{"platform":"google_meet","native_meeting_id":"abc-defg-hij"}}`,
	}
	environ := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}
	type step struct {
		args []string
		code int
		says []string
		rest []string
	}
	there := []string{`{"n":1,"operation":"createUser","caller":"admin","body":{"email":"nobody-owner@example.com"}}`}
	for name, steps := range map[string][]step{
		"all": {
			{nil, 3, []string{"against " + gone, "nothing listens there", "the journal stays", "against " + d.BaseURL}, []string{"a.journal", "b.journal"}},
			{nil, 3, []string{"against " + gone}, []string{"a.journal", "b.journal"}},
		},
		"one": {
			{[]string{"--target", d.BaseURL + "/"}, 0, []string{"against " + d.BaseURL}, []string{"a.journal", "b.journal"}},
			{[]string{"--target", d.BaseURL}, 0, []string{"nothing is left of runs against " + d.BaseURL, "there are journals of runs against " + gone}, []string{"a.journal", "b.journal"}},
			{[]string{"--target", gone}, 3, []string{"nothing listens there"}, []string{"a.journal", "b.journal"}},
			{[]string{"--target", gone, "--forget"}, 0, []string{
				"1 users: x-owner@example.com (id 5)", "1 tokens minted: 6", "1 bots: google_meet/abc-defg-hij (its answer was lost)", "dropped the journal", "nothing was cleaned up",
			}, nil},
			{nil, 0, []string{"nothing to clean up: no journal"}, nil},
		},
		"several to forget": {
			{[]string{"--forget"}, 2, []string{"there are journals of runs against " + gone + ", " + d.BaseURL + ": name one with --target"}, []string{"a.journal", "b.journal", "c.journal"}},
			{[]string{"--forget", "--target", d.BaseURL}, 0, []string{"dropped the journal"}, []string{"a.journal", "b.journal"}},
			{[]string{"--forget"}, 0, []string{"dropped the journal"}, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "journals")
			journal(t, folder, "a", gone, lines...)
			journal(t, folder, "b", gone, lines...)
			journal(t, folder, "c", d.BaseURL, there...)
			for _, step := range steps {
				code, out, stderr := run(t, environ, append([]string{"cleanup", "--journal", folder}, step.args...)...)
				assert.Equal(t, step.code, code, out+stderr)
				for _, says := range step.says {
					assert.Contains(t, out+stderr, says)
				}
				var rest []string
				files, err := os.ReadDir(folder)
				require.NoError(t, err)
				for _, file := range files {
					rest = append(rest, file.Name())
				}
				assert.Equal(t, step.rest, rest, "%v: %s", step.args, out+stderr)
			}
		})
	}
}
