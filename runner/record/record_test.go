package record

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// TestRecord: which exchanges are judged, shown, accepted and counted.
func TestRecord(t *testing.T) {
	t.Parallel()
	r := New(nil, spec.Server)
	op := &spec.Operation{ID: "mintToken", SecretMembers: []string{"token"}}
	send := func(check string, status int, body string, change func(*transport.Exchange)) *transport.Exchange {
		s := transport.Exchange{Check: check, Operation: op, Call: spec.Call{Operation: "mintToken"}, Response: spec.Response{Status: status, Body: []byte(body)}}
		if change != nil {
			change(&s)
		}
		return &s
	}
	add := func(e *transport.Exchange) int { r.Add(e); return e.Response.Seq }
	assert.Equal(t, 1, add(send("a", 201, `{"token": "s1"}`, nil)))
	assert.Equal(t, 2, add(send("a", 429, ``, func(s *transport.Exchange) { s.Retry = transport.Throttled })))
	assert.Equal(t, 3, add(send("a", 0, ``, func(s *transport.Exchange) { s.Err = errors.New("lost") })))
	assert.Equal(t, 4, add(send("b", 404, ``, func(s *transport.Exchange) { s.Call.Nowhere = true })))
	assert.Equal(t, 5, r.Receive(*send("b", 200, `{"token": 7}`, nil)))
	assert.Equal(t, 6, add(send("b", 403, `{"token": ""}`, nil)))

	judged := func(all []spec.Response) []int {
		var seqs []int
		for _, a := range all {
			seqs = append(seqs, a.Seq)
		}
		return seqs
	}
	var observed, of []spec.Response
	for _, o := range r.Observations() {
		observed = append(observed, o.Response)
	}
	for _, o := range r.Of("a") {
		of = append(of, o.Response)
	}
	assert.Equal(t, []int{1, 6}, judged(observed), "not what was waited out, lost, asked of nowhere, or answered by the harness")
	assert.Equal(t, []int{1}, judged(of))
	var traced []int
	for _, trace := range r.Traces() {
		traced = append(traced, trace.Status)
	}
	assert.Equal(t, []int{201, 429, 0, 403}, traced, "not what was asked of nowhere, or answered by the harness")
	assert.Equal(t, 1, r.Throttled())
	assert.Equal(t, map[string]string{"$SECRET_1": "s1"}, r.Secrets(), "a text that is not empty")

	assert.Equal(t, []int{1, 2, 3}, r.numbers("a", nil))
	r.Share("a", 6)
	r.Share("a", 6)
	r.Share("a", 0)
	r.Share("a", 2)
	assert.Equal(t, []int{1, 2, 3, 6}, r.numbers("a", []failure{{shown: 0}, {shown: 3}}))
	assert.Equal(t, []int{1, 2, 3, 6, 4}, r.numbers("a", []failure{{shown: 4}, {shown: 4}}))
}

// TestTheWorstIsKept, with the first reason for it; a skip counts only where nothing was said.
func TestTheWorstIsKept(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		said    []result.Verdict
		verdict result.Verdict
		reason  string
	}{
		"skipped":               {[]result.Verdict{result.Skip}, result.Skip, "skip 0"},
		"skipped twice":         {[]result.Verdict{result.Skip, result.Skip}, result.Skip, "skip 0"},
		"blocked, then skipped": {[]result.Verdict{result.Blocked, result.Skip}, result.Blocked, "blocked 0"},
		"skipped, then blocked": {[]result.Verdict{result.Skip, result.Blocked}, result.Blocked, "blocked 1"},
		"blocked twice":         {[]result.Verdict{result.Blocked, result.Blocked}, result.Blocked, "blocked 0"},
		"blocked, then error":   {[]result.Verdict{result.Blocked, result.Error}, result.Error, "error 1"},
		"a pass says nothing":   {[]result.Verdict{result.Pass}, result.Pass, ""},
	} {
		r := NewRecorder(t.Context())
		for i, v := range row.said {
			r.set(v, string(v)+" "+string(rune('0'+i)))
		}
		assert.Equal(t, row.verdict, r.verdict, name)
		assert.Equal(t, row.reason, r.reason, name)
	}
}
