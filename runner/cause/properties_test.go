package cause_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/result"
)

// TestCausesOfARelease: what one real release does (contract/field.md, v0.12.23) comes to as many causes as it has
// roots.
func TestCausesOfARelease(t *testing.T) {
	t.Parallel()
	const form, text = "application/json, an object with a detail member", "text/plain; charset=utf-8"
	failures := everyOperation(failure{
		clause: "scope.denied", caller: "tx key", status: 403, body: `{"detail": "Insufficient scope for this endpoint"}`,
		expected: `403 {"detail": "Token scope not authorized for this endpoint"}`,
	})
	failures = append(failures,
		failure{clause: "bots.malformed-id", operation: "createBot", status: 201, body: `{"id": 7}`, expected: "422 Unprocessable Entity"},
		failure{clause: "bots.wrong-type", operation: "createBot", status: 500, contentType: text, body: crash, expected: "422 Unprocessable Entity"},
		failure{clause: "envelope.detail", operation: "createBot", status: 500, contentType: text, body: crash, expected: form},
		failure{clause: "envelope.bad-input-is-not-500", operation: "createBot", status: 500, contentType: text, body: crash, expected: "a client error"},
		failure{clause: "envelope.refused-leaves-nothing", operation: "createBot", status: 409, body: `{"detail": "x"}`, expected: "the same request made right is accepted", follows: 500, followsType: text},
		failure{clause: "envelope.validation-detail-is-list", operation: "createBot", status: 422, body: `{"detail": "meeting_url must be a text"}`, expected: "detail is a list of field errors"},
		failure{clause: "rate.throttled", operation: "getMe", status: 429, contentType: " ", body: "Too many requests", expected: "429 Too Many Requests with Retry-After in seconds or as an HTTP date"},
		failure{clause: "envelope.detail", operation: "getBotsStatus", status: 429, contentType: " ", body: "Too many requests", expected: form},
		failure{clause: "agent.fronted", operation: "invoke", status: 404, body: `{"detail": "Not Found"}`, expected: "POST /invocations at the public base URL"},
		failure{clause: "agent.fronted", operation: "sendEvent", status: 404, body: `{"detail": "Not Found"}`, expected: "POST /events at the public base URL"},
		failure{clause: "bots.stopped", operation: "createBot", status: 200, body: `{"status": "stopping"}`, expected: "204 No Content"},
	)
	var clauses []string
	for _, c := range cause.Of(runOf(failures...)) {
		clauses = append(clauses, strings.Join(c.Clauses, " "))
	}
	assert.ElementsMatch(t, []string{
		"scope.denied", "bots.malformed-id", "bots.wrong-type envelope.bad-input-is-not-500 envelope.detail envelope.refused-leaves-nothing",
		"envelope.validation-detail-is-list", "envelope.detail rate.throttled", "agent.fronted", "bots.stopped",
	}, clauses)
}

// TestIDsAreStable: neither seeds, ids, times, more members and other values, nor the order of the checks change an id.
func TestIDsAreStable(t *testing.T) {
	t.Parallel()
	// volatile are failures as they look in a run that has the seed.
	volatile := func(seed uint64) []failure {
		r := rand.New(rand.NewPCG(seed, 1))
		id, name := r.IntN(1_000_000), fmt.Sprintf("m%x-%d", r.Uint64(), r.IntN(99))
		uuid := fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64N(1<<48))
		at := time.Unix(r.Int64N(1<<31), 0).UTC().Format(time.RFC3339Nano)
		trace := fmt.Sprintf(`"request_id": %q, "at": %q`, uuid, at)
		if seed%2 == 0 {
			trace = `"request_id": null`
		}
		return []failure{
			{clause: "auth.missing-key", operation: "getMe", caller: "no key", status: 401, body: fmt.Sprintf(`{"detail": "Please log in", %s}`, trace), expected: missing},
			{clause: "tenancy.not-found", operation: "getRecording", caller: "other user", status: 403, body: fmt.Sprintf(`{"detail": "Recording %d is of %s"}`, id, uuid), expected: fmt.Sprintf(`the answer for what does not exist: 404 {"detail": "%d"}`, id)},
			{clause: "retry.get", operation: "getBotsStatus", caller: "owner", status: 200, body: fmt.Sprintf(`{"count": %d, %s}`, id, trace), expected: fmt.Sprintf(`the same outcome again: 200 {"count": %d, %s}`, id+1, trace)},
			{clause: "admin.mint-invalid-scope", operation: "invoke", caller: "admin", status: 422, sent: fmt.Sprintf(`{"scopes": "%s"}`, name), body: fmt.Sprintf(`{"detail": "No such scope '%s'"}`, name), expected: `422 {"detail": "Invalid scope"}`},
			{clause: "bots.wrong-type", operation: "createBot", caller: "owner", status: 500, body: fmt.Sprintf(`{"detail": "crashed at %s", %s}`, at, trace), expected: "422 Unprocessable Entity"},
			{check: "tenancy/x", clause: "tenancy.not-found", expected: fmt.Sprintf("meeting %d of %s@example.com at %s is not there", id, name, at), actual: "it is"},
		}
	}
	ids := func(all []result.Cause) []string {
		var ids []string
		for _, c := range all {
			ids = append(ids, c.ID)
		}
		return ids
	}
	want := ids(cause.Of(runOf(volatile(0)...)))
	require.Len(t, want, len(volatile(0)))
	for seed := range uint64(50) {
		r := runOf(volatile(seed)...)
		assert.Equal(t, want, ids(cause.Of(r)), "seed %d", seed)
		before := cause.Of(r)
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(r.Checks), func(i, j int) { r.Checks[i], r.Checks[j] = r.Checks[j], r.Checks[i] })
		assert.Equal(t, before, cause.Of(r), "the order of the checks does not matter")
	}
}

// TestEveryFailureHasACause: whatever the failures are, each check and each clause is in a cause, and no other is.
func TestEveryFailureHasACause(t *testing.T) {
	t.Parallel()
	clauses := []string{"auth.missing-key", "scope.matrix", "envelope.detail", "bots.wrong-type", "outage.gateway-error", "agent.fronted", ""}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		var failures []failure
		for range 1 + r.IntN(12) {
			failures = append(failures, failure{
				clause: clauses[r.IntN(len(clauses))], operation: routes()[r.IntN(len(routes()))].Operation,
				caller: []string{"no key", "owner", "revoked key"}[r.IntN(3)], status: []int{0, 200, 302, 401, 404, 405, 422, 429, 500, 503}[r.IntN(10)],
				contentType: []string{"", "text/html"}[r.IntN(2)], body: []string{"", "{", `{"detail": "x"}`, `{"detail": "` + strings.Repeat("long ", 50) + `"}`, `[1]`, `"x"`}[r.IntN(6)],
				expected: []string{"", "422 Unprocessable Entity", missing, "something else", strings.Repeat("much ", 80)}[r.IntN(5)], at: 1 + r.IntN(6),
			})
		}
		run := runOf(failures...)
		run.Checks = append(run.Checks, passes("auth.missing-key"))
		seen := map[string]bool{}
		for _, c := range cause.Of(run) {
			assert.NotEmpty(t, c.Sentence)
			assert.NotContains(t, c.Sentence, "got: ;")
			assert.LessOrEqual(t, utf8.RuneCountInString(c.Sentence), 165, c.Sentence)
			for _, id := range c.Checks {
				seen[id] = true
			}
		}
		assert.Len(t, seen, len(failures), "seed %d", seed)
	}
	assert.Empty(t, cause.Of(result.Run{Checks: []result.Check{passes("a.b")}}))
	assert.NotNil(t, cause.Of(result.Run{}), "a run without failures has an empty list")
}

// TestKnownCausesComeLast: a cause is known if each of its failures is.
func TestKnownCausesComeLast(t *testing.T) {
	t.Parallel()
	known := failure{clause: "auth.missing-key", operation: "getMe", status: 401, body: wrongText, expected: missing, known: "an old bug"}
	other := failure{clause: "bots.wrong-type", operation: "createBot", status: 500, body: "", expected: "422 Unprocessable Entity"}
	all := cause.Of(runOf(known, known, known, other))
	require.Len(t, all, 2)
	assert.Equal(t, []string{"", "an old bug"}, []string{all[0].Known, all[1].Known}, "%v", sentences(all))
	unknown := known
	unknown.known = ""
	all = cause.Of(runOf(known, unknown, other))
	require.Len(t, all, 2)
	assert.Equal(t, []string{"", ""}, []string{all[0].Known, all[1].Known}, "one failure that nothing excuses is enough")
}

// TestReportsOfOlderVersions: they have the first failure's texts and mark what shows it; the cause is the same.
func TestReportsOfOlderVersions(t *testing.T) {
	t.Parallel()
	r := runOf(everyOperation(failure{clause: "auth.missing-key", caller: "no key", status: 401, body: wrongText, expected: missing})...)
	now := cause.Of(r)
	for i := range r.Checks {
		r.Checks[i].Failures = nil
	}
	assert.Equal(t, now, cause.Of(r))
}

// TestCausesOfAProgram: a client or a receiver is judged by what it does, whatever the scripted deployment answered.
func TestCausesOfAProgram(t *testing.T) {
	t.Parallel()
	r := runOf(
		failure{clause: "client.retries-transient", operation: "getMe", status: 503, expected: "another try", actual: "1 request"},
		failure{clause: "client.retries-transient", operation: "createBot", status: 502, expected: "another try", actual: "1 request"},
		failure{clause: "client.backs-off", operation: "getMe", status: 503, expected: "waits that grow by 1.5", actual: "1.0"},
	)
	r.Binds = "client"
	all := cause.Of(r)
	require.Len(t, all, 2)
	assert.Equal(t, "client.retries-transient: expected: another try; got: 1 request", sentenceOf(all, "client.retries-transient"))
}

func sentenceOf(all []result.Cause, clause string) string {
	i := slices.IndexFunc(all, func(c result.Cause) bool { return slices.Contains(c.Clauses, clause) })
	if i < 0 {
		return "none of " + strings.Join(sentences(all), "; ")
	}
	return all[i].Sentence
}
