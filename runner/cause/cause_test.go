package cause_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/result"
)

// routes are the operations of the tests.
func routes() []result.Coverage {
	return []result.Coverage{
		{Operation: "createBot", Method: "POST", Path: "/bots"}, {Operation: "getBotsStatus", Method: "GET", Path: "/bots/status"},
		{Operation: "listRecordings", Method: "GET", Path: "/recordings"}, {Operation: "getRecording", Method: "GET", Path: "/recordings/{id}"},
		{Operation: "getMe", Method: "GET", Path: "/auth/me"}, {Operation: "invoke", Method: "POST", Path: "/invocations"},
		{Operation: "sendEvent", Method: "POST", Path: "/events"},
	}
}

// failure is one failing check of a test: what was asked by whom, what came back, and what was expected.
type failure struct {
	check, clause, operation, caller string
	status                           int
	contentType, body, expected      string
	// actual is what came back if nothing else is said.
	actual string
	// at tells exchanges apart; failures with the same one share their exchange.
	at int
	// follows is the status of the exchange that this is a consequence of, with its body; 0 for none.
	follows     int
	followsType string
	known       string
	sent        string
	retry       string
}

const (
	crash     = "Internal Server Error"
	wrongText = `{"detail": "Please log in"}`
	missing   = `401 {"detail": "Missing API key"}`
)

func (f failure) exchange(status int, contentType, body string) result.Exchange {
	headers := result.Header{"Content-Type": {contentType}}
	if contentType == "" {
		headers["Content-Type"] = []string{"application/json"}
	}
	if f.retry != "" {
		headers["Retry-After"] = []string{f.retry}
	}
	return result.Exchange{
		Operation: f.operation, Caller: f.caller, Evidence: true, Started: time.Unix(1_800_000_000, int64(f.at)),
		Request:  result.Request{Method: "POST", URL: "http://target/x", Body: f.sent},
		Response: &result.Response{Status: status, Headers: headers, Body: body}, Curl: "curl http://target/x",
	}
}

func (f failure) result() result.Check {
	actual := f.actual
	if actual == "" {
		actual = fmt.Sprint(f.status, " ", f.body)
	}
	c := result.Check{ID: f.check, Clauses: []string{f.clause}, Verdict: result.Fail, Expected: f.expected, Actual: actual, Known: f.known}
	one := result.Failure{Clause: f.clause, Expected: f.expected, Actual: actual}
	if f.status != 0 {
		c.Exchanges = append(c.Exchanges, f.exchange(f.status, f.contentType, f.body))
		one.Exchange = len(c.Exchanges)
	}
	if f.follows != 0 {
		c.Exchanges = append(c.Exchanges, f.exchange(f.follows, f.followsType, crash))
		one.Follows = len(c.Exchanges)
	}
	c.Failures = []result.Failure{one}
	return c
}

// runOf is a run in which the failures happened, each at its own time unless it says which.
func runOf(failures ...failure) result.Run {
	r := result.Run{Coverage: routes()}
	for i, f := range failures {
		if f.at == 0 {
			f.at = 1000 + i
		}
		if f.check == "" {
			f.check = fmt.Sprintf("suite/check-%d", i)
		}
		r.Checks = append(r.Checks, f.result())
	}
	return r
}

func passes(clause string) result.Check {
	return result.Check{ID: "suite/passes/" + clause, Clauses: []string{clause}, Verdict: result.Pass}
}

// everyOperation is a failure for each operation.
func everyOperation(f failure) []failure {
	var all []failure
	for _, row := range routes() {
		f.operation = row.Operation
		all = append(all, f)
	}
	return all
}

// TestOneCauseIsNotSplit: each row is one root that shows in several places.
func TestOneCauseIsNotSplit(t *testing.T) {
	t.Parallel()
	crashed := failure{operation: "createBot", caller: "owner", status: 500, contentType: "text/plain", body: crash}
	with := func(f failure, clause, expected string) failure {
		f.clause, f.expected = clause, expected
		return f
	}
	leftBehind := failure{
		operation: "createBot", caller: "owner", clause: "envelope.refused-leaves-nothing", status: 409, body: `{"detail": "A bot runs"}`,
		expected: "the same request made right is accepted", follows: 500, followsType: "text/plain",
	}
	for name, row := range map[string]struct {
		failures []failure
		says     string
	}{
		"a crash that breaks four clauses": {
			[]failure{
				with(crashed, "bots.wrong-type", "422 Unprocessable Entity"), with(crashed, "envelope.detail", "application/json, an object with a detail member"),
				with(crashed, "envelope.bad-input-is-not-500", "a client error"), leftBehind,
			},
			"POST /bots answers 500 text/plain `Internal Server Error` to a field of the wrong type",
		},
		"a text of a guard in front of every operation": {
			everyOperation(failure{clause: "auth.missing-key", caller: "no key", status: 401, body: wrongText, expected: missing}),
			`7 operations (such as POST /bots) answer 401 "Please log in" to a request without a key, where "Missing API key" is documented`,
		},
		"a text of a guard for which two clauses are judged": {
			[]failure{
				{clause: "auth.unknown-key", operation: "getMe", caller: "unknown key", status: 401, body: wrongText, expected: `401 {"detail": "Invalid API key"}`},
				{clause: "auth.revoked-key", operation: "createBot", caller: "revoked key", status: 401, body: wrongText, expected: `401 {"detail": "Invalid API key"}`},
			},
			`GET /auth/me and POST /bots answer 401 "Please log in" to a revoked key and to an unknown key, where "Invalid API key" is documented`,
		},
		"a route that no guard stands before": {
			[]failure{
				{clause: "auth.missing-key", operation: "listRecordings", caller: "no key", status: 200, body: "[]", expected: missing},
				{clause: "auth.unknown-key", operation: "listRecordings", caller: "unknown key", status: 200, body: "[]", expected: "401 Unauthorized"},
				{clause: "scope.matrix", operation: "listRecordings", caller: "browser key", status: 200, body: "[]", expected: "a key with only the scope browser is refused"},
			},
			"GET /recordings accepts requests without a key",
		},
		"a route that any scope opens": {
			[]failure{
				{clause: "scope.matrix", operation: "listRecordings", caller: "browser key", status: 200, body: "[]", expected: "a key with only the scope browser is refused"},
				{clause: "scope.matrix", operation: "getRecording", caller: "bot key", status: 404, body: `{"detail": "x"}`, expected: "a key with only the scope bot is refused"},
				{clause: "scope.denied", operation: "getRecording", caller: "bot key", status: 404, body: `{"detail": "x"}`, expected: "403 Forbidden"},
			},
			"GET /recordings and GET /recordings/{id} accept requests with a key that lacks the scope",
		},
		"a revoked key that goes on working everywhere": {
			append(everyOperation(failure{clause: "auth.revoked-key", caller: "revoked key", status: 404, body: `{"detail": "x"}`, expected: "401 Unauthorized"}),
				failure{clause: "auth.revoked-key", operation: "getMe", caller: "revoked key", status: 200, body: "{}", expected: "401 Unauthorized"}),
			"7 operations (such as POST /bots) accept requests with a revoked key",
		},
		"errors in HTML": {
			[]failure{
				{clause: "envelope.detail", operation: "getMe", caller: "no key", status: 404, contentType: "text/html", body: "<p>1", expected: "application/json"},
				{clause: "tenancy.not-found", operation: "getRecording", caller: "other user", status: 404, contentType: "text/html; charset=utf-8", body: "<p>2", expected: "the answer for what does not exist: 404 <p>3"},
			},
			"",
		},
		"a wrong status that two clauses forbid": {
			[]failure{
				{clause: "bots.malformed-id", operation: "createBot", caller: "owner", status: 400, body: `{"detail": "a"}`, expected: "422 Unprocessable Entity"},
				{clause: "bots.wrong-type", operation: "createBot", caller: "owner", status: 400, body: `{"detail": "b", "request_id": "8f"}`, expected: "422 Unprocessable Entity"},
			},
			"POST /bots answers 400 to a field of the wrong type and to a malformed native_meeting_id, where 422 is documented",
		},
		"a guard that refuses the right key on a route": {
			[]failure{
				{clause: "scope.matrix", operation: "createBot", caller: "bot key", status: 403, body: `{"detail": "Not with this"}`, expected: "a key with the scope bot is let through"},
				{clause: "bots.accepted", operation: "createBot", caller: "owner", status: 403, body: `{"detail": "Not with this"}`, expected: "201 Created or 202 Accepted"},
				{clause: "bots.tracked", operation: "getBotsStatus", caller: "owner", status: 403, body: `{"detail": "Not with this"}`, expected: "an entry for the meeting"},
			},
			`GET /bots/status and POST /bots answer 403 "Not with this" to a key by its scope and to a request for a bot, where 201 or 202 is documented`,
		},
		"what is left after a refusal": {
			[]failure{
				{clause: "envelope.refused-leaves-nothing", operation: "createBot", status: 200, body: "[1]", expected: "no bot after 401 {}", follows: 401},
				{clause: "envelope.refused-leaves-nothing", operation: "createBot", status: 200, body: "[2]", expected: "no meeting after the refusal", follows: 422},
			},
			"POST /bots leaves something behind when a request is refused",
		},
		"a backend that is down": {
			[]failure{
				{clause: "outage.gateway-error", operation: "getMe", status: 503, contentType: "text/html", body: "<p>", expected: "application/json"},
				{clause: "envelope.detail", operation: "getMe", status: 503, contentType: "text/html", body: "<p>", expected: "application/json", at: 7},
				{clause: "outage.gateway-error", operation: "getMe", status: 503, contentType: "text/html", body: "<p>", expected: "502, 503 or 504 of GET /auth/me", at: 7},
			},
			"GET /auth/me answers 503 text/html while a backend is down",
		},
		"several texts where one is documented": {
			[]failure{
				{clause: "agent.invocation-not-conformant", operation: "invoke", status: 400, body: `{"detail": "invalid: 'identity' is a required property"}`, expected: `400 {"detail": "Invocation envelope is not conformant"}`},
				{clause: "agent.invocation-not-conformant", operation: "invoke", status: 400, body: `{"detail": "invalid: minimum number of items is 1"}`, expected: `400 {"detail": "Invocation envelope is not conformant"}`},
			},
			`POST /invocations answers 400 "invalid: 'identity' is a required…" to an envelope that is not conformant, where "Invocation envelope is not conformant" is documented`,
		},
		"the same crash of every operation on bad input": {
			append(everyOperation(failure{clause: "envelope.bad-input-is-not-500", caller: "owner", status: 500, contentType: "text/plain", body: crash, expected: "a client error"}),
				everyOperation(failure{clause: "envelope.detail", caller: "owner", status: 500, contentType: "text/plain", body: crash, expected: "application/json"})...),
			"7 operations (such as POST /bots) answer 500 text/plain `Internal Server Error` to bad input",
		},
		"an error that streams carry as it is": {
			[]failure{
				{clause: "stream.opens", operation: "invoke", status: 200, contentType: "text/event-stream", body: `{"detail": "Meeting not found"}`, expected: "frames of Server-Sent Events"},
				{clause: "stream.opens", operation: "sendEvent", status: 200, contentType: "text/event-stream", body: `{"detail": [{"loc": []}]}`, expected: "frames of Server-Sent Events"},
			},
			"POST /events and POST /invocations answer 200 with no frame, but `{\"detail\":…}`",
		},
		"the admin routes": {
			[]failure{{clause: "admin.fronted", operation: "getMe", status: 404, body: `{"detail": "Not Found"}`, expected: "the /admin/ routes at the public base URL"}},
			"the admin routes are not at the public base URL, which answers 404 as for an unknown path",
		},
		"a promise in words": {
			[]failure{{clause: "bots.join-failure-in-status", operation: "getBotsStatus", status: 200, body: `{"count": 11}`, expected: "GET /bots/status shows that the bot failed"}},
			"GET /bots/status does not show a bot that failed to join",
		},
		"a surface that is not there": {
			[]failure{
				{clause: "agent.fronted", operation: "invoke", status: 404, body: `{"detail": "Not Found"}`, expected: "POST /invocations at the public base URL"},
				{clause: "agent.fronted", operation: "sendEvent", status: 404, body: `{"detail": "Not Found"}`, expected: "POST /events at the public base URL"},
			},
			"POST /events and POST /invocations are not at the public base URL, which answers 404 as for an unknown path",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := cause.Of(runOf(row.failures...))
			require.Len(t, all, 1, "%v", sentences(all))
			if row.says != "" {
				assert.Equal(t, row.says, all[0].Sentence)
			}
			assert.Len(t, all[0].Checks, len(row.failures))
			require.NotNil(t, all[0].Exchange)
			for _, f := range row.failures {
				assert.Contains(t, all[0].Clauses, f.clause)
			}
		})
	}
}

// TestCausesAreNotMerged: each row is as many roots as it has failures.
func TestCausesAreNotMerged(t *testing.T) {
	t.Parallel()
	refused := failure{clause: "auth.missing-key", operation: "getMe", caller: "no key", status: 401, expected: missing}
	text := func(f failure, body string) failure {
		f.body = body
		return f
	}
	for name, failures := range map[string][]failure{
		"a crash and an id that is not looked at": {
			{clause: "bots.wrong-type", operation: "createBot", status: 500, contentType: "text/plain", body: crash, expected: "422 Unprocessable Entity"},
			{clause: "bots.malformed-id", operation: "createBot", status: 201, body: "{}", expected: "422 Unprocessable Entity"},
		},
		"an id that is not looked at and a second bot": {
			{clause: "bots.malformed-id", operation: "createBot", status: 201, body: "{}", expected: "422 Unprocessable Entity"},
			{clause: "bots.duplicate", operation: "createBot", status: 201, body: "{}", expected: "409 Conflict"},
		},
		"two wrong texts": {text(refused, wrongText), text(refused, `{"detail": "Who are you?"}`)},
		"a crash of one operation and one of another": {
			{clause: "envelope.bad-input-is-not-500", operation: "createBot", status: 500, body: `{"detail": "x"}`, expected: "a client error"},
			{clause: "envelope.bad-input-is-not-500", operation: "getRecording", status: 500, body: `{"detail": "y"}`, expected: "a client error"},
		},
		"a crash on bad input and one that breaks another promise": {
			{clause: "bots.wrong-type", operation: "createBot", status: 500, contentType: "text/plain", body: crash, expected: "422 Unprocessable Entity"},
			{clause: "envelope.bad-input-is-not-500", operation: "getRecording", status: 500, contentType: "text/plain", body: crash, expected: "a client error"},
		},
		"two wrong texts of two operations": {
			{clause: "agent.invocation-not-conformant", operation: "invoke", status: 400, body: `{"detail": "a"}`, expected: `400 {"detail": "Invocation envelope is not conformant"}`},
			{clause: "agent.event-not-conformant", operation: "sendEvent", status: 400, body: `{"detail": "b"}`, expected: `400 {"detail": "Event is not conformant"}`},
		},
		"a stream with a raw detail and one that is empty": {
			{clause: "stream.opens", operation: "invoke", status: 200, contentType: "text/event-stream", body: `{"detail": "x"}`, expected: "frames of Server-Sent Events"},
			{clause: "stream.opens", operation: "sendEvent", status: 200, contentType: "text/event-stream", body: "", expected: "frames of Server-Sent Events"},
		},
		"a crash in text and one in JSON": {
			{clause: "envelope.bad-input-is-not-500", operation: "createBot", status: 500, body: `{"detail": "x"}`, expected: "a client error"},
			{clause: "bots.wrong-type", operation: "createBot", status: 500, contentType: "text/plain", body: crash, expected: "422 Unprocessable Entity"},
		},
		"two routes that let the wrong scope in": {
			{clause: "scope.matrix", operation: "listRecordings", caller: "browser key", status: 200, body: "[]", expected: "a key with only the scope browser is refused"},
			{clause: "scope.matrix", operation: "createBot", caller: "browser key", status: 422, body: `{"detail": "x"}`, expected: "a key with only the scope browser is refused"},
		},
		"a wrong text of a guard and a route that it does not stand before": {
			text(refused, wrongText), {clause: "auth.missing-key", operation: "invoke", caller: "no key", status: 422, body: `{"detail": "x"}`, expected: missing},
		},
		"a detail that is an object and none at all": {
			{clause: "envelope.detail-is-text", operation: "getMe", status: 404, body: `{"detail": {}}`, expected: "detail is a text"},
			{clause: "envelope.detail", operation: "getMe", status: 404, body: `{"error": "x"}`, expected: "an object with a detail member"},
		},
		"an error of one name and of another": {
			{clause: "envelope.detail", operation: "getMe", status: 404, body: `{"message": "x"}`, expected: "an object with a detail member"},
			{clause: "envelope.detail", operation: "getMe", status: 404, body: `{"error": "x"}`, expected: "an object with a detail member"},
		},
		"a guard that lets somebody in, and how what is behind it says no": {
			{clause: "scope.denied", operation: "getRecording", caller: "tx key", status: 404, contentType: "text/html", body: "<p>", expected: "403 Forbidden", at: 5},
			{clause: "envelope.detail", operation: "getRecording", caller: "tx key", status: 404, contentType: "text/html", body: "<p>", expected: "application/json", at: 5},
		},
		"two things that one list shows": {
			{clause: "bots.tracked", operation: "getBotsStatus", status: 200, body: "[]", expected: "an entry for the meeting", at: 5},
			{clause: "tenancy.not-found", operation: "getBotsStatus", status: 200, body: "[]", expected: "the list shows nobody else's", at: 5},
		},
		"a throttled response without Retry-After and one with a wrong one": {
			{clause: "rate.throttled", operation: "getMe", status: 429, body: `{"detail": "x"}`, expected: "429 Too Many Requests with Retry-After in seconds"},
			{clause: "rate.throttled", operation: "getMe", status: 429, body: `{"detail": "x"}`, expected: "429 Too Many Requests with Retry-After in seconds", retry: "soon"},
		},
		"two checks that no exchange shows": {
			{check: "tenancy/meeting", clause: "tenancy.not-found", expected: "nothing has changed: {1}", actual: "{2}"},
			{check: "tenancy/recording", clause: "tenancy.not-found", expected: "nothing has changed: {1}", actual: "{2}"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runOf(failures...)
			for _, clause := range []string{"scope.matrix", "auth.missing-key"} {
				r.Checks = append(r.Checks, passes(clause))
			}
			all := cause.Of(r)
			assert.Len(t, all, len(failures), "%v", sentences(all))
			ids := map[string]bool{}
			for _, c := range all {
				assert.Regexp(t, regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), c.ID)
				ids[c.ID] = true
			}
			assert.Len(t, ids, len(all), "each has an id of its own")
		})
	}
}

func sentences(all []result.Cause) []string {
	var texts []string
	for _, c := range all {
		texts = append(texts, c.ID+": "+c.Sentence)
	}
	return texts
}
