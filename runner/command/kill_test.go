package command_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
)

// TestCleanupAfterAKill kills real runs (SIGKILL) at some of their requests, and has cleanup take back what they left.
func TestCleanupAfterAKill(t *testing.T) {
	t.Parallel()
	for i, at := range []int64{2, 4, 7, 12, 60, 150, 250, 400} {
		edition := []string{"v0.10", "v0.12"}[i%2]
		t.Run(fmt.Sprintf("%s at request %d", edition, at), func(t *testing.T) {
			t.Parallel()
			d := start(t, reference.Options{Edition: edition})
			var n atomic.Int64
			reached := make(chan struct{})
			front := proxy(t, d.BaseURL, func(http.ResponseWriter, *http.Request) bool {
				if n.Add(1) == at {
					close(reached)
				}
				return false
			})
			journals := filepath.Join(t.TempDir(), "journals")
			cmd := command(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, "run", "--edition", edition, "--target", front,
				"--allow", "observe,write,bots", "--journal", journals, "--only", "bots.*,tenancy.*,envelope.*,scope.*")
			require.NoError(t, cmd.Start())
			<-reached
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait() // it was killed
			code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, "cleanup", "--journal", journals)
			assertCleanedUp(t, d, code, out+stderr)
		})
	}
}

// assertCleanedUp wants nothing left: no bot, and no key but one of v0.12 that nobody has seen, of which that is told.
func assertCleanedUp(t *testing.T, d *reference.Deployment, code int, said string) {
	t.Helper()
	bots, keys := d.Remaining()
	assert.Zero(t, bots, said)
	unseen := strings.Count(said, "may have a key that nobody has seen")
	if d.Edition == "v0.10" {
		assert.Zero(t, unseen, "it lists the keys of a user: %s", said)
	}
	assert.LessOrEqual(t, keys, unseen, said)
	assert.Equal(t, map[bool]int{true: 4, false: 0}[unseen > 0], code, said)
	assert.NotContains(t, said, d.AdminToken)
}

// TestKilledWhileAKeyIsMinted kills a run between the request for each of its keys and the answer, which it then never sees.
func TestKilledWhileAKeyIsMinted(t *testing.T) {
	t.Parallel()
	for edition, mintings := range map[string]int64{"v0.10": 4, "v0.12": 5} {
		for at := int64(1); at <= mintings; at++ {
			t.Run(fmt.Sprintf("%s, key %d", edition, at), func(t *testing.T) {
				t.Parallel()
				d := start(t, reference.Options{Edition: edition})
				var n atomic.Int64
				minted := make(chan struct{})
				front := proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/tokens") || n.Add(1) != at {
						return false
					}
					behind := r.Clone(r.Context())
					behind.RequestURI, behind.URL.Scheme, behind.URL.Host = "", "http", strings.TrimPrefix(d.BaseURL, "http://")
					res, err := http.DefaultClient.Do(behind)
					if assert.NoError(t, err) {
						assert.Equal(t, http.StatusCreated, res.StatusCode)
						assert.NoError(t, res.Body.Close())
					}
					close(minted)
					<-r.Context().Done()
					return true
				})
				journals := filepath.Join(t.TempDir(), "journals")
				environ := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}
				cmd := command(t, environ, "run", "--edition", edition, "--target", front, "--journal", journals)
				require.NoError(t, cmd.Start())
				select {
				case <-minted:
				case <-time.After(time.Minute):
					assert.Fail(t, "the run mints fewer keys")
				}
				require.NoError(t, cmd.Process.Kill())
				_ = cmd.Wait() // it was killed
				code, out, stderr := run(t, environ, "cleanup", "--journal", journals)
				assertCleanedUp(t, d, code, out+stderr)
				_, keys := d.Remaining()
				assert.Equal(t, map[string]int{"v0.10": 0, "v0.12": 1}[edition], keys, out)
			})
		}
	}
}
