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
