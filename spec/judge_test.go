package spec_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

func answer(status int, contentType, body string, headers ...string) spec.Response {
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return spec.Response{Status: status, Header: h, Body: []byte(body)}
}

func operation(t *testing.T, c *spec.Contract, id string) *spec.Operation {
	t.Helper()
	op, ok := c.Operation(id)
	require.True(t, ok, id)
	return op
}

func TestMatch(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	for _, row := range []struct {
		name, operation, clause string
		edition                 spec.Edition
		answer                  spec.Response
		fits                    bool
	}{
		{"to the letter", "getMe", "auth.missing-key", spec.V012, answer(401, js, `{"detail":"Missing API key"}`), true},
		{"other members", "getMe", "auth.missing-key", spec.V012, answer(401, js, `{"x":1,"detail":"Missing API key"}`), true},
		{"other words", "getMe", "auth.missing-key", spec.V012, answer(401, js, `{"detail":"missing api key"}`), false},
		{"the other edition's words", "getMe", "auth.missing-key", spec.V010, answer(401, js, `{"detail":"Missing API key"}`), false},
		{"a neighbour status", "getMe", "auth.missing-key", spec.V012, answer(403, js, `{"detail":"Missing API key"}`), false},
		{"no JSON", "getMe", "auth.missing-key", spec.V012, answer(401, "text/plain", `Missing API key`), true}, // envelope.detail's
		{"a list of words", "getMe", "auth.missing-key", spec.V012, answer(401, js, `{"detail":["Missing API key"]}`), true},
		{"a list where a failed validation has one", "mintToken", "admin.mint-invalid-scope", spec.V012,
			answer(422, js, `{"detail":[{"type":"x","loc":["query"],"msg":"y"}]}`), false},
		{"no promised words", "getMe", "auth.unknown-key", spec.V010, answer(401, js, `{"detail":"whatever"}`), true},
		{"one of two", "createBot", "bots.accepted", spec.V012, answer(201, js, `{}`), true},
		{"the other of two", "createBot", "bots.accepted", spec.V012, answer(202, js, `{}`), true},
		{"neither", "createBot", "bots.accepted", spec.V012, answer(200, js, `{}`), false},
		{"the only one", "createBot", "bots.accepted", spec.V010, answer(201, js, `{}`), false},
		{"without a body", "deleteToken", "admin.delete-token", spec.V012, answer(204, "", ""), true},
		{"seconds", "getMe", "rate.throttled", spec.V010, answer(429, js, `{"detail":"x"}`, "Retry-After", "3"), true},
		{"a date", "getMe", "rate.throttled", spec.V010, answer(429, js, `{"detail":"x"}`, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"), true},
		{"no header", "getMe", "rate.throttled", spec.V010, answer(429, js, `{"detail":"x"}`), false},
		{"seconds in v0.12.23", "getMe", "rate.throttled", "v0.12.23", answer(429, js, `{"detail":"x"}`, "Retry-After", " 3 "), true},
		{"a date in v0.12.23", "getMe", "rate.throttled", "v0.12.23", answer(429, js, `{"detail":"x"}`, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"), false},
		{"no time", "getMe", "rate.throttled", spec.V010, answer(429, js, `{"detail":"x"}`, "Retry-After", "soon"), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := load(t, row.edition)
			m, err := c.Match(operation(t, c, row.operation), row.clause, row.answer)
			require.NoError(t, err)
			if row.fits {
				assert.Nil(t, m)
				return
			}
			require.NotNil(t, m)
			assert.Equal(t, row.clause, m.Clause)
			assert.NotEmpty(t, m.Expected)
			assert.NotEmpty(t, m.Actual)
		})
	}
}

func TestMatchKnowsWhatTheDocumentDoesNotSay(t *testing.T) {
	t.Parallel()
	c := load(t, spec.V010)
	_, err := c.Match(operation(t, c, "getMe"), "bots.accepted", answer(200, "", ""))
	assert.ErrorContains(t, err, "no condition bots.accepted at getMe")
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	list := `{"detail":[{"type":"missing","loc":["body","x"],"msg":"Field required"}]}`
	for _, row := range []struct {
		name    string
		edition spec.Edition
		op      string
		answer  spec.Response
		broken  []string
	}{
		{"an error as promised", spec.V012, "getMe", answer(404, js, `{"detail":"not found"}`), nil},
		{"with a charset", spec.V012, "getMe", answer(404, "Application/JSON; charset=utf-8", `{"detail":"x"}`), nil},
		{"a success", spec.V012, "getMe", answer(200, "text/plain", `hello`), nil},
		{"a redirect", spec.V012, "getMe", answer(307, "text/html", `<a>`), nil},
		{"a method not allowed", spec.V012, "getMe", answer(405, "text/html", `no`), nil},
		{"a text", spec.V012, "getMe", answer(404, "text/plain", `not found`), []string{"envelope.detail"}},
		{"JSON under another name", spec.V012, "getMe", answer(404, "text/html", `{"detail":"x"}`), []string{"envelope.detail"}},
		{"no body", spec.V012, "getMe", answer(404, js, ``), []string{"envelope.detail"}},
		{"cut short", spec.V012, "getMe", answer(404, js, `{"detail":"x"`), []string{"envelope.detail"}},
		{"a list", spec.V012, "getMe", answer(404, js, `["x"]`), []string{"envelope.detail"}},
		{"another member", spec.V012, "getMe", answer(404, js, `{"error":"x"}`), []string{"envelope.detail"}},
		{"an empty detail", spec.V012, "getMe", answer(404, js, `{"detail":""}`), []string{"envelope.detail-is-text"}},
		{"a blank detail", spec.V012, "getMe", answer(404, js, `{"detail":" \n"}`), []string{"envelope.detail-is-text"}},
		{"a null detail", spec.V012, "getMe", answer(404, js, `{"detail":null}`), []string{"envelope.detail-is-text"}},
		{"a list outside of 422", spec.V012, "getMe", answer(400, js, list), []string{"envelope.detail-is-text"}},
		{"a list at 422", spec.V012, "getMe", answer(422, js, list), nil},
		{"a text at 422", spec.V012, "getMe", answer(422, js, `{"detail":"Invalid scope(s)"}`), nil},
		{"an empty text at 422", spec.V012, "getMe", answer(422, js, `{"detail":""}`), []string{"envelope.detail-is-text"}},
		{"an empty list at 422", spec.V012, "getMe", answer(422, js, `{"detail":[]}`), []string{"envelope.validation-detail-is-list"}},
		{"no loc", spec.V012, "getMe", answer(422, js, `{"detail":[{"type":"x","msg":"y"}]}`), []string{"envelope.validation-detail-is-list"}},
		{"no msg", spec.V012, "getMe", answer(422, js, `{"detail":[{"type":"x","loc":[]}]}`), []string{"envelope.validation-detail-is-list"}},
		{"no type", spec.V012, "getMe", answer(422, js, `{"detail":[{"msg":"y","loc":[]}]}`), []string{"envelope.validation-detail-is-list"}},
		{"one good entry of two", spec.V012, "getMe", answer(422, js, `{"detail":[{"type":"x","msg":"y","loc":[]},{}]}`), []string{"envelope.validation-detail-is-list"}},
		{"a loc that is a text", spec.V012, "getMe", answer(422, js, `{"detail":[{"type":"x","msg":"y","loc":"z"}]}`), []string{"envelope.validation-detail-is-list"}},
		{"an object at 422", spec.V012, "getMe", answer(422, js, `{"detail":{}}`), []string{"envelope.validation-detail-is-list"}},
		{"an unlisted error", spec.V012, "getMe", answer(418, js, `{"detail":"x"}`), []string{"envelope.documented-status"}},
		{"an unlisted success", spec.V012, "getMe", answer(203, js, `{}`), []string{"envelope.documented-status"}},
		{"503 is v0.10's", spec.V010, "getMe", answer(503, js, `{"detail":"x"}`), nil},
		{"503 is not v0.12's", spec.V012, "getMe", answer(503, js, `{"detail":"x"}`), []string{"envelope.documented-status"}},
		{"201 is v0.12's", spec.V012, "getMe", answer(201, js, `{}`), nil},
		{"201 is not v0.10's", spec.V010, "getMe", answer(201, js, `{}`), []string{"envelope.documented-status"}},
		{"the v0.10 page does not speak of admins", spec.V010, "createUser", answer(201, js, `{}`), nil},
		{"the v0.12 page does", spec.V012, "createUser", answer(203, js, `{}`), []string{"envelope.documented-status"}},
		{"a server error's detail", spec.V010, "getMe", answer(500, js, `{"detail":{}}`), nil},
		{"a server error in HTML", spec.V010, "getMe", answer(502, "text/html", `<h1>`), []string{"envelope.detail"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := load(t, row.edition)
			var broken []string
			for _, m := range c.Envelope(operation(t, c, row.op), row.answer) {
				broken = append(broken, m.Clause)
			}
			assert.Equal(t, row.broken, broken)
		})
	}
}

func TestPassed(t *testing.T) {
	t.Parallel()
	c := load(t, spec.V012)
	for status, passed := range map[int]bool{
		200: true, 204: true, 404: true, 422: true, 400: true, 409: true,
		401: false, 403: false, 405: false, 429: false, 500: false, 503: false, 302: false,
	} {
		assert.Equal(t, passed, c.Passed(answer(status, "", "")), status)
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	c := load(t, spec.V012)
	me := operation(t, c, "getMe")
	const js = "application/json"
	assert.Empty(t, c.Drift(me, answer(200, js, `{"user_id":1,"email":"a","scopes":["bot"],"max_concurrent":3,"more":true}`)))
	assert.Equal(t, []string{`/user_id: value must be an integer`}, c.Drift(me, answer(200, js, `{"user_id":"1","email":"a","scopes":["bot"],"max_concurrent":3}`)))
	assert.Equal(t, []string{`/scopes/*: value is not one of the allowed values ["bot","tx","browser"]`},
		c.Drift(me, answer(200, js, `{"user_id":1,"email":"a","scopes":["root","sudo"],"max_concurrent":3}`)))
	assert.Len(t, c.Drift(me, answer(200, js, `{}`)), 4)
	assert.Equal(t, []string{"the document has no answer 203 here"}, c.Drift(me, answer(203, js, `{}`)))
	assert.NotEmpty(t, c.Drift(me, answer(200, "text/html", `<h1>`)))
	assert.Equal(t, []string{"unexpected EOF"}, c.Drift(me, answer(200, js, `{`)), "the cause alone")
}

func TestURLPath(t *testing.T) {
	t.Parallel()
	c := load(t, spec.V012)
	op := operation(t, c, "stopBot")
	path, err := op.URLPath(map[string]string{"platform": "zoom", "native_meeting_id": "a/b c"})
	require.NoError(t, err)
	assert.Equal(t, "/bots/zoom/a%2Fb%20c", path)
	_, err = op.URLPath(map[string]string{"platform": "zoom"})
	assert.ErrorContains(t, err, "native_meeting_id")
}

func TestAnswerInOneLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `401 {"detail": "no"}`, answer(401, "application/json", "{\"detail\":\n \"no\"}").String())
	assert.Equal(t, "502 text/html <h1>", answer(502, "text/html", "<h1>").String())
	assert.Equal(t, "204 with no body", answer(204, "", "").String())
	long := answer(200, "", strings.Repeat("é", 1000)).String()
	assert.Less(t, len(long), 320)
	assert.Contains(t, long, "é…")
}

func TestOperationsReadFromTheDocument(t *testing.T) {
	t.Parallel()
	c := load(t, spec.V012)
	assert.Equal(t, "createUser", c.Operations()[0].ID, "the order is the document's")
	assert.Equal(t, []string{"token"}, operation(t, c, "mintToken").SecretMembers)
	assert.Equal(t, "X-API-Key", c.CredentialHeader(spec.KeyGuard))
	assert.Equal(t, "X-Admin-API-Key", c.CredentialHeader(spec.AdminGuard))
	assert.Equal(t, spec.Bots, operation(t, c, "createBot").Effect)
	assert.Equal(t, spec.Observe, operation(t, c, "getMe").Effect)
	var paths []string
	for _, f := range operation(t, c, "createInvocation").Fields {
		paths = append(paths, f.Path+" "+f.Type)
	}
	assert.Contains(t, paths, "identity.subject string")
	assert.Contains(t, paths, "workspaces.0.mode string")
	assert.Contains(t, paths, "start.entrypoint.inline string")
}
