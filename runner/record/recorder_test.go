package record

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestRecorder(t *testing.T) {
	t.Parallel()
	after := false
	for name, row := range map[string]struct {
		body     func(suites.T)
		verdict  result.Verdict
		reason   string
		failures int
	}{
		"nothing said":         {func(suites.T) {}, result.Pass, "", 0},
		"broken":               {func(t suites.T) { t.Broken(spec.Response{Seq: 3}, spec.Mismatch{Expected: "a", Actual: "b"}) }, result.Fail, "", 1},
		"broken twice":         {func(t suites.T) { t.Broken(spec.Response{}, spec.Mismatch{}); t.Errorf("x") }, result.Fail, "", 2},
		"testify's assert":     {func(t suites.T) { assert.Equal(t, 1, 2) }, result.Fail, "", 1},
		"testify's require":    {func(t suites.T) { require.Equal(t, 1, 2); after = true }, result.Fail, "", 1},
		"blocked":              {func(t suites.T) { t.Blocked("no %s", "bot"); after = true }, result.Blocked, "no bot", 0},
		"skipped":              {func(t suites.T) { t.Skipf("no %s", "key"); after = true }, result.Skip, "no key", 0},
		"broken, then blocked": {func(t suites.T) { t.Broken(spec.Response{}, spec.Mismatch{}); t.Blocked("x") }, result.Fail, "", 1},
		"a panic":              {func(suites.T) { panic("bug") }, result.Error, "the check panicked: bug", 0},
		"broken, then a panic": {func(t suites.T) { t.Broken(spec.Response{}, spec.Mismatch{}); panic("bug") }, result.Fail, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRecorder(t.Context())
			r.Watch(func() { row.body(r) })
			assert.Equal(t, row.verdict, r.verdict)
			assert.Contains(t, r.reason, row.reason)
			assert.Len(t, r.failures, row.failures)
		})
	}
	assert.False(t, after, "what ends a check ends it")
}

// TestActualIsNeverEmpty: a failure without a text of its own says what came.
func TestActualIsNeverEmpty(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		shown spec.Response
		given string
		want  string
	}{
		"a text":            {spec.Response{Status: 403}, "refused", "refused"},
		"a response":        {spec.Response{Status: 403, Body: []byte("no")}, "", "403 no"},
		"an empty response": {spec.Response{Status: 204}, "", "204 with no body"},
		"no response":       {spec.Response{}, "", "nothing"},
	} {
		r := NewRecorder(t.Context())
		r.Watch(func() { r.Broken(row.shown, spec.Mismatch{Clause: "auth.a", Actual: row.given}) })
		assert.Equal(t, []failure{{clause: "auth.a", actual: row.want}}, r.failures, name)
	}
}

func TestRecorderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := NewRecorder(ctx)
	cancel()
	assert.Error(t, r.Context().Err())
}

// TestWhatWasReceivedIsNeverEmpty: where a check does not say it, the answer that shows the failure does.
func TestWhatWasReceivedIsNeverEmpty(t *testing.T) {
	t.Parallel()
	for actual, row := range map[string]struct {
		shown spec.Response
		want  string
	}{
		"":  {spec.Response{Status: 204}, "204 with no body"},
		" ": {spec.Response{}, "nothing"},
		"x": {spec.Response{Status: 204}, "x"},
	} {
		r := NewRecorder(t.Context())
		r.Broken(row.shown, spec.Mismatch{Expected: "y", Actual: actual})
		assert.Equal(t, row.want, r.failures[0].actual)
	}
}
