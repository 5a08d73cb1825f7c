package deployment_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestDescribed compares what a target says of itself, as FastAPI writes it, with the edition's document.
func TestDescribed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		text   string
		want   func(t *testing.T, d *result.Described)
	}{
		"nothing":  {404, `{"detail":"Not Found"}`, func(t *testing.T, d *result.Described) { assert.Nil(t, d) }},
		"refused":  {403, `{"openapi":"3.1.0","paths":{"/new":{"post":{}}}}`, func(t *testing.T, d *result.Described) { assert.Nil(t, d) }},
		"a page":   {200, `<html>`, func(t *testing.T, d *result.Described) { assert.Nil(t, d) }},
		"no paths": {200, `{"openapi":"3.1.0"}`, func(t *testing.T, d *result.Described) { assert.Nil(t, d) }},
		"some": {200, `{"openapi":"3.1.0","paths":{
			"/auth/me":{"get":{"responses":{"200":{},"418":{}}},"parameters":[]},
			"/meetings":{"get":{"parameters":[{"in":"query","name":"limit"},{"in":"query","name":"page"},{"in":"header","name":"x"}],"responses":{"200":{},"default":{}}}},
			"/bots/{a}/{b}":{"delete":{"responses":{}}},
			"/new":{"post":{}}}}`, func(t *testing.T, d *result.Described) {
			require.NotNil(t, d)
			assert.Equal(t, []string{"POST /new"}, d.Undocumented)
			assert.Contains(t, d.Missing, "POST /bots")
			assert.NotContains(t, d.Missing, "DELETE /bots/{platform}/{native_meeting_id}", "a parameter's name is the deployment's own affair")
			assert.NotContains(t, d.Missing, "GET /ws", "OpenAPI describes no sockets")
			assert.Equal(t, []string{
				"GET /meetings: it does not describe the query parameter offset", "GET /meetings: it has a query parameter page",
				"GET /auth/me: it describes an answer 418",
			}, d.Differences)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/openapi.json" {
					return false
				}
				w.WriteHeader(row.status)
				fmt.Fprint(w, row.text)
				return true
			})
			c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
			c.Only = []string{"auth/missing-key/getMe"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Zero(t, run.ExitCode, "it is reported, and breaks nothing")
			row.want(t, run.Described)
		})
	}
}
