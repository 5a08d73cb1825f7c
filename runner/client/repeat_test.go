package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/client"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// TestRepeat runs a client that honours Retry-After in some runs and not in others.
func TestRepeat(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		script string // of each run; $RUN is a file that lives as long as the test
		exit   int
		notes  []string
	}{
		"the same each time": {`curl -fsS -H "X-API-Key: $VEXA_API_KEY" "$VEXA_BASE_URL/bots/status"`,
			result.ExitKept, []string{"all 3 runs gave each check the same verdict"}},
		// Each run runs the command twice: where nothing is wrong, and for the check. The sixth time it says that 400 is a success.
		"broken in the last run": {`echo >> "$RUN"
			curl -fsS -H "X-API-Key: $VEXA_API_KEY" "$VEXA_BASE_URL/bots/status" && exit 0
			test $(wc -l < "$RUN") -lt 6 && exit 1
			exit 0`, result.ExitBroken, []string{"client/never-retries-client-errors/400/read-status changed in 3 runs: pass 2, fail 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := filepath.Join(t.TempDir(), "client.sh")
			text := strings.ReplaceAll(row.script, "$RUN", filepath.Join(t.TempDir(), "runs"))
			require.NoError(t, os.WriteFile(script, []byte(text), 0o600))
			run, err := client.Repeat(t.Context(), client.Config{
				Selection: plan.Selection{
					Contract: referencetest.Contract(t, spec.V010), Actions: []fixtures.Action{fixtures.ReadStatus}, Strength: spec.Should,
					Only: []string{"client/never-retries-client-errors/400/read-status"},
				},
				Command: []string{"sh", script}, Parallel: 1, Patience: clientPatience,
			}, 3)
			require.NoError(t, err)
			assert.Equal(t, row.exit, run.ExitCode)
			assert.Equal(t, row.notes, run.Notes)
		})
	}
}
