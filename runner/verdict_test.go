package runner

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestOtherFailures(t *testing.T) {
	t.Parallel()
	a, b := failure{expected: "a", actual: "x"}, failure{expected: "b", actual: "y"}
	assert.Equal(t, "and 1 more of the kind", others([]failure{a, a}))
	assert.Equal(t, "and 3 more: expected b, got y", others([]failure{a, b, a, b}))
}

func TestBodiesAreCut(t *testing.T) {
	t.Parallel()
	whole := strings.Repeat("x", maxShown)
	assert.Equal(t, whole, cut([]byte(whole)))
	assert.Equal(t, whole+fmt.Sprintf("… (%d bytes in all)", maxShown+1), cut([]byte(whole+"x")))
	assert.InDelta(t, 1.5, milliseconds(1500*time.Microsecond), 1e-9)
}

// TestExcused: a broken clause is excused where each of its failures is.
func TestExcused(t *testing.T) {
	t.Parallel()
	clause := result.Clause{ID: "a.b", Verdict: result.Fail, Checks: []string{"1", "2", "3"}}
	check := func(id string, v result.Verdict, known string) result.Check {
		return result.Check{ID: id, Verdict: v, Known: known}
	}
	for name, row := range map[string]struct {
		clause result.Clause
		checks []result.Check
		want   string
	}{
		"each":                {clause, []result.Check{check("1", result.Fail, "first"), check("2", result.Fail, "second")}, "first"},
		"not each":            {clause, []result.Check{check("1", result.Fail, "first"), check("2", result.Fail, "")}, ""},
		"the others passed":   {clause, []result.Check{check("1", result.Pass, ""), check("2", result.Fail, "second"), check("3", result.Blocked, "")}, "second"},
		"of another clause":   {clause, []result.Check{check("1", result.Fail, "first"), check("9", result.Fail, "")}, "first"},
		"a clause that holds": {result.Clause{Verdict: result.Pass, Checks: clause.Checks}, []result.Check{check("1", result.Fail, "first")}, ""},
		"nothing failed":      {clause, []result.Check{check("1", result.Pass, "first")}, ""},
	} {
		assert.Equal(t, row.want, excused(row.clause, row.checks), name)
	}
}

// TestWeigh: the worst verdict counts, with its reason where it is no judgement.
func TestWeigh(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		checks  []result.Verdict
		verdict result.Verdict
		reason  string
	}{
		{[]result.Verdict{result.Skip}, result.Skip, "reason 0"},
		{[]result.Verdict{result.Pass}, result.Pass, ""},
		{[]result.Verdict{result.Fail}, result.Fail, ""},
		{[]result.Verdict{result.Skip, result.Pass}, result.Pass, ""},
		{[]result.Verdict{result.Pass, result.Blocked}, result.Blocked, "reason 1"},
		{[]result.Verdict{result.Blocked, result.Blocked}, result.Blocked, "reason 0"},
		{[]result.Verdict{result.Blocked, result.Fail}, result.Fail, ""},
	} {
		c := result.Clause{Reason: "this version has no check of it"}
		for i, v := range row.checks {
			weigh(&c, result.Check{ID: fmt.Sprint(i), Verdict: v, Reason: fmt.Sprintf("reason %d", i)})
		}
		assert.Equal(t, row.verdict, c.Verdict, row.checks)
		assert.Equal(t, row.reason, c.Reason, row.checks)
		assert.Len(t, c.Checks, len(row.checks))
	}
}

// TestExitCodeOfKnownFailures: what is excused fails no run, and is a judgement all the same.
func TestExitCodeOfKnownFailures(t *testing.T) {
	t.Parallel()
	counts := func(fail, known, pass int) result.Run {
		return result.Run{Summary: result.Summary{Clauses: map[result.Verdict]int{result.Fail: fail, result.Pass: pass}, Known: known}}
	}
	assert.Equal(t, result.ExitKept, exitCode(counts(2, 2, 1)))
	assert.Equal(t, result.ExitKept, exitCode(counts(1, 1, 0)))
	assert.Equal(t, result.ExitKept, exitCode(counts(1, 1, 1)))
	assert.Equal(t, result.ExitBroken, exitCode(counts(2, 1, 1)))
	assert.Equal(t, result.ExitInconclusive, exitCode(counts(0, 0, 0)))
	stale := counts(0, 0, 1)
	stale.Stale = []string{"a.b"}
	assert.Equal(t, result.ExitBroken, exitCode(stale))
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	s := summarize(result.Run{
		Checks:  []result.Check{{Verdict: result.Pass}, {Verdict: result.Pass}, {Verdict: result.Fail}},
		Clauses: []result.Clause{{Verdict: result.Fail, Known: "x"}, {Verdict: result.Pass}},
	}, 7, 2)
	assert.Equal(t, result.Summary{
		Checks:  map[result.Verdict]int{result.Pass: 2, result.Fail: 1, result.Blocked: 0, result.Error: 0, result.Skip: 0},
		Clauses: map[result.Verdict]int{result.Pass: 1, result.Fail: 1, result.Blocked: 0, result.Error: 0, result.Skip: 0}, Exchanges: 7, Known: 1, Throttled: 2,
	}, s)
}

// TestWhatACheckShows: the first failure, the others in words, and of its exchanges which are evidence.
func TestWhatACheckShows(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	s := &Session{config: Config{Contract: contract}, record: newRecord()}
	me, _ := contract.Operation("getMe")
	for range 3 {
		s.record.add("auth/a", Sent{Operation: me, Answer: spec.Answer{Status: 200, Header: http.Header{}}}, false)
	}
	s.record.add("auth/b", Sent{Operation: me, Err: errors.New("the connection was closed")}, false)
	s.record.complete(3, spec.Heard{
		Answer: spec.Answer{Status: http.StatusSwitchingProtocols}, Opened: 2 * time.Millisecond, First: 3 * time.Millisecond, Last: 5 * time.Millisecond, Quiet: time.Millisecond,
		Events: []spec.Event{{Name: "ping"}, {Name: "message"}}, Comments: 3, End: spec.Cut,
	}, time.Second)
	r := newRecorder(t.Context())
	r.Broken(spec.Answer{Seq: 2}, spec.Mismatch{Expected: "e", Actual: "a"})
	r.Broken(spec.Answer{Seq: 4}, spec.Mismatch{Expected: "f", Actual: "b"})
	c := s.checkOf(Planned{}, outcome{recorder: r}, newRedactor(nil))
	assert.Equal(t, []string{"e", "a", "and 1 more: expected f, got b"}, []string{c.Expected, c.Actual, c.Reason})
	c = s.checkOf(Planned{Check: suites.Check{ID: "auth/a"}}, outcome{recorder: r}, newRedactor(nil))
	var evidence []bool
	for _, e := range c.Exchanges {
		evidence = append(evidence, e.Evidence)
	}
	assert.Equal(t, []bool{false, true, false, true}, evidence, "its own and the one of another that shows a failure")
	assert.Nil(t, c.Exchanges[0].Stream)
	assert.Equal(t, &result.Stream{OpenedMS: 2, FirstMS: 3, LastMS: 5, QuietMS: 1, Events: 1, KeepAlives: 4, End: "cut by the harness"}, c.Exchanges[2].Stream)
	assert.Equal(t, "the connection was closed", c.Exchanges[3].Error)
	assert.Nil(t, c.Exchanges[3].Response)
	r = newRecorder(t.Context())
	r.Broken(spec.Answer{}, spec.Mismatch{Expected: "e", Actual: "a"})
	assert.Empty(t, s.checkOf(Planned{}, outcome{recorder: r}, newRedactor(nil)).Reason, "there is no more")
}
