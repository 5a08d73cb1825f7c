package runner_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner"
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
		front := proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
			if key := r.Header.Get("X-API-Key"); key == "" && r.Header.Get("X-Admin-API-Key") == "" {
				if _, again := seen.LoadOrStore(r.Method+r.URL.Path, true); !again {
					panic(http.ErrAbortHandler)
				}
			}
			return false
		})
		c := config(t, contract(t, edition), front, d.AdminToken)
		c.Allow, c.Only = observing(), []string{"auth.missing-key"}
		run, err := runner.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.ExitKept, run.ExitCode)
		assert.Greater(t, run.Summary.Checks[result.Pass], 10)
		assert.Zero(t, run.Summary.Checks[result.Blocked])
	}
}
