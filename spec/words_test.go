package spec_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestAnswersInALine: what fits is whole, what does not is cut between characters.
func TestAnswersInALine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer spec.Response
		want   string
	}{
		"no body":             {spec.Response{Status: 204}, "204 with no body"},
		"JSON":                {spec.Response{Status: 401, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"a": 1}`)}, `401 {"a": 1}`},
		"something else":      {spec.Response{Status: 502, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte("<h1>\n\n x")}, "502 text/html <h1> x"},
		"as long as fits":     {spec.Response{Status: 200, Body: []byte(strings.Repeat("x", 300))}, "200 " + strings.Repeat("x", 300)},
		"one byte too long":   {spec.Response{Status: 200, Body: []byte(strings.Repeat("x", 301))}, "200 " + strings.Repeat("x", 300) + "…"},
		"cut in a character":  {spec.Response{Status: 200, Body: []byte(strings.Repeat("x", 299) + "é!")}, "200 " + strings.Repeat("x", 299) + "…"},
		"no character at all": {spec.Response{Status: 200, Body: []byte(strings.Repeat("\x80", 400))}, "200 …"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, row.answer.String())
			assert.True(t, utf8.ValidString(row.answer.String()) || name == "no character at all")
		})
	}
}

// TestConditionsInWords names what an answer must have, and what it had.
func TestConditionsInWords(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "409 Conflict", spec.Condition{Status: 409}.String())
	assert.Equal(t, `401 {"detail": "No \"key\""}`, spec.Condition{Status: 401, Exact: true, Detail: `No "key"`}.String())
	assert.Equal(t, "429 Too Many Requests with Retry-After in seconds or as an HTTP date", spec.Condition{Status: 429, Headers: []string{"Retry-After"}}.String())
	assert.Equal(t, "429 Too Many Requests with Retry-After in seconds", spec.Condition{Status: 429, Headers: []string{"Retry-After"}, Seconds: true}.String())
	assert.Equal(t, "200 OK with X-Other", spec.Condition{Status: 200, Headers: []string{"X-Other"}}.String())
	contract, err := spec.Load(t.Context(), spec.V010)
	require.NoError(t, err)
	op, ok := contract.Operation("getBotsStatus")
	require.True(t, ok)
	for value, shown := range map[string]string{"": ", without Retry-After", "soon": ", Retry-After: soon"} {
		a := spec.Response{Status: 429, Header: http.Header{}, Body: []byte(`{"detail": "x"}`)}
		if value != "" {
			a.Header.Set("Retry-After", value)
		}
		mismatch, err := contract.Match(op, "rate.throttled", a)
		require.NoError(t, err)
		require.NotNil(t, mismatch)
		assert.Contains(t, mismatch.Actual, shown)
	}
}

func TestConditionsAreInOrder(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	op, _ := contract.Operation("createBot")
	var statuses []int
	for _, c := range op.Conditions("bots.concurrency-limit") {
		statuses = append(statuses, c.Status)
	}
	assert.Equal(t, []int{403, 409, 429}, statuses)
	assert.Equal(t, []int{201, 202}, []int{op.Conditions("bots.accepted")[0].Status, op.Conditions("bots.accepted")[1].Status})
}

func TestHeardOf(t *testing.T) {
	t.Parallel()
	h := spec.StreamLog{Events: []spec.Event{{Data: `{"type":"done","ok":true}`}, {Data: `{"type":"message-delta"}`}, {Data: `{"type":"done"}`}, {Data: "no JSON"}}}
	assert.Len(t, h.Of("done"), 2)
	assert.Empty(t, h.Of("rejected"))
	assert.Len(t, h.Of(""), 1)
}

func TestTheFirstClauseIsFoundLikeAnyOther(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	first := contract.Clauses()[0]
	found, ok := contract.Clause(first.ID)
	assert.True(t, ok)
	assert.Equal(t, first, found)
	_, ok = contract.Clause("auth.no-such")
	assert.False(t, ok)
}

func TestAPathWithoutAValueIsNoPath(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	op, _ := contract.Operation("getMeeting")
	for _, values := range []map[string]string{nil, {"meeting_id": ""}, {"other": "1"}} {
		_, err := op.URLPath(values)
		assert.ErrorContains(t, err, "needs a value for meeting_id")
	}
}
