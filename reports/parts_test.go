package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/result"
)

// TestMarkdownLeavesOutWhatDoesNotFit, and counts it; what is short enough still follows.
func TestMarkdownLeavesOutWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	of := func(n int, promise string) []result.Clause {
		var all []result.Clause
		for i := range n {
			all = append(all, result.Clause{ID: fmt.Sprintf("auth.c%d", i), Verdict: result.Blocked, Promise: promise, Reason: "no answer"})
		}
		return all
	}
	long := strings.Repeat("long ", 200)
	run := result.Run{Clauses: append(of(100, long), result.Clause{ID: "auth.short", Verdict: result.Blocked, Reason: "short"})}
	var b strings.Builder
	markdownFailures(&b, run)
	text, last, _ := strings.Cut(b.String(), "more clauses are in the JSON report")
	require.NotEmpty(t, last)
	assert.LessOrEqual(t, len(text), maxMarkdown+len("99 "))
	assert.Greater(t, len(text), maxMarkdown-1100, "what fits is there")
	assert.Contains(t, text, "auth.short")
	assert.True(t, strings.HasSuffix(text, fmt.Sprintf("\n\n%d ", len(run.Clauses)-strings.Count(text, "### "))))
}

func TestMarkdownCountsTheRest(t *testing.T) {
	t.Parallel()
	for n, says := range map[int]string{shownChecks: "", shownChecks + 1: "and 1 more checks"} {
		var run result.Run
		for i := range n {
			run.Checks = append(run.Checks, result.Check{ID: fmt.Sprintf("auth/c%d", i), Clauses: []string{"auth.a"}, Verdict: result.Fail})
		}
		var b strings.Builder
		markdownClause(&b, run, result.Clause{ID: "auth.a", Verdict: result.Fail})
		assert.Contains(t, b.String(), says)
		assert.Equal(t, says != "", strings.Contains(b.String(), " more checks"), n)
	}
}

// TestAProofThatHolds has nothing in it that is wrong, undetectable or idle.
func TestAProofThatHolds(t *testing.T) {
	t.Parallel()
	p := result.Proof{
		Started: time.Unix(0, 0), Finished: time.Unix(3, 0), Summary: result.ProofSummary{Faults: 1, Caught: 1, ByKind: map[result.FaultKind]int{result.Written: 1}},
		Deployments: []result.Proven{{Edition: "v0.10", Faults: []result.ProvenFault{{Name: "f", Clauses: []string{"auth.a"}, Outcome: result.Caught}}}},
	}
	var text, page bytes.Buffer
	require.NoError(t, ProofTerminal(&text, p, TerminalOptions{}))
	assert.True(t, strings.HasSuffix(text.String(), "auth       1       1             -      -\n\n"+
		"proven: 1 faults (1 written, 0 generated), 1 caught, 0 undetectable, 0 missed; 0 legal variations, 0 false alarms; 3 s\n"), text.String())
	require.NoError(t, ProofHTML(&page, p))
	assert.Contains(t, page.String(), "proven")
	assert.NotContains(t, page.String(), "not proven")
}

// fails is a disk that is full from its nth write on.
type fails struct{ n int }

func (f *fails) Write(text []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, fmt.Errorf("write %d after the first that failed", -f.n-1)
	}
	return len(text), nil
}

// TestTheFirstErrorIsTold, wherever in the text it happens.
func TestTheFirstErrorIsTold(t *testing.T) {
	t.Parallel()
	r := result.Report{Runs: []result.Run{{
		Edition: "v0.10", Clauses: []result.Clause{{ID: "auth.a", Verdict: result.Fail}},
		Checks: []result.Check{{ID: "auth/a", Clauses: []string{"auth.a"}, Verdict: result.Fail}, {ID: "bots/a", Verdict: result.Error, Reason: "x"}},
	}}}
	p := result.Proof{Deployments: []result.Proven{{Faults: []result.ProvenFault{{Name: "f"}}}}, Summary: result.ProofSummary{Sorts: []result.FaultSort{{Sort: "s"}}}}
	for name, write := range map[string]func(*fails) error{
		"report": func(f *fails) error { return Terminal(f, r, TerminalOptions{Verbose: true}) },
		"proof":  func(f *fails) error { return ProofTerminal(f, p, TerminalOptions{Verbose: true}) },
		"diff":   func(f *fails) error { return DiffTerminal(f, Diff(r, r, DiffOptions{}), TerminalOptions{}) },
		"lines":  func(f *fails) error { return Lines(f, []Line{{Word: "a", Do: "b"}}, TerminalOptions{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for ; write(&fails{n}) != nil; n++ {
				assert.EqualError(t, write(&fails{n}), "write 0 after the first that failed")
			}
			assert.Positive(t, n)
		})
	}
}

func views(t *testing.T, c result.Clause, checks ...result.Check) clauseView {
	t.Helper()
	byID := map[string]result.Check{}
	for _, check := range checks {
		byID[check.ID] = check
		c.Checks = append(c.Checks, check.ID)
	}
	return clauseViewOf(c, byID, "v0.10")
}

// TestOnlySomeChecksAreShownWhole: those that have something to show are counted, and of the others' exchanges one is left.
func TestOnlySomeChecksAreShownWhole(t *testing.T) {
	t.Parallel()
	var checks []result.Check
	for i := range 5 {
		checks = append(checks, result.Check{ID: fmt.Sprintf("auth/empty%d", i), Verdict: result.Blocked})
	}
	for i := range 5 {
		checks = append(checks, result.Check{ID: fmt.Sprintf("auth/c%d", i), Verdict: result.Fail, Exchanges: make([]result.Exchange, 6)})
	}
	v := views(t, result.Clause{ID: "auth.a"}, checks...)
	var shown, more []int
	for _, check := range v.Checks[:5] { // those that decide come first
		shown, more = append(shown, len(check.Exchanges)), append(more, check.More)
		assert.False(t, check.Elsewhere, "a check without clauses is shown where it is named")
	}
	assert.Equal(t, []int{4, 4, 4, 1, 1}, shown)
	assert.Equal(t, []int{2, 2, 2, 5, 5}, more)
}

func TestFactsOfARun(t *testing.T) {
	t.Parallel()
	quiet := runViewOf(result.Run{}, "v0.10")
	throttled := runViewOf(result.Run{Summary: result.Summary{Throttled: 1}}, "v0.10")
	assert.Len(t, throttled.Facts, len(quiet.Facts)+1)
	assert.Contains(t, throttled.Facts[len(quiet.Facts)], "1 throttled")
}

// TestNothingIsMoreThanNothing: a list that is shown in full does not mention a rest.
func TestNothingIsMoreThanNothing(t *testing.T) {
	t.Parallel()
	by := make([]string, namedChecks)
	assert.NotContains(t, faultViewOf(result.ProvenFault{Red: by}).By, "more")
	assert.Contains(t, faultViewOf(result.ProvenFault{Red: append(by, "")}).By, " and 1 more")
	for n, more := range map[int]bool{shownChecks: false, shownChecks + 1: true} {
		run := result.Run{Clauses: []result.Clause{{ID: "auth.a", Verdict: result.Fail}}}
		for i := range n {
			run.Checks = append(run.Checks, result.Check{ID: fmt.Sprint("auth/", i), Clauses: []string{"auth.a"}, Verdict: result.Fail})
		}
		var b bytes.Buffer
		require.NoError(t, Terminal(&b, result.Report{Runs: []result.Run{run}}, TerminalOptions{}))
		assert.Equal(t, more, strings.Contains(b.String(), "and 1 more: auth/3"), n)
		assert.Equal(t, more, strings.Contains(b.String(), " more:"), n)
	}
}

// TestRemarksAreMadeOfSomething: each remark appears only if there is something to say.
func TestRemarksAreMadeOfSomething(t *testing.T) {
	t.Parallel()
	one := []string{"GET /x"}
	for name, row := range map[string]struct {
		run  result.Run
		says string
	}{
		"nothing":                     {result.Run{}, ""},
		"a description that is alike": {result.Run{Described: &result.Described{URL: "http://t/openapi.json"}}, ""},
		"something is missing":        {result.Run{Described: &result.Described{Missing: one}}, "lacks 1 operation of the edition's, has 0 more, and differs in 0"},
		"something is new":            {result.Run{Described: &result.Described{Undocumented: one}}, "lacks 0 operations of the edition's, has 1 more, and differs in 0"},
		"something is different":      {result.Run{Described: &result.Described{Differences: one}}, "lacks 0 operations of the edition's, has 0 more, and differs in 1"},
		"throttled":                   {result.Run{Summary: result.Summary{Throttled: 1}}, "1 requests were throttled (429)"},
		"drift":                       {result.Run{Drift: make([]result.Drift, 10)}, "Drift (informational)"},
		"much drift":                  {result.Run{Drift: make([]result.Drift, 11)}, "  and 1 more in the JSON report\n"},
		"a note":                      {result.Run{Notes: []string{"a key is left"}}, "Note: a key is left\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			p := &printer{w: &b, o: TerminalOptions{Width: 1000}}
			p.remarks(row.run)
			assert.Contains(t, b.String(), row.says)
			assert.Equal(t, row.says == "", b.Len() == 0, b.String())
			assert.Equal(t, name == "much drift", strings.Contains(b.String(), "more in the JSON report"))
		})
	}
}

// TestLongAnswersAreCut where a person reads them.
func TestLongAnswersAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	var b strings.Builder
	markdownClause(&b, result.Run{Checks: []result.Check{{ID: "auth/a", Clauses: []string{"auth.a"}, Verdict: result.Fail, Expected: long, Actual: long}}}, result.Clause{ID: "auth.a", Verdict: result.Fail})
	assert.Less(t, b.Len(), 2*maxQuoted+200)
	assert.Less(t, len(bodyText(long)), maxShownBody+10)
	assert.Contains(t, bodyText(long), "…")
}

// TestFacts: of a run that judges no deployment nothing is allowed, and nothing has a seed.
func TestFacts(t *testing.T) {
	t.Parallel()
	run := result.Run{Target: result.Target{Allowed: []string{"observe"}}, Seed: 7}
	assert.Contains(t, strings.Join(facts(run), " · "), "allowed: observe · seed 7")
	run.Binds, run.Summary.Throttled = "client", 2
	assert.NotContains(t, strings.Join(facts(run), " · "), "allowed")
	assert.NotContains(t, strings.Join(facts(run), " · "), "seed")
	assert.Contains(t, strings.Join(facts(run), " · "), "2 throttled")
}

// TestFailing: what nothing excuses comes first, since only some are shown.
func TestFailing(t *testing.T) {
	t.Parallel()
	of := func(id, clause, known string, v result.Verdict) result.Check {
		return result.Check{ID: id, Clauses: []string{clause}, Known: known, Verdict: v}
	}
	run := result.Run{Checks: []result.Check{
		of("a/excused", "a.a", "agreed", result.Fail), of("a/broken", "a.a", "", result.Fail), of("a/kept", "a.a", "", result.Pass), of("b/broken", "b.b", "", result.Fail),
	}}
	var ids []string
	for _, check := range failing(run, "a.a") {
		ids = append(ids, check.ID)
	}
	assert.Equal(t, []string{"a/broken", "a/excused"}, ids)
	assert.Equal(t, "known failure: agreed", knownReason(run.Checks[0]))
	assert.Empty(t, knownReason(run.Checks[1]))
}

// TestMatrixOfAReceiver: without callers there is no table of them.
func TestMatrixOfAReceiver(t *testing.T) {
	t.Parallel()
	by := func(caller string) result.Run {
		return result.Run{Checks: []result.Check{{Exchanges: []result.Exchange{{Operation: "webhook", Caller: caller, Response: &result.Response{Status: 200}}}}}}
	}
	assert.Empty(t, matrixOf(by("")).Rows)
	assert.Len(t, matrixOf(by("owner")).Rows, 1)
}
