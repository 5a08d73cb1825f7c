package runner

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
		"broken":               {func(t suites.T) { t.Broken(spec.Answer{Seq: 3}, spec.Mismatch{Expected: "a", Actual: "b"}) }, result.Fail, "", 1},
		"broken twice":         {func(t suites.T) { t.Broken(spec.Answer{}, spec.Mismatch{}); t.Errorf("x") }, result.Fail, "", 2},
		"testify's assert":     {func(t suites.T) { assert.Equal(t, 1, 2) }, result.Fail, "", 1},
		"testify's require":    {func(t suites.T) { require.Equal(t, 1, 2); after = true }, result.Fail, "", 1},
		"blocked":              {func(t suites.T) { t.Blocked("no %s", "bot"); after = true }, result.Blocked, "no bot", 0},
		"skipped":              {func(t suites.T) { t.Skipf("no %s", "key"); after = true }, result.Skip, "no key", 0},
		"broken, then blocked": {func(t suites.T) { t.Broken(spec.Answer{}, spec.Mismatch{}); t.Blocked("x") }, result.Fail, "", 1},
		"a panic":              {func(suites.T) { panic("bug") }, result.Error, "the check panicked: bug", 0},
		"broken, then a panic": {func(t suites.T) { t.Broken(spec.Answer{}, spec.Mismatch{}); panic("bug") }, result.Fail, "", 1},
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
		shown spec.Answer
		given string
		want  string
	}{
		"a text":            {spec.Answer{Status: 403}, "refused", "refused"},
		"a response":        {spec.Answer{Status: 403, Body: []byte("no")}, "", "403 no"},
		"an empty response": {spec.Answer{Status: 204}, "", "204 with no body"},
		"no response":       {spec.Answer{}, "", "nothing"},
	} {
		r := NewRecorder(t.Context())
		r.Watch(func() { r.Broken(row.shown, spec.Mismatch{Clause: "auth.a", Actual: row.given}) })
		assert.Equal(t, []failure{{clause: "auth.a", actual: row.want}}, r.failures, name)
	}
}

func TestClausesTakeTheWorstVerdict(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		verdicts []result.Verdict
		want     result.Verdict
	}{
		"no check":       {nil, result.Skip},
		"kept":           {[]result.Verdict{result.Pass, result.Pass}, result.Pass},
		"judged in part": {[]result.Verdict{result.Skip, result.Pass, result.Skip}, result.Pass},
		"never judged":   {[]result.Verdict{result.Skip}, result.Skip},
		"one blocked":    {[]result.Verdict{result.Pass, result.Blocked}, result.Blocked},
		"one broken":     {[]result.Verdict{result.Blocked, result.Fail, result.Pass, result.Error}, result.Fail},
		"the harness's":  {[]result.Verdict{result.Blocked, result.Error}, result.Error},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var checks []result.Check
			for _, v := range row.verdicts {
				checks = append(checks, result.Check{ID: "a/b", Clauses: []string{"a.b"}, Verdict: v, Reason: "r"})
			}
			clauses := Clauses(Plan{Clauses: []spec.Clause{{ID: "a.b"}}}, checks)
			require.Len(t, clauses, 1)
			assert.Equal(t, row.want, clauses[0].Verdict)
			assert.Len(t, clauses[0].Checks, len(row.verdicts))
		})
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		counts      map[result.Verdict]int
		interrupted bool
		want        int
	}{
		"kept":                {map[result.Verdict]int{result.Pass: 3, result.Skip: 1}, false, result.ExitKept},
		"broken":              {map[result.Verdict]int{result.Pass: 3, result.Fail: 1, result.Blocked: 1, result.Error: 1}, true, result.ExitBroken},
		"inconclusive":        {map[result.Verdict]int{result.Pass: 3, result.Blocked: 1}, false, result.ExitInconclusive},
		"nothing judged":      {map[result.Verdict]int{result.Skip: 9}, false, result.ExitInconclusive},
		"the harness's fault": {map[result.Verdict]int{result.Pass: 3, result.Error: 1, result.Blocked: 1}, false, result.ExitHarness},
		"interrupted":         {map[result.Verdict]int{result.Pass: 3, result.Blocked: 1}, true, result.ExitInterrupted},
	} {
		assert.Equal(t, row.want, result.Run{Summary: result.Summary{Clauses: row.counts}, Interrupted: row.interrupted}.Exit(), name)
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
		shown spec.Answer
		want  string
	}{
		"":  {spec.Answer{Status: 204}, "204 with no body"},
		" ": {spec.Answer{}, "nothing"},
		"x": {spec.Answer{Status: 204}, "x"},
	} {
		r := NewRecorder(t.Context())
		r.Broken(row.shown, spec.Mismatch{Expected: "y", Actual: actual})
		assert.Equal(t, row.want, r.failures[0].actual)
	}
}
