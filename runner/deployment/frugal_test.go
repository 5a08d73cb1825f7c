package deployment_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestFrugal counts, on the wire, the requests with the admin token, of which a run may send a dozen (surface.md), and two dozen where it
// may start bots, unless it exhausts.
func TestFrugal(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, row := range []struct {
		edition spec.Edition
		allow   []spec.Effect
		only    []string
		most    int
	}{
		{spec.V010, spec.Effects()[:1], nil, 1},
		{spec.V012, spec.Effects()[:1], nil, 7},
		{spec.V010, observing(), nil, 12},
		{spec.V012, observing(), nil, 12},
		{spec.V010, spec.Effects()[:3], nil, 24},
		{spec.V012, spec.Effects()[:4], nil, 24},
		// What exhausts feeds each operation of the admin API one bad request of each kind: two minutes at 30 a minute.
		{spec.V010, spec.Effects(), nil, 62},
		{spec.V012, spec.Effects(), nil, 72},
		// What is not asked for is not made: the owner, its keys of two scopes, and their end.
		{spec.V010, observing(), []string{"auth.missing-key"}, 5},
		{spec.V012, observing(), []string{"auth.missing-key"}, 5},
		{spec.V012, observing(), []string{"auth/missing-key/getBotsStatus"}, 3},
	} {
		t.Run(fmt.Sprint(row.edition, row.allow, row.only), func(t *testing.T) {
			t.Parallel()
			d := start(t, row.edition)
			var mu sync.Mutex
			var asked []string
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("X-Admin-API-Key") == d.AdminToken {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, r.Method+" "+r.URL.String()+" "+r.UserAgent())
				}
				return false
			})
			c := config(t, referencetest.Contract(t, row.edition), proxied, d.AdminToken)
			c.Allow, c.Only = row.allow, row.only
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitKept, run.ExitCode)
			assert.NotEmpty(t, asked)
			assert.LessOrEqual(t, len(asked), row.most, strings.Join(asked, "\n"))
			_, keys := d.Remaining()
			assert.Zero(t, keys)
		})
	}
}

// TestReadingsOfUsersAreJudgedWithoutAControlRequest: where a dozen requests with the admin token leave none for showing that a reading is
// accepted, one that is let through without it is a broken promise all the same, and one that is refused is no verdict.
func TestReadingsOfUsersAreJudgedWithoutAControlRequest(t *testing.T) {
	t.Parallel()
	const of = "admin/missing-token/getUser"
	for name, row := range map[string]struct {
		allow   []spec.Effect
		faults  []string
		verdict result.Verdict
	}{
		"refused":                         {observing(), nil, result.Skip},
		"let through":                     {observing(), []string{"admin-missing-token-let-through"}, result.Fail},
		"refused, with a control request": {spec.Effects(), nil, result.Pass},
		"and only observed":               {spec.Effects()[:1], nil, result.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012, row.faults...)
			c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
			c.Allow, c.Only = row.allow, []string{"admin/missing-token/*"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, row.verdict, verdicts(run)[of])
			assert.Equal(t, result.Pass, verdicts(run)["admin/missing-token/createUser"])
		})
	}
}
