package deployment_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// gateway stands before a reference as that of v0.12.23 does: it has no admin API, no invocations and no events, looks
// at the key for everything below /agent/, and does not implement two operations.
func gateway(t *testing.T, d *reference.Deployment) string {
	t.Helper()
	config := regexp.MustCompile(`^/bots/[^/]+/[^/]+/config$`)
	agent := regexp.MustCompile(`^/agent/(chat|meeting/stream|workspace/(init|file))$`)
	return referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		path, keyed := r.URL.EscapedPath(), r.Header.Get("X-API-Key") != ""
		switch {
		case strings.HasPrefix(path, "/admin/"), path == "/invocations", path == "/events",
			r.Method == http.MethodPut && config.MatchString(path), strings.HasPrefix(path, "/agent/") && keyed && !agent.MatchString(path):
			problem(w, http.StatusNotFound, "Not Found")
		case strings.HasPrefix(path, "/agent/") && !keyed:
			problem(w, http.StatusUnauthorized, "Missing API key")
		case r.Method == http.MethodDelete && strings.HasPrefix(path, "/recordings/"):
			problem(w, http.StatusMethodNotAllowed, "Method Not Allowed")
		default:
			return false
		}
		return true
	})
}

// openAgent is an agent API that trusts its network: it takes requests without a key.
func openAgent(t *testing.T, d *reference.Deployment) string {
	t.Helper()
	return referencetest.Proxy(t, d.AgentURL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/invocations" && r.URL.Path != "/events" {
			problem(w, http.StatusNotFound, "Not Found")
			return true
		}
		r.Header.Set("X-API-Key", d.Keys.All)
		return false
	})
}

// TestRoutesInTheField: what a gateway does not have, or does not implement, and an internal port that needs no key,
// each break one clause or none, and leave no other clause without a verdict.
func TestRoutesInTheField(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for name, row := range map[string]struct {
		agent   bool
		skipped []string
		notes   []string
	}{
		"with the agent's own port": {true, nil, []string{"the agent API at", "takes requests without a key (POST /invocations: 400)"}},
		"without it": {false, []string{
			"agent.invocation-not-conformant", "agent.invocation-accepted", "agent.event-not-conformant", "agent.event-without-plan",
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			c := config(t, referencetest.Contract(t, spec.V012), gateway(t, d), d.AdminToken)
			c.Target.AdminURL = d.AdminURL
			if row.agent {
				c.Target.AgentURL = openAgent(t, d)
			}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, []string{"admin.fronted", "agent.fronted"}, clausesThat(run, result.Fail))
			assert.Empty(t, clausesThat(run, result.Blocked), reasonsOf(run, result.Blocked))
			skips := clausesThat(run, result.Skip)
			for _, clause := range row.skipped {
				assert.Contains(t, skips, clause)
			}
			for _, clause := range []string{"auth.missing-key", "auth.revoked-key", "scope.denied", "scope.matrix", "tenancy.not-found", "admin.missing-token"} {
				assert.NotContains(t, skips, clause, "other operations show it")
			}
			assertGuards(t, run)
			notes := strings.Join(run.Notes, "\n")
			for _, note := range append(row.notes,
				"not implemented here: ",
				"DELETE /recordings/{recording_id} (405, as an unknown method)",
				"PUT /bots/{platform}/{native_meeting_id}/config (404, as an unknown path)",
			) {
				assert.Equal(t, 1, strings.Count(notes, note), "%s in %s", note, notes)
			}
			assert.Equal(t, row.agent, strings.Contains(notes, "the agent API"), notes)
			assert.NotContains(t, notes, "the admin API", "it has a guard")
		})
	}
}

// assertGuards wants no guard judged at the agent's own port, and that of the admin API at its own.
func assertGuards(t *testing.T, run result.Run) {
	t.Helper()
	guards := 0
	for _, check := range run.Checks {
		switch {
		case strings.HasPrefix(check.ID, "auth/") || strings.HasPrefix(check.ID, "scope/"):
			if strings.Contains(check.ID, "/createInvocation") || strings.Contains(check.ID, "/createEvent") {
				guards++
				assert.Equal(t, result.Skip, check.Verdict, check.ID)
				assert.Contains(t, check.Reason, "is not at the public URL (see agent.fronted)", check.ID)
			}
		case strings.HasPrefix(check.ID, "admin/missing-token/"):
			guards++
			assert.Equal(t, result.Pass, check.Verdict, "%s: %s", check.ID, check.Reason)
		}
	}
	assert.Greater(t, guards, 10)
}

// TestGuardsAtThePublicURL: what a gateway guards is judged there, although the port behind it takes requests without a
// key.
func TestGuardsAtThePublicURL(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Target.AdminURL, c.Target.AgentURL = d.AdminURL, openAgent(t, d)
	c.Allow = observing()
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitKept, run.ExitCode)
	assert.Empty(t, clausesThat(run, result.Blocked), reasonsOf(run, result.Blocked))
	for _, id := range []string{"auth/missing-key/createInvocation", "scope/denied/createEvent/browser", "admin/missing-token/getUser"} {
		assert.Equal(t, result.Pass, verdicts(run)[id], id)
	}
}

// TestARouteOfThePageThatIsNotThere breaks the clause that promises it, and no other one.
func TestARouteOfThePageThatIsNotThere(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V010)
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		gone := r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/recordings/")
		if gone {
			problem(w, http.StatusMethodNotAllowed, "Method Not Allowed")
		}
		return gone
	})
	c := config(t, referencetest.Contract(t, spec.V010), proxied, d.AdminToken)
	c.Allow = spec.Effects()[:4]
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, []string{"retry.delete-recording"}, clausesThat(run, result.Fail))
	assert.Empty(t, clausesThat(run, result.Blocked), reasonsOf(run, result.Blocked))
	assert.Equal(t, result.Pass, verdicts(run)["tenancy/recording"], "GET /recordings/{recording_id} is judged without it")
	assert.NotContains(t, strings.Join(run.Notes, "\n"), "not implemented here", "the clause says it")
}

func clausesThat(run result.Run, v result.Verdict) []string {
	all := []string{}
	for _, clause := range run.Clauses {
		if clause.Verdict == v {
			all = append(all, clause.ID)
		}
	}
	return all
}

func reasonsOf(run result.Run, v result.Verdict) string {
	var all []string
	for _, check := range run.Checks {
		if check.Verdict == v {
			all = append(all, fmt.Sprintf("%s: %s", check.ID, check.Reason))
		}
	}
	return strings.Join(all, "\n")
}
