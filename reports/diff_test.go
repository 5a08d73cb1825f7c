package reports_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// one is a report of one clause with one check.
func one(clause, check result.Verdict, actual string) result.Report {
	c := result.Check{ID: "auth/a", Clauses: []string{"auth.a"}, Verdict: check, Expected: "401", Actual: actual}
	r := result.Run{Edition: "v0.12", Target: result.Target{Name: "t"}, Clauses: []result.Clause{{ID: "auth.a", Verdict: clause, Checks: []string{"auth/a"}}}, Checks: []result.Check{c}}
	return report(r)
}

func TestDiff(t *testing.T) {
	t.Parallel()
	pass, fail, skip := one(result.Pass, result.Pass, ""), one(result.Fail, result.Fail, `403 {"id": 17}`), one(result.Skip, result.Skip, "")
	empty := report(result.Run{Edition: "v0.12"})
	excused := one(result.Fail, result.Fail, `403 {"id": 17}`)
	excused.Runs[0].Clauses[0].Known, excused.Runs[0].Checks[0].Known = "an old bug", "an old bug"
	for name, row := range map[string]struct {
		before, after result.Report
		change        reports.Change
		failed        bool
	}{
		"regressed":                {pass, fail, reports.Regressed, true},
		"broken from nothing":      {empty, fail, reports.FirstBroken, false},
		"broken from a skip":       {skip, fail, reports.FirstBroken, false},
		"broken as known":          {pass, excused, reports.Excused, false},
		"known from nothing":       {empty, excused, reports.Excused, false},
		"known and not any more":   {excused, fail, reports.Still, false},
		"fixed":                    {fail, pass, reports.Fixed, false},
		"vanished":                 {pass, skip, reports.Vanished, true},
		"vanished, broken":         {fail, skip, reports.Vanished, true},
		"vanished altogether":      {pass, empty, reports.Vanished, true},
		"new":                      {skip, pass, reports.New, false},
		"still, with another id":   {fail, one(result.Fail, result.Fail, `403 {"id": 4711}`), reports.Still, false},
		"still, but other":         {fail, one(result.Fail, result.Fail, `404 {"id": 17}`), reports.Otherwise, false},
		"the same":                 {pass, pass, "", false},
		"not judged in either one": {skip, empty, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := reports.Diff(row.before, row.after, reports.DiffOptions{})
			assert.Equal(t, row.failed, c.Failed)
			strict := reports.Diff(row.before, row.after, reports.DiffOptions{StrictNew: true})
			assert.Equal(t, row.failed || row.change == reports.FirstBroken, strict.Failed)
			if row.change == "" {
				assert.Empty(t, c.Differences)
				assert.Equal(t, "nothing changed", c.Sentence())
				return
			}
			assert.True(t, slices.ContainsFunc(c.Differences, func(d reports.Difference) bool { return d.Change == row.change }), "%v", c.Differences)
			for _, d := range c.Differences {
				assert.True(t, d.Change == row.change || d.Clause && row.change == reports.Otherwise, "%v", d)
			}
			var text, markdown, raw bytes.Buffer
			require.NoError(t, reports.DiffTerminal(&text, c, reports.TerminalOptions{Width: 100}))
			assert.Contains(t, text.String(), string(row.change))
			require.NoError(t, reports.DiffMarkdown(&markdown, c))
			assert.Contains(t, rendered(t, markdown.String()), string(row.change))
			require.NoError(t, reports.DiffJSON(&raw, c))
			assert.Equal(t, "auth.a", gjson.GetBytes(raw.Bytes(), "differences.0.id").String()+gjson.GetBytes(raw.Bytes(), "nothing").String())
		})
	}
}

// because is a report in which auth/a fails for causes with the ids.
func because(actual string, ids ...string) result.Report {
	r := one(result.Fail, result.Fail, actual)
	r.Runs[0].Causes = []result.Cause{}
	for _, id := range ids {
		r.Runs[0].Causes = append(r.Runs[0].Causes, result.Cause{ID: id, Sentence: "what " + id + " does", Clauses: []string{"auth.a"}, Checks: []string{"auth/a"}})
	}
	return r
}

// TestDiffByCauses: causes are compared first, and say whether a check is broken as before.
func TestDiffByCauses(t *testing.T) {
	t.Parallel()
	fixed := one(result.Pass, result.Pass, "")
	fixed.Runs[0].Causes = []result.Cause{}
	for name, row := range map[string]struct {
		before, after result.Report
		check         reports.Change
		causes        []string
		says          string
	}{
		"the same cause in other words": {because("403 abc", "x"), because("403 defg", "x"), reports.Still, []string{"x still there"}, "1 cause still there; of the clauses 1 still broken"},
		"another cause":                 {because("403 abc", "x"), because("500", "y"), reports.Otherwise, []string{"y new", "x gone"}, "1 cause new, 1 cause gone; of the clauses 1 still broken"},
		"one cause more":                {because("403 abc", "x"), because("403 abc and 500", "x", "y"), reports.Otherwise, []string{"y new", "x still there"}, "1 cause new, 1 cause still there; of the clauses 1 still broken"},
		"the same words":                {because("403 abc", "x"), because("403 abc", "y"), reports.Still, []string{"y new", "x gone"}, "1 cause new, 1 cause gone; of the clauses 1 still broken"},
		"gone":                          {because("403 abc", "x"), fixed, reports.Fixed, []string{"x gone"}, "1 cause gone; of the clauses 1 fixed"},
		"new":                           {fixed, because("403 abc", "x"), reports.Regressed, []string{"x new"}, "1 cause new; of the clauses 1 regressed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := reports.Diff(row.before, row.after, reports.DiffOptions{})
			var causes []string
			for _, d := range c.Causes {
				causes = append(causes, d.ID+" "+string(d.Change))
				assert.Equal(t, []string{"auth.a"}, d.Clauses)
			}
			assert.Equal(t, row.causes, causes)
			i := slices.IndexFunc(c.Differences, func(d reports.Difference) bool { return d.ID == "auth/a" })
			require.GreaterOrEqual(t, i, 0)
			assert.Equal(t, row.check, c.Differences[i].Change)
			assert.Equal(t, row.says, c.Sentence())
			assert.Equal(t, row.check == reports.Regressed, c.Failed, "causes alone stop no gate")
			if row.check == reports.Otherwise {
				assert.Contains(t, c.Differences[i].After, "what ")
			}
			var text, markdown, raw bytes.Buffer
			require.NoError(t, reports.DiffTerminal(&text, c, reports.TerminalOptions{Width: 100}))
			require.NoError(t, reports.DiffMarkdown(&markdown, c))
			require.NoError(t, reports.DiffJSON(&raw, c))
			for i, d := range c.Causes {
				assert.Contains(t, text.String(), "cause "+string(d.Change)+"  v0.12: "+d.Sentence)
				assert.Contains(t, rendered(t, markdown.String()), "cause "+string(d.Change)+" in v0.12: "+d.Sentence)
				assert.Equal(t, d.ID, gjson.GetBytes(raw.Bytes(), "causes").Array()[i].Get("id").String())
			}
		})
	}
}

func TestWhatMayVanish(t *testing.T) {
	t.Parallel()
	c := reports.Diff(one(result.Pass, result.Pass, ""), report(result.Run{Edition: "v0.12"}), reports.DiffOptions{
		Allowed: func(id string) bool { return id == "auth.a" || id == "auth/a" },
	})
	assert.False(t, c.Failed)
	assert.ElementsMatch(t, []string{"auth.a", "auth/a"}, c.Allowed)
}

func TestARunThatVanishes(t *testing.T) {
	t.Parallel()
	both := report(run("v0.10", 0), run("v0.12", 0))
	c := reports.Diff(both, report(run("v0.12", 0), run("v0.12", 0)), reports.DiffOptions{})
	assert.True(t, c.Failed)
	assert.Equal(t, "v0.10", c.Differences[0].ID)
}

// TestVerify changes one thing at a time in a report that adds up.
func TestVerify(t *testing.T) {
	t.Parallel()
	sound := func() result.Report {
		r := result.Run{
			Edition: "v0.12", ExitCode: result.ExitBroken,
			Clauses: []result.Clause{{ID: "auth.a", Verdict: result.Fail, Checks: []string{"auth/a"}}, {ID: "auth.b", Verdict: result.Pass, Checks: []string{"auth/b"}}},
			Checks:  []result.Check{{ID: "auth/a", Clauses: []string{"auth.a"}, Verdict: result.Fail}, {ID: "auth/b", Clauses: []string{"auth.b"}, Verdict: result.Pass}},
			Summary: result.Summary{
				Checks:  map[result.Verdict]int{result.Pass: 1, result.Fail: 1},
				Clauses: map[result.Verdict]int{result.Pass: 1, result.Fail: 1},
			},
			Coverage: []result.Coverage{
				{Operation: "getMe", Status: 401, Clauses: []string{"auth.a"}, State: result.Judged, Seen: 1},
				{Operation: "getMe", Status: 200, Clauses: []string{"auth.b"}, State: result.Judged, Seen: 1},
			},
		}
		return result.Report{ExitCode: result.ExitBroken, Runs: []result.Run{r}}
	}
	require.Empty(t, reports.Verify(sound()))
	withCause := func(change func(*result.Cause)) func(*result.Run) {
		return func(r *result.Run) {
			c := result.Cause{ID: "x", Sentence: "x", Clauses: []string{"auth.a"}, Checks: []string{"auth/a"}}
			change(&c)
			r.Causes = []result.Cause{c}
		}
	}
	right := sound()
	withCause(func(*result.Cause) {})(&right.Runs[0])
	require.Empty(t, reports.Verify(right))
	for name, row := range map[string]struct {
		change func(*result.Run)
		says   string
	}{
		"a clause that is better than its check": {func(r *result.Run) { r.Clauses[0].Verdict = result.Pass }, "auth.a is pass, and its checks come to fail"},
		"an exit code":                           {func(r *result.Run) { r.ExitCode = 0 }, "the exit code is 0, and the clauses come to 1"},
		"a count of checks":                      {func(r *result.Run) { r.Summary.Checks[result.Pass] = 2 }, "2 checks as pass, and there are 1"},
		"a count of clauses":                     {func(r *result.Run) { r.Summary.Clauses[result.Fail] = 0 }, "0 clauses as fail, and there are 1"},
		"a count of excuses":                     {func(r *result.Run) { r.Summary.Known = 1 }, "1 clauses as excused"},
		"an excuse that its check does not have": {func(r *result.Run) { r.Clauses[0].Known = "x" }, "auth.a is excused"},
		"a count of what does not apply":         {func(r *result.Run) { r.Summary.NotApplicable = 1 }, "1 clauses that do not apply and 0 that need more effects, and there are 0 and 0"},
		"a count of what needs more":             {func(r *result.Run) { r.Summary.NeedAllow = 1 }, "0 clauses that do not apply and 1 that need"},
		"a clause that applies":                  {func(r *result.Run) { r.Clauses[0].NotApplicable, r.Summary.NotApplicable = true, 1 }, "auth.a does not apply"},
		"a check that is not named":              {func(r *result.Run) { r.Clauses[0].Checks = nil }, "does not name its check auth/a"},
		"a check of no clause":                   {func(r *result.Run) { r.Checks[0].Clauses = append(r.Checks[0].Clauses, "auth.c") }, "of the clause auth.c"},
		"coverage that nobody saw":               {func(r *result.Run) { r.Coverage[0].Seen = 0 }, "getMe 401 counts as judged, and was not seen"},
		"coverage without a verdict":             {func(r *result.Run) { r.Coverage[0].Clauses = []string{"auth.z"} }, "no check of its clauses has a verdict"},
		"coverage of a check that was skipped":   {func(r *result.Run) { r.Checks[1].Verdict = result.Skip }, "getMe 200 counts as judged, and no check of its clauses has a verdict"},
		"a failure without a cause":              {func(r *result.Run) { r.Causes = []result.Cause{} }, "auth/a failed, and no cause names it"},
		"a cause of a check that passed":         {withCause(func(c *result.Cause) { c.Checks = append(c.Checks, "auth/b") }), "names the check auth/b, which did not fail"},
		"a cause of a clause that is kept":       {withCause(func(c *result.Cause) { c.Clauses = append(c.Clauses, "auth.b") }), "names the clause auth.b, which none of its checks failed"},
		"a cause that nothing excuses":           {withCause(func(c *result.Cause) { c.Known = "x" }), "the cause x is excused"},
		"a cause twice": {func(r *result.Run) {
			withCause(func(*result.Cause) {})(r)
			r.Causes = append(r.Causes, r.Causes[0])
		}, "the cause x is there twice"},
		"an exclusion without a reason": {func(r *result.Run) { r.Coverage[0].State = result.Excluded }, "excluded without a reason"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sound()
			row.change(&r.Runs[0])
			wrong := reports.Verify(r)
			require.NotEmpty(t, wrong)
			assert.True(t, slices.ContainsFunc(wrong, func(w string) bool { return assert.ObjectsAreEqual(true, bytes.Contains([]byte(w), []byte(row.says))) }), "%v", wrong)
		})
	}
}

// TestVerifyExitCodes: what the clauses come to, and what several runs do; any other code does not add up.
func TestVerifyExitCodes(t *testing.T) {
	t.Parallel()
	of := func(change func(*result.Run), verdicts ...result.Verdict) result.Run {
		r := result.Run{Edition: "v0.12", Summary: result.Summary{Checks: map[result.Verdict]int{}, Clauses: map[result.Verdict]int{}}}
		for i, v := range verdicts {
			id := string(rune('a' + i))
			r.Clauses = append(r.Clauses, result.Clause{ID: "auth." + id, Verdict: v, Checks: []string{"auth/" + id}})
			r.Checks = append(r.Checks, result.Check{ID: "auth/" + id, Clauses: []string{"auth." + id}, Verdict: v})
			r.Summary.Checks[v]++
			r.Summary.Clauses[v]++
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	known := func(r *result.Run) { r.Clauses[0].Known, r.Checks[0].Known, r.Summary.Known = "x", "x", 1 }
	interrupted := func(r *result.Run) { r.Interrupted = true }
	codes := []int{result.ExitKept, result.ExitBroken, result.ExitInconclusive, result.ExitHarness, result.ExitInterrupted}
	for name, row := range map[string]struct {
		run  result.Run
		exit int
	}{
		"kept":                     {of(nil, result.Pass), result.ExitKept},
		"less than is required":    {of(func(r *result.Run) { r.Unmet = []string{"x"} }, result.Pass), result.ExitInconclusive},
		"kept in part":             {of(nil, result.Pass, result.Skip), result.ExitKept},
		"nothing judged":           {of(nil, result.Skip), result.ExitInconclusive},
		"nothing at all":           {of(nil), result.ExitInconclusive},
		"broken":                   {of(nil, result.Pass, result.Fail), result.ExitBroken},
		"broken before all else":   {of(interrupted, result.Fail, result.Error, result.Blocked), result.ExitBroken},
		"known":                    {of(known, result.Fail), result.ExitKept},
		"known, and another":       {of(known, result.Fail, result.Fail), result.ExitBroken},
		"known, and passing":       {of(func(r *result.Run) { r.Stale = []string{"auth.a"} }, result.Pass), result.ExitBroken},
		"blocked":                  {of(nil, result.Pass, result.Blocked), result.ExitInconclusive},
		"the harness":              {of(nil, result.Pass, result.Error, result.Blocked), result.ExitHarness},
		"interrupted":              {of(interrupted, result.Pass, result.Blocked), result.ExitInterrupted},
		"interrupted by a failure": {of(interrupted, result.Pass, result.Error), result.ExitHarness},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, code := range codes {
				row.run.ExitCode = code
				wrong := reports.Verify(result.Report{Runs: []result.Run{row.run}})
				assert.Equal(t, code == row.exit, len(wrong) == 0, "%d: %v", code, wrong)
			}
		})
	}
	for name, row := range map[string]struct {
		exits []int
		all   int
	}{
		"all kept":                 {[]int{0, 0}, 0},
		"one is broken":            {[]int{0, 1}, 1},
		"broken comes first":       {[]int{5, 1}, 1},
		"one is without a verdict": {[]int{4, 0}, 4},
		"the harness in one":       {[]int{130, 5}, 5},
		"one was interrupted":      {[]int{4, 130}, 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := map[int]result.Run{
				0: of(nil, result.Pass), 1: of(nil, result.Fail), 4: of(nil, result.Blocked), 5: of(nil, result.Error), 130: of(interrupted, result.Pass),
			}
			var all []result.Run
			for _, exit := range row.exits {
				r := runs[exit]
				r.ExitCode = exit
				all = append(all, r)
			}
			for _, code := range codes {
				wrong := reports.Verify(result.Report{ExitCode: code, Runs: all})
				assert.Equal(t, code == row.all, len(wrong) == 0, "%d: %v", code, wrong)
			}
		})
	}
}

// TestVerifyWithSeveralChecks: a clause is as bad as its worst check, and excused where each failure is.
func TestVerifyWithSeveralChecks(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		checks  []result.Check
		verdict result.Verdict
		known   string
	}{
		"the worst counts":           {[]result.Check{{Verdict: result.Pass}, {Verdict: result.Fail}, {Verdict: result.Skip}}, result.Fail, ""},
		"a pass is more than a skip": {[]result.Check{{Verdict: result.Skip}, {Verdict: result.Pass}}, result.Pass, ""},
		"one of two is known":        {[]result.Check{{Verdict: result.Fail, Known: "x"}, {Verdict: result.Fail}}, result.Fail, ""},
		"both are known":             {[]result.Check{{Verdict: result.Fail, Known: "x"}, {Verdict: result.Fail, Known: "y"}, {Verdict: result.Pass}}, result.Fail, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := result.Run{Summary: result.Summary{Checks: map[result.Verdict]int{}, Clauses: map[result.Verdict]int{row.verdict: 1}}}
			c := result.Clause{ID: "auth.a", Verdict: row.verdict, Known: row.known}
			for i, check := range row.checks {
				check.ID, check.Clauses = string(rune('a'+i)), []string{"auth.a"}
				r.Checks = append(r.Checks, check)
				r.Summary.Checks[check.Verdict]++
				c.Checks = append(c.Checks, check.ID)
			}
			if r.Clauses = []result.Clause{c}; row.known != "" {
				r.Summary.Known = 1
			} else if row.verdict == result.Fail {
				r.ExitCode = result.ExitBroken
			}
			assert.Empty(t, reports.Verify(result.Report{Runs: []result.Run{r}}))
			r.Clauses[0].Verdict = map[bool]result.Verdict{true: result.Fail, false: result.Pass}[row.verdict == result.Pass]
			assert.NotEmpty(t, reports.Verify(result.Report{Runs: []result.Run{r}}))
		})
	}
}
