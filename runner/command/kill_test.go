package command_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// moment is when a run is killed: as its nth request comes, or once that was done and its answer is on the way, which is never seen.
type moment struct {
	edition  string
	n        int64
	answered bool
}

func (m moment) String() string {
	return fmt.Sprintf("%s at request %d, answered %t", m.edition, m.n, m.answered)
}

// moments are some that were trouble once or that one would think of, and for each edition a few by chance. A whole run of either has
// some 450 requests; where chance is beyond the end, the run ends by itself and leaves nothing.
func moments(seed uint64) []moment {
	var all []moment
	for i, n := range []int64{2, 4, 7, 12, 60, 150, 250, 400} {
		all = append(all, moment{[]string{"v0.10", "v0.12"}[i%2], n, false})
	}
	chance := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		for _, edition := range []string{"v0.10", "v0.12"} {
			all = append(all, moment{edition, 1 + chance.Int64N(450), chance.IntN(2) == 0})
		}
	}
	return all
}

// TestCleanupAfterAKill kills real runs (SIGKILL) at some of their requests, and has cleanup delete what they left.
// KILL_SEED repeats the moments that an earlier test chose by chance.
func TestCleanupAfterAKill(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	seed := rand.Uint64()
	if given := os.Getenv("KILL_SEED"); given != "" {
		_, err := fmt.Sscan(given, &seed)
		require.NoError(t, err)
	}
	for _, m := range moments(seed) {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			t.Logf("KILL_SEED=%d", seed)
			d := start(t, reference.Options{Edition: m.edition})
			var n atomic.Int64
			reached := make(chan struct{})
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				if n.Add(1) != m.n {
					return false
				}
				if m.answered {
					unseen(t, d, r, reached)
				} else {
					close(reached)
				}
				return m.answered
			})
			code, said := killed(t, d, reached, "--target", proxied, "--allow", "observe,write,bots", "--only", "bots.*,tenancy.*,envelope.*,scope.*")
			assertCleanedUp(t, d, code, said)
		})
	}
}

// unseen has a request done, and holds the answer back until nobody is there any more to see it.
func unseen(t *testing.T, d *reference.Deployment, r *http.Request, done chan<- struct{}) (status int) {
	defer func() {
		close(done)
		<-r.Context().Done()
	}()
	return arrives(t, d, r)
}

// killed runs until it is reached that the run is to be killed, or until the run ends, and says what cleanup did then.
func killed(t *testing.T, d *reference.Deployment, reached <-chan struct{}, args ...string) (code int, said string) {
	t.Helper()
	journals, environ := filepath.Join(t.TempDir(), "journals"), []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}
	killRun(t, d, reached, environ, journals, args...)
	code, out, stderr := run(t, environ, "cleanup", "--journal", journals)
	return code, out + stderr
}

// killRun runs until it is reached that the run is to be killed, or until the run ends.
func killRun(t *testing.T, d *reference.Deployment, reached <-chan struct{}, environ []string, journals string, args ...string) {
	t.Helper()
	cmd := command(t, environ, append([]string{"run", "--edition", d.Edition, "--journal", journals}, args...)...)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-reached:
		_ = cmd.Process.Kill() // unless it has just ended
		<-ended
	case <-ended:
	}
}

// assertCleanedUp wants nothing left: no bot, no plan, and no key, except one of v0.12 that nobody has seen, which the run reports.
func assertCleanedUp(t *testing.T, d *reference.Deployment, code int, said string) {
	t.Helper()
	bots, keys := d.Remaining()
	assert.Zero(t, bots, said)
	assert.Zero(t, d.Plans(), said)
	assert.Zero(t, d.Recordings(), said)
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
	referencetest.Long(t)
	t.Parallel()
	const mintings = 4
	for _, edition := range []string{"v0.10", "v0.12"} {
		for at := int64(1); at <= mintings; at++ {
			t.Run(fmt.Sprintf("%s, key %d", edition, at), func(t *testing.T) {
				t.Parallel()
				d := start(t, reference.Options{Edition: edition})
				var n atomic.Int64
				minted := make(chan struct{})
				proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/tokens") || n.Add(1) != at {
						return false
					}
					assert.Equal(t, http.StatusCreated, unseen(t, d, r, minted))
					return true
				})
				args := []string{"--target", proxied}
				if edition == "v0.12" {
					args = append(args, "--skip", "admin/mint-*,admin/*/mintToken") // which mint nothing
				}
				code, said := killed(t, d, minted, args...)
				assert.GreaterOrEqual(t, n.Load(), at, "the run minted that many keys")
				assertCleanedUp(t, d, code, said)
				_, keys := d.Remaining()
				assert.Equal(t, map[string]int{"v0.10": 0, "v0.12": 1}[edition], keys, said)
				assert.Equal(t, keys, strings.Count(said, "may have a key that nobody has seen"), said)
			})
		}
	}
}
