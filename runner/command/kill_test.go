package command_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

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
			if strings.Contains(out, "a key was being minted") {
				assert.Equal(t, 4, code, out+stderr)
			} else {
				assert.Equal(t, 0, code, out+stderr)
			}
			bots, keys := d.Remaining()
			assert.Zero(t, bots, out)
			assert.LessOrEqual(t, keys, strings.Count(out, "a key was being minted"), out)
			assert.NotContains(t, out, d.AdminToken)
		})
	}
}
