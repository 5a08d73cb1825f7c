package cause_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/result"
)

// TestOwners: each row is a failure, and whose it looks like.
func TestOwners(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		failure failure
		owner   result.Owner
		next    string
	}{
		"a backend that is down":            {failure{clause: "retry.put", operation: "getMe", status: 503, body: `{"detail": "Service unavailable: x"}`, expected: "200 OK"}, result.OwnerSetup, "read its log"},
		"a gateway's own page":              {failure{clause: "envelope.detail", operation: "getMe", status: 502, contentType: "text/html", body: "<p>", expected: "application/json"}, result.OwnerSetup, "read its log"},
		"an outage that was asked for":      {failure{clause: "outage.gateway-error", operation: "getMe", status: 503, contentType: "text/html", body: "<p>", expected: "application/json"}, result.OwnerUnknown, "report it"},
		"a host that the deployment misses": {failure{clause: "retry.put", operation: "getMe", status: 400, body: `{"detail": "Webhook URL hostname could not be resolved"}`, expected: "200 OK"}, result.OwnerSetup, "does not resolve"},
		"a receiver that is private":        {failure{clause: "retry.put", operation: "getMe", status: 400, body: `{"detail": "Webhook URL cannot target internal or private networks"}`, expected: "200 OK"}, result.OwnerSetup, "--webhook-url"},
		"a page of a proxy":                 {failure{clause: "auth.missing-key", operation: "getMe", caller: "no key", status: 403, contentType: "text/html", body: "<h1>no", expected: missing}, result.OwnerSetup, "in front"},
		"an agent that is down":             {failure{clause: "stream.opens", operation: "invoke", status: 200, contentType: "text/event-stream", body: "", expected: "frames of Server-Sent Events"}, result.OwnerSetup, "behind the gateway"},
		"a crash":                           {failure{clause: "bots.wrong-type", operation: "createBot", status: 500, contentType: "text/plain", body: crash, expected: "422 Unprocessable Entity"}, result.OwnerUnknown, "the deployment's log"},
		"another text":                      {failure{clause: "auth.missing-key", operation: "getMe", caller: "no key", status: 401, body: wrongText, expected: missing}, result.OwnerUnknown, "--known"},
		"a known one":                       {failure{clause: "retry.put", operation: "getMe", status: 503, body: `{"detail": "x"}`, expected: "200 OK", known: "an old bug"}, result.OwnerRelease, "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := cause.Of(runOf(row.failure))
			require.Len(t, all, 1)
			assert.Equal(t, row.owner, all[0].Owner)
			assert.Contains(t, all[0].Next, row.next)
		})
	}
	r := runOf(failure{clause: "auth.missing-key", operation: "getMe", caller: "no key", status: 401, body: wrongText, expected: missing})
	r.Checks[0].Expired = "mended soon, until 2020-01-01"
	all := cause.Of(r)
	assert.Equal(t, "mended soon, until 2020-01-01", all[0].Expired)
	assert.Contains(t, all[0].Next, "its excuse is over")
}

// TestAdvice: what the reason for a missing verdict says of the setup.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for text, owner := range map[string]result.Owner{
		"POST /bots was answered 503 {\"detail\": \"x\"}":             result.OwnerSetup,
		"dial tcp: lookup vexa.local: no such host":                   result.OwnerSetup,
		"dial tcp 127.0.0.1:1: connect: connection refused":           result.OwnerSetup,
		"the stream is buffered: a proxy in between holds it back":    result.OwnerSetup,
		"the bot was stopped and has not ended: it is active":         "",
		"POST /bots was answered 422 {\"detail\": \"no such thing\"}": "",
		"a valid key got 504, so a refusal proves nothing":            result.OwnerSetup,
		"GET /auth/me with the new key returns 502":                   result.OwnerSetup,
	} {
		got, next := cause.Advise(text)
		assert.Equal(t, owner, got, text)
		assert.Equal(t, owner == "", next == "", text)
	}
}
