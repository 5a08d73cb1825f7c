package deployment_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestARightRequestThatIsRefused breaks the clause that promises its acceptance. What else is promised of the operation is
// judged, unless a wrong request is refused in the very same way.
func TestARightRequestThatIsRefused(t *testing.T) {
	t.Parallel()
	const accepted, noIdentity = "agent/invocation-accepted", "agent/invocation-not-conformant/no-identity"
	const event, noName = "agent/event-without-plan", "agent/event-not-conformant/no-name"
	for name, row := range map[string]struct {
		status int
		detail string
		want   map[string]result.Verdict
	}{
		"otherwise": {http.StatusForbidden, "only for trusted callers", map[string]result.Verdict{
			accepted: result.Fail, noIdentity: result.Pass, noName: result.Blocked, // no clause promises that an event is accepted
		}},
		"alike": {http.StatusBadRequest, "Invocation envelope is not conformant", map[string]result.Verdict{
			accepted: result.Fail, noIdentity: result.Blocked, event: result.Blocked,
		}},
		"not": {0, "", map[string]result.Verdict{accepted: result.Pass, noIdentity: result.Pass, event: result.Pass, noName: result.Pass}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			contracts := referencetest.Contract(t, spec.V012)
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				operation, ok := map[string]string{"/invocations": "createInvocation", "/events": "createEvent"}[r.URL.Path]
				if !ok || row.status == 0 || r.Header.Get("X-API-Key") == "" {
					return false
				}
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				if len(contracts.ValidateBody(operation, body)) > 0 || !strings.Contains(string(body), `"plan"`) && operation == "createEvent" {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, `{"detail":"`+row.detail+`"}`)
				return true
			})
			c := config(t, contracts, proxied, d.AdminToken)
			c.Allow, c.Only = spec.Effects(), []string{"agent/invocation-*", "agent/event-*"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			for check, want := range row.want {
				assert.Equal(t, want, verdicts(run)[check], "%s: %+v", check, run.Checks)
			}
		})
	}
}
