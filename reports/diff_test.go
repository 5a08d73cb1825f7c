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

func nothing(string) bool { return false }

func TestDiff(t *testing.T) {
	t.Parallel()
	pass, fail, skip := one(result.Pass, result.Pass, ""), one(result.Fail, result.Fail, `403 {"id": 17}`), one(result.Skip, result.Skip, "")
	empty := report(result.Run{Edition: "v0.12"})
	for name, row := range map[string]struct {
		before, after result.Report
		change        reports.Change
		failed        bool
	}{
		"regressed":                {pass, fail, reports.Regressed, true},
		"regressed from nothing":   {empty, fail, reports.Regressed, true},
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
			c := reports.Diff(row.before, row.after, nothing)
			assert.Equal(t, row.failed, c.Failed)
			if row.change == "" {
				assert.Empty(t, c.Differences)
				assert.Equal(t, "nothing changed", c.Sentence())
				return
			}
			assert.True(t, slices.ContainsFunc(c.Differences, func(d reports.Difference) bool { return d.Change == row.change }), "%v", c.Differences)
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

func TestWhatMayVanish(t *testing.T) {
	t.Parallel()
	c := reports.Diff(one(result.Pass, result.Pass, ""), report(result.Run{Edition: "v0.12"}), func(id string) bool { return id == "auth.a" || id == "auth/a" })
	assert.False(t, c.Failed)
	assert.ElementsMatch(t, []string{"auth.a", "auth/a"}, c.Allowed)
}

func TestARunThatVanishes(t *testing.T) {
	t.Parallel()
	both := report(run("v0.10", 0), run("v0.12", 0))
	c := reports.Diff(both, report(run("v0.12", 0), run("v0.12", 0)), nothing)
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
			Coverage: []result.Coverage{{Operation: "getMe", Status: 401, Clauses: []string{"auth.a"}, State: result.Judged, Seen: 1}},
		}
		return result.Report{ExitCode: result.ExitBroken, Runs: []result.Run{r}}
	}
	require.Empty(t, reports.Verify(sound()))
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
		"a check that is not named":              {func(r *result.Run) { r.Clauses[0].Checks = nil }, "does not name its check auth/a"},
		"a check of no clause":                   {func(r *result.Run) { r.Checks[0].Clauses = append(r.Checks[0].Clauses, "auth.c") }, "of the clause auth.c"},
		"coverage that nobody saw":               {func(r *result.Run) { r.Coverage[0].Seen = 0 }, "getMe 401 counts as judged, and was not seen"},
		"coverage without a verdict":             {func(r *result.Run) { r.Coverage[0].Clauses = []string{"auth.z"} }, "no check of its clauses has a verdict"},
		"an exclusion without a reason":          {func(r *result.Run) { r.Coverage[0].State = result.Excluded }, "excluded without a reason"},
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

// TestDeviations: ids, times, tokens and the order of members are set aside, and nothing else.
func TestDeviations(t *testing.T) {
	t.Parallel()
	answers := func(status int, bodies ...string) result.Run {
		c := result.Check{ID: "auth/a", Verdict: result.Pass}
		for _, body := range bodies {
			c.Exchanges = append(c.Exchanges, result.Exchange{Operation: "getMe", Caller: "owner", Response: &result.Response{
				Status: status, Headers: result.Header{"Content-Type": {"application/json"}}, Body: body,
			}})
		}
		return result.Run{Checks: []result.Check{c}}
	}
	const body = `{"id": 1, "at": "2026-11-24T12:00:00Z", "key": "$SECRET_12", "email": "a@b.c", "list": [1, 2], "on": true}`
	for name, row := range map[string]struct {
		a, b result.Run
		n    int
	}{
		"other ids and times":   {answers(200, body), answers(200, `{"on": true, "at": "2027-01-02T12:00:00.5+00:00", "list": [3], "id": 99, "email": "x@y.z", "key": "$SECRET_9"}`), 0},
		"asked more often":      {answers(200, body), answers(200, body, body), 0},
		"another status":        {answers(200, body), answers(201, body), 1},
		"another detail":        {answers(404, `{"detail": "Meeting not found"}`), answers(404, `{"detail": "Not found"}`), 1},
		"another flag":          {answers(200, `{"on": true}`), answers(200, `{"on": false}`), 1},
		"a member more":         {answers(200, `{"id": 1}`), answers(200, `{"id": 1, "more": null}`), 1},
		"a number for a text":   {answers(200, `{"id": 1}`), answers(200, `{"id": "one"}`), 1},
		"one answer out of two": {answers(200, `{"a": 1}`, `{"b": 1}`), answers(200, `{"a": 1}`), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := reports.Deviations(row.a, row.b)
			assert.Len(t, all, row.n, "%v", all)
			var text bytes.Buffer
			require.NoError(t, reports.DeviationsTerminal(&text, "http://a", "http://b", all, reports.TerminalOptions{}))
			if row.n > 0 {
				assert.Contains(t, text.String(), "different answers to 1 kind of request")
			} else {
				assert.Contains(t, text.String(), "the same answers")
			}
		})
	}
}
