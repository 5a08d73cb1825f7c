package reports_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// TestDeviationsAreShown with what each side alone answered.
func TestDeviationsAreShown(t *testing.T) {
	t.Parallel()
	all := []result.Deviation{{Check: "auth/a", Operation: "getMe", Caller: "owner", A: []string{"401 text/plain no"}, B: []string{"403 text/plain no"}}}
	var text, raw bytes.Buffer
	require.NoError(t, reports.DeviationsTerminal(&text, "http://a", "http://b", all, reports.TerminalOptions{}))
	assert.Equal(t, "getMe by owner  (auth/a)\n  only A: 401 text/plain no\n  only B: 403 text/plain no\nA http://a\nB http://b\ndifferent answers to 1 kind of request\n", text.String())
	require.NoError(t, reports.DeviationsJSON(&raw, "http://a", "http://b", all))
	assert.Equal(t, "vexa-conformance/compare/v1 http://a http://b getMe", gjson.GetBytes(raw.Bytes(), "schema").String()+" "+
		gjson.GetBytes(raw.Bytes(), "a").String()+" "+gjson.GetBytes(raw.Bytes(), "b").String()+" "+gjson.GetBytes(raw.Bytes(), "deviations.0.operation").String())
}

// TestRunsAreMatched by edition and kind, and two single ones whatever they are.
func TestRunsAreMatched(t *testing.T) {
	t.Parallel()
	kept := func(edition string, v result.Verdict) result.Run {
		r := one(v, v, "").Runs[0]
		r.Edition = edition
		return r
	}
	old, now, broken := kept("v0.10", result.Pass), kept("v0.12", result.Pass), kept("v0.12", result.Fail)
	vanished := reports.Difference{Run: "v0.10", ID: "v0.10", Clause: true, Change: reports.Vanished, Before: "judged", After: "no run of it"}
	for name, row := range map[string]struct {
		before, after result.Report
		want          []reports.Difference
		failed        bool
	}{
		"moved to another edition": {report(old), report(now), []reports.Difference{}, false},
		"another one besides": {report(old), report(old, now), []reports.Difference{
			{Run: "v0.12", ID: "auth.a", Clause: true, Change: reports.New, Before: "absent", After: "pass"},
			{Run: "v0.12", ID: "auth/a", Change: reports.New, Before: "absent", After: "pass"},
		}, false},
		"one of two is gone": {report(old, now), report(now), []reports.Difference{vanished}, true},
		"what comes after it": {report(old, now), report(broken), []reports.Difference{
			vanished,
			{Run: "v0.12", ID: "auth.a", Clause: true, Change: reports.Regressed, Before: "pass", After: "fail"},
			{Run: "v0.12", ID: "auth/a", Change: reports.Regressed, Before: "pass", After: "fail"},
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := reports.Diff(row.before, row.after, reports.DiffOptions{})
			assert.Equal(t, row.want, c.Differences)
			assert.Equal(t, row.failed, c.Failed)
		})
	}
}

func TestDiffsInMarkdownAreBounded(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, reports.DiffMarkdown(&b, reports.Comparison{}))
	assert.NotContains(t, b.String(), "|", "no table of nothing")
	b.Reset()
	var c reports.Comparison
	for range 500 {
		c.Differences = append(c.Differences, reports.Difference{ID: "auth.a", Change: reports.Otherwise, Before: "403 before it", After: "404 after it", Run: "v0.12"})
	}
	c.Differences = append(c.Differences, c.Differences...)
	require.NoError(t, reports.DiffMarkdown(&b, c))
	assert.LessOrEqual(t, b.Len(), 60_000)
	assert.Greater(t, b.Len(), 59_000, "what fits is there")
}
