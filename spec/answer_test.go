package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestKindsOfAnswers goes through a status of each kind and its neighbours.
func TestKindsOfAnswers(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(spec.Response) bool{
		"success": spec.Response.Success, "redirect": spec.Response.Redirect, "client": spec.Response.ClientError, "server": spec.Response.ServerError,
		"gateway": spec.Response.GatewayError, "throttled": spec.Response.Throttled, "unauthorized": spec.Response.Unauthorized,
	}
	for status, want := range map[int][]string{
		0: nil, 101: nil, 199: nil, 200: {"success"}, 299: {"success"}, 300: {"redirect"}, 399: {"redirect"}, 400: {"client"},
		401: {"client", "unauthorized"}, 402: {"client"}, 403: {"client", "unauthorized"}, 404: {"client"}, 428: {"client"}, 429: {"client", "throttled"}, 499: {"client"},
		500: {"server"}, 501: {"server"}, 502: {"gateway", "server"}, 503: {"gateway", "server"}, 504: {"gateway", "server"}, 505: {"server"}, 599: {"server"}, 600: nil,
	} {
		var got []string
		for kind, is := range kinds {
			if is(spec.Response{Status: status}) {
				got = append(got, kind)
			}
		}
		assert.ElementsMatch(t, want, got, status)
	}
}

func TestKeysOfScopes(t *testing.T) {
	t.Parallel()
	var callers []spec.Caller
	for _, s := range spec.Scopes() {
		callers = append(callers, spec.KeyOf(s))
	}
	assert.Equal(t, []spec.Caller{spec.BotKey, spec.TxKey, spec.BrowserKey}, callers)
}

// TestRefuses looks at the status alone: what the rest of a refusal must be is another clause's.
func TestRefuses(t *testing.T) {
	t.Parallel()
	c := load(t, spec.V012)
	me := operation(t, c, "getMe")
	assert.True(t, c.Refuses(me, "auth.missing-key", answer(401, "text/html", "<h1>")))
	assert.False(t, c.Refuses(me, "auth.missing-key", answer(403, "application/json", `{"detail":"Missing API key"}`)))
	assert.False(t, c.Refuses(me, "bots.accepted", answer(401, "", "")), "the operation has no such condition")
}

// TestWhyIsTheEditions has an edition's own reason win over the clause's, and the clause's hold where it has none.
func TestWhyIsTheEditions(t *testing.T) {
	t.Parallel()
	for edition, why := range map[spec.Edition]string{spec.V010: "it does not name the header", spec.V012: ""} {
		clause, ok := load(t, edition).Clause("rate.throttled")
		require.True(t, ok)
		if why == "" {
			assert.Empty(t, clause.Why, edition)
		}
		assert.Contains(t, clause.Why, why, edition)
	}
	clause, ok := load(t, spec.V010).Clause("webhook.retried")
	require.True(t, ok)
	assert.Contains(t, clause.Why, "best effort")
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		c := load(t, edition)
		seen := map[string]int{}
		for _, name := range c.Capabilities() {
			seen[name]++
		}
		for _, op := range c.Operations() {
			if op.Capability != "" {
				assert.Equal(t, 1, seen[op.Capability], "%s of %s: each is named once", op.Capability, edition)
			}
		}
		assert.NotContains(t, seen, "", edition)
		assert.Contains(t, seen, "recordings", edition)
	}
}

// TestPathsOfOtherParameters: what stands in the query before it hides no parameter of the path.
func TestPathsOfOtherParameters(t *testing.T) {
	t.Parallel()
	op := &spec.Operation{Method: "GET", Path: "/a/{id}", Params: []spec.Param{{Name: "limit", In: "query"}, {Name: "id", In: "path"}}}
	path, err := op.URLPath(map[string]string{"id": "7"})
	require.NoError(t, err)
	assert.Equal(t, "/a/7", path)
}
