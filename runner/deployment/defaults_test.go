package deployment_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestZeroConfig: who says nothing but what is judged, and what is allowed, gets the defaults, so that a good
// deployment is green.
func TestZeroConfig(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	config := deployment.Config{
		Selection: plan.Selection{Contract: contract, Only: []string{"stream.opens"}},
		Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL}},
		Tenants:   fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}),
	}
	run, err := deployment.Run(t.Context(), config, suites.All(contract))
	require.NoError(t, err)
	assert.Equal(t, []string{"observe", "write"}, run.Target.Allowed)
	config.Allow, config.Tenants = spec.Effects(), fixtures.NewTenants(2, d.AdminToken, fixtures.Keys{})
	run, err = deployment.Run(t.Context(), config, suites.All(contract))
	require.NoError(t, err)
	require.Len(t, run.Clauses, 1)
	assert.Equal(t, result.Pass, run.Clauses[0].Verdict, run.Clauses[0].Reason) // a stream waits for its head and its frames
}

// TestNoCredentials: without any, a bad key that is let through or refused otherwise is found, and one that is refused
// as promised says nothing, since there is no control request. A route that is not there, or a server that fails, is no
// such refusal.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	keyed := func(r *http.Request) bool { return r.Header.Get("X-API-Key") != "" }
	says := func(status int, body string, when func(*http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/auth/me") || !when(r) {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, err := io.WriteString(w, body)
			return assert.NoError(t, err)
		}
	}
	always := func(*http.Request) bool { return true }
	for name, row := range map[string]struct {
		answer           func(http.ResponseWriter, *http.Request) bool
		missing, unknown result.Verdict
		exit             int
	}{
		"let through":      {says(200, `{"user_id": 1}`, func(r *http.Request) bool { return !keyed(r) }), result.Fail, result.Skip, result.ExitBroken},
		"in other words":   {says(401, `{"detail": "Go away"}`, keyed), result.Skip, result.Fail, result.ExitBroken},
		"as promised":      {says(0, "", func(*http.Request) bool { return false }), result.Skip, result.Skip, result.ExitInconclusive},
		"not implemented":  {says(404, `{"detail": "Not Found"}`, always), result.Skip, result.Skip, result.ExitInconclusive},
		"a server's fault": {says(500, `{"detail": "Internal Server Error"}`, keyed), result.Skip, result.Blocked, result.ExitInconclusive},
		"a sign-in page":   {says(302, `{"detail": "Found"}`, keyed), result.Skip, result.Blocked, result.ExitInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			run, err := deployment.Run(t.Context(), deployment.Config{
				Selection: plan.Selection{Contract: contract, Only: []string{"auth/missing-key/getMe", "auth/unknown-key/getMe", "auth/missing-key/listMeetings"}},
				Options:   transport.Options{Target: transport.Target{BaseURL: referencetest.Proxy(t, d.BaseURL, row.answer)}},
			}, suites.All(contract))
			require.NoError(t, err)
			assert.Equal(t, row.exit, run.ExitCode)
			want := map[string]result.Verdict{"auth/missing-key/getMe": row.missing, "auth/unknown-key/getMe": row.unknown, "auth/missing-key/listMeetings": result.Skip}
			for _, check := range run.Checks {
				assert.Equal(t, want[check.ID], check.Verdict, "%s: %s", check.ID, check.Reason)
				if check.Verdict == result.Skip {
					assert.Contains(t, check.Reason, "set VEXA_API_KEY or VEXA_ADMIN_TOKEN")
				}
			}
		})
	}
}

// TestNoAdminToken: the guard of the admin API is looked at without its token too.
func TestNoAdminToken(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	for fault, want := range map[string]result.Verdict{"admin-token-is-401": result.Fail, "admin-missing-token-let-through": result.Fail, "": result.Skip} {
		d := start(t, spec.V012, strings.Fields(fault)...)
		run, err := deployment.Run(t.Context(), deployment.Config{
			Selection: plan.Selection{Contract: contract, Only: []string{"admin/missing-token/getUser"}},
			Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL}},
		}, suites.All(contract))
		require.NoError(t, err)
		require.Len(t, run.Checks, 1)
		assert.Equal(t, want, run.Checks[0].Verdict, "%q: %s", fault, run.Checks[0].Reason)
	}
}

// TestWhoIsMade: with keys alone a run makes no user. With a token beside them it does, and says so.
func TestWhoIsMade(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	d := start(t, spec.V012)
	keys := fixtures.Keys{All: d.Keys.All}
	for name, row := range map[string]struct {
		admin      string
		made, both bool
	}{"keys": {"", false, false}, "both": {d.AdminToken, true, true}} {
		run, err := deployment.Run(t.Context(), deployment.Config{
			Selection: plan.Selection{Contract: contract, Only: []string{"auth.*", "scope.*", "tenancy.*", "admin.*"}},
			Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL}},
			Tenants:   fixtures.NewTenants(3, row.admin, keys),
		}, suites.All(contract))
		require.NoError(t, err)
		made := slices.ContainsFunc(run.Setup, func(e result.Exchange) bool { return e.Operation == "createUser" })
		assert.Equal(t, row.made, made, name)
		assert.Equal(t, row.made, run.OwnKeys, name)
		assert.Equal(t, row.both, strings.Contains(strings.Join(run.Notes, "\n"), "VEXA_ADMIN_TOKEN was given beside keys"), name)
	}
}
