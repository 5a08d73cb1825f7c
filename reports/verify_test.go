package reports_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// TestVerify changes one thing at a time in a report that adds up.
func TestVerify(t *testing.T) {
	t.Parallel()
	sound := func() result.Report {
		r := result.Run{
			Edition: "v0.12", ExitCode: result.ExitBroken,
			Clauses: []result.Clause{{ID: "auth.a", Verdict: result.Fail, Checks: []string{"auth/a"}}, {ID: "auth.b", Verdict: result.Pass, Checks: []string{"auth/b"}}},
			Checks:  []result.Check{{ID: "auth/a", Clauses: []string{"auth.a"}, Verdict: result.Fail}, {ID: "auth/b", Clauses: []string{"auth.b"}, Verdict: result.Pass}},
		}
		r.Summary = result.Summarize(r)
		return result.Report{ExitCode: result.ExitBroken, Runs: []result.Run{r}}
	}
	assert.Empty(t, reports.Verify(sound()))
	for name, row := range map[string]struct {
		change func(*result.Report)
		says   string
	}{
		"a clause that is better than its check": {func(r *result.Report) { r.Runs[0].Clauses[0].Verdict = result.Pass }, "auth.a is pass, and its checks come to fail"},
		"an exit code":                           {func(r *result.Report) { r.Runs[0].ExitCode = 0 }, "the exit code is 0, and the clauses come to 1"},
		"a count of checks":                      {func(r *result.Report) { r.Runs[0].Summary.Checks[result.Pass] = 2 }, "the summary is {Checks:map[blocked:0 error:0 fail:1 pass:2"},
		"a count of excuses":                     {func(r *result.Report) { r.Runs[0].Summary.Known = 1 }, "come to"},
		"an excuse that its check does not have": {func(r *result.Report) { r.Runs[0].Clauses[0].Known = "x" }, "auth.a is excused, and not each of its failures is"},
		"the exit code of all":                   {func(r *result.Report) { r.Runs, r.ExitCode = append(r.Runs, sound().Runs[0]), 0 }, "the exit code of all runs is 0, and theirs come to 1"},
	} {
		r := sound()
		row.change(&r)
		assert.Contains(t, strings.Join(reports.Verify(r), "\n"), row.says, name)
	}
}
