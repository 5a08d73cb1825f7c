package deployment_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestAGatewayLosesABot: what a gateway answers to a bot beyond the limit says nothing of the limit. One that is lost is sent again;
// if each is, there is no verdict.
func TestAGatewayLosesABot(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		loses   func(n int64) bool
		verdict result.Verdict
	}{
		"the one beyond the limit": {func(n int64) bool { return n == 2 }, result.Pass},
		"several in a row":         {func(n int64) bool { return n >= 2 && n <= 4 }, result.Pass},
		"the first one":            {func(n int64) bool { return n == 1 }, result.Pass},
		"each one":                 {func(int64) bool { return true }, result.Blocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			var posts atomic.Int64
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || r.URL.Path != "/bots" || !row.loses(posts.Add(1)) {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadGateway)
				_, _ = fmt.Fprint(w, `{"detail":"upstream unreachable: ReadError"}`)
				return true
			})
			c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
			c.Allow, c.Only = []spec.Effect{spec.Observe, spec.Write, spec.Bots}, []string{"bots/concurrency-limit"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			require.Len(t, run.Checks, 1)
			assert.Equal(t, row.verdict, run.Checks[0].Verdict, run.Checks[0].Reason+run.Checks[0].Actual)
		})
	}
}
