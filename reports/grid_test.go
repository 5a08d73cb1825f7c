package reports_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// nightly are runs of one gate: all kept, then one promise regressed, then it is broken otherwise, then mended.
func nightly() result.Report {
	r := result.Report{Tool: result.Tool{Name: "vexa-conformance", Version: "v9"}}
	for i, actual := range []string{"", "403", "500", ""} {
		one := run("v0.12", result.ExitKept)
		one.Started = at(0).AddDate(0, 0, i)
		one.Finished = one.Started.Add(time.Duration(i+1) * time.Second)
		one.Target.Name = fmt.Sprintf("http://127.0.0.1:%d", 4000+i)
		one.Clauses, one.Checks = one.Clauses[:2], one.Checks[:2]
		one.Clauses[1].Verdict, one.Checks[1].Verdict = result.Pass, result.Pass
		one.Summary.Clauses = map[result.Verdict]int{result.Pass: 2}
		if actual != "" {
			one.ExitCode, one.Clauses[1].Verdict, one.Checks[1].Verdict = result.ExitBroken, result.Fail, result.Fail
			one.Summary.Clauses = map[result.Verdict]int{result.Pass: 1, result.Fail: 1}
			one.Causes = []result.Cause{{ID: "cause-" + actual, Sentence: actual, Clauses: []string{"auth.missing-key"}, Checks: []string{"auth/missing-key/getMe"}}}
		}
		r.Runs = append(r.Runs, one)
	}
	return r
}

func htmlOf(t *testing.T, r result.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, reports.HTML(&b, r))
	return b.String()
}

// TestGrid: a grid says what each run found out in words and marks, what changed since the run before, and leads to the
// exchange that shows it.
func TestGrid(t *testing.T) {
	t.Parallel()
	r := nightly()
	page := htmlOf(t, r)
	for _, want := range []string{
		`<td class="pass"><a href="#v0.12%2fauth.missing-key"><span class="mark" aria-hidden="true">✓</span> kept</a></td>` +
			`<td class="fail"><a href="#v0.12-2%2fauth%2fmissing-key%2fgetMe%2fevidence"><span class="mark" aria-hidden="true">✗</span> broken</a> <strong class="change">regressed</strong></td>`,
		`<strong class="change">still broken, otherwise</strong>`, `<strong class="change">fixed</strong>`, `1 changed from one run to the next`,
		`data-verdict="pass fail" data-changed`,
	} {
		assert.Contains(t, page, want)
	}
	assert.Equal(t, 1, strings.Count(page, "data-changed>"), "only the row that changed")
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	ids := map[string]bool{}
	var links []string
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" {
				assert.False(t, ids[a.Val], "%s is there twice", a.Val)
				ids[a.Val] = true
			}
			if a.Key == "href" && strings.HasPrefix(a.Val, "#") {
				links = append(links, strings.ReplaceAll(a.Val[1:], "%2f", "/"))
			}
		}
	}
	for _, to := range links {
		assert.True(t, ids[to], "nothing on the page is %s", to)
	}
	var b bytes.Buffer
	require.NoError(t, reports.Grid(&b, r))
	assert.Contains(t, b.String(), "| `auth.missing-key` | ✅ kept | ❌ broken (regressed) | ❌ broken (still broken, otherwise) | ✅ kept (fixed) |")
	assert.NotContains(t, htmlOf(t, result.Report{Runs: r.Runs[:1]}), `id="grid"`)
	other := nightly()
	other.Runs[1].Edition, other.Runs[1].Clauses = "v0.10", other.Runs[1].Clauses[:1]
	b.Reset()
	require.NoError(t, reports.Grid(&b, result.Report{Runs: other.Runs[:2]}))
	assert.Contains(t, b.String(), "| `auth.missing-key` | ✅ kept | not in this run |", "what only one edition has did not change")
}

// TestHistory: runs over time are one history whatever their addresses, in all formats that people read, and runs beside
// each other are none.
func TestHistory(t *testing.T) {
	t.Parallel()
	r := nightly()
	assert.NotContains(t, htmlOf(t, r), `class="history"`, "four targets")
	r.OverTime = true
	page := htmlOf(t, r)
	const sentence = "4 runs from 2026-11-24 12:00 to 2026-11-27 12:00, 100.0 % of tested clauses hold at first and 100.0 % now, 1 regression"
	for _, want := range []string{
		sentence, "2026-11-25 12:00: 1 regression</title>", "2026-11-27 12:00: 4.0 s</title>", "50.0 % kept, not conformant</title>",
		"<td>50.0 % (1 of 2)</td><td>1</td><td>0</td><td>2.0 s</td>", "<td>0</td><td>1</td><td>4.0 s</td>",
	} {
		assert.Contains(t, page, want)
	}
	var markdown, text bytes.Buffer
	require.NoError(t, reports.Markdown(&markdown, r))
	assert.Contains(t, markdown.String(), sentence)
	assert.Contains(t, markdown.String(), "| 2026-11-25 12:00 | not conformant | 50.0 % (1 of 2) | 1 | - | 2.0 s |")
	require.NoError(t, reports.Terminal(&text, r, reports.TerminalOptions{Width: 100, Quiet: true}))
	assert.Contains(t, text.String(), sentence)
	assert.Equal(t, 1, strings.Count(text.String(), ": all 2 tested clauses hold"), "only the latest run is shown in full")
	for i := range r.Runs {
		r.Runs[i].Target.Name = "http://target"
	}
	r.OverTime = false
	assert.Contains(t, htmlOf(t, r), `class="history"`, "the same target at several times")
	for range 10 {
		r.Runs = append(r.Runs, r.Runs[3])
	}
	page = htmlOf(t, r)
	assert.Contains(t, page, "8 older runs are in the history only")
	assert.Equal(t, 6, strings.Count(page, `class="run"`))
	assert.Equal(t, 14, strings.Count(page, "% kept, "))
}
