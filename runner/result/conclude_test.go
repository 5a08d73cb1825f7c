package result

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOthers(t *testing.T) {
	t.Parallel()
	a, b := Failure{Expected: "a", Actual: "x"}, Failure{Expected: "b", Actual: "y"}
	assert.Equal(t, "and 1 more of the kind", Others([]Failure{a, a}))
	assert.Equal(t, "and 3 more: expected b, got y", Others([]Failure{a, b, a, b}))
}

// TestKnownReason: a broken clause is excused where each of its failures is.
func TestKnownReason(t *testing.T) {
	t.Parallel()
	clause := Clause{ID: "a.b", Verdict: Fail, Checks: []string{"1", "2", "3"}}
	check := func(id string, v Verdict, known string) Check {
		return Check{ID: id, Verdict: v, Known: known}
	}
	for name, row := range map[string]struct {
		clause Clause
		checks []Check
		want   string
	}{
		"each":                {clause, []Check{check("1", Fail, "first"), check("2", Fail, "second")}, "first"},
		"not each":            {clause, []Check{check("1", Fail, "first"), check("2", Fail, "")}, ""},
		"the others passed":   {clause, []Check{check("1", Pass, ""), check("2", Fail, "second"), check("3", Blocked, "")}, "second"},
		"of another clause":   {clause, []Check{check("1", Fail, "first"), check("9", Fail, "")}, "first"},
		"a clause that holds": {Clause{Verdict: Pass, Checks: clause.Checks}, []Check{check("1", Fail, "first")}, ""},
		"nothing failed":      {clause, []Check{check("1", Pass, "first")}, ""},
	} {
		assert.Equal(t, row.want, row.clause.KnownReason(row.checks), name)
	}
}

// TestExitCodeOfKnownFailures: what is excused fails no run, and is a judgement all the same.
func TestExitCodeOfKnownFailures(t *testing.T) {
	t.Parallel()
	counts := func(fail, known, pass int) Run {
		return Run{Summary: Summary{Clauses: map[Verdict]int{Fail: fail, Pass: pass}, Known: known}}
	}
	assert.Equal(t, ExitKept, counts(2, 2, 1).Exit())
	assert.Equal(t, ExitKept, counts(1, 1, 0).Exit())
	assert.Equal(t, ExitKept, counts(1, 1, 1).Exit())
	assert.Equal(t, ExitBroken, counts(2, 1, 1).Exit())
	assert.Equal(t, ExitInconclusive, counts(0, 0, 0).Exit())
	stale := counts(0, 0, 1)
	stale.Stale = []string{"a.b"}
	assert.Equal(t, ExitBroken, stale.Exit())
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		counts      map[Verdict]int
		interrupted bool
		want        int
	}{
		"kept":                {map[Verdict]int{Pass: 3, Skip: 1}, false, ExitKept},
		"broken":              {map[Verdict]int{Pass: 3, Fail: 1, Blocked: 1, Error: 1}, true, ExitBroken},
		"inconclusive":        {map[Verdict]int{Pass: 3, Blocked: 1}, false, ExitInconclusive},
		"nothing judged":      {map[Verdict]int{Skip: 9}, false, ExitInconclusive},
		"the harness's fault": {map[Verdict]int{Pass: 3, Error: 1, Blocked: 1}, false, ExitHarness},
		"interrupted":         {map[Verdict]int{Pass: 3, Blocked: 1}, true, ExitInterrupted},
	} {
		assert.Equal(t, row.want, Run{Summary: Summary{Clauses: row.counts}, Interrupted: row.interrupted}.Exit(), name)
	}
}

// TestMergeVerdict: the worst verdict counts, with its reason where it is no judgement.
func TestMergeVerdict(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		checks  []Verdict
		verdict Verdict
		reason  string
	}{
		{[]Verdict{Skip}, Skip, "reason 0"},
		{[]Verdict{Pass}, Pass, ""},
		{[]Verdict{Fail}, Fail, ""},
		{[]Verdict{Skip, Pass}, Pass, ""},
		{[]Verdict{Pass, Blocked}, Blocked, "reason 1"},
		{[]Verdict{Blocked, Blocked}, Blocked, "reason 0"},
		{[]Verdict{Blocked, Fail}, Fail, ""},
	} {
		c := Clause{Reason: "this version of the program has no check for it"}
		for i, v := range row.checks {
			c.MergeVerdict(Check{ID: fmt.Sprint(i), Verdict: v, Reason: fmt.Sprintf("reason %d", i)})
		}
		assert.Equal(t, row.verdict, c.Verdict, row.checks)
		assert.Equal(t, row.reason, c.Reason, row.checks)
		assert.Len(t, c.Checks, len(row.checks))
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	s := Summarize(Run{
		Checks:  []Check{{Verdict: Pass}, {Verdict: Pass}, {Verdict: Fail}},
		Clauses: []Clause{{Verdict: Fail, Known: "x"}, {Verdict: Pass}},
	})
	assert.Equal(t, Summary{
		Checks:  map[Verdict]int{Pass: 2, Fail: 1, Blocked: 0, Error: 0, Skip: 0},
		Clauses: map[Verdict]int{Pass: 1, Fail: 1, Blocked: 0, Error: 0, Skip: 0}, Known: 1,
	}, s)
}
