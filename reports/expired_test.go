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

// TestExpired: every format says of a failure whose excuse is over that it is, with the reason, and a badge is as it would be
// without the excuse.
func TestExpired(t *testing.T) {
	t.Parallel()
	const reason = "mended soon, until 2020-01-01"
	formats := map[string]func(*bytes.Buffer, result.Report) error{
		"terminal": func(b *bytes.Buffer, r result.Report) error {
			return reports.Terminal(b, r, reports.TerminalOptions{Width: 100})
		},
		"junit":    func(b *bytes.Buffer, r result.Report) error { return reports.JUnit(b, r) },
		"html":     func(b *bytes.Buffer, r result.Report) error { return reports.HTML(b, r) },
		"markdown": func(b *bytes.Buffer, r result.Report) error { return reports.Markdown(b, r) },
	}
	plain, over := because("403 x", "x"), because("403 x", "x")
	run := &over.Runs[0]
	run.Clauses[0].Expired, run.Checks[0].Expired, run.Causes[0].Expired = reason, reason, reason
	for name, write := range formats {
		var with, without bytes.Buffer
		require.NoError(t, write(&with, over))
		require.NoError(t, write(&without, plain))
		text := with.String()
		if name == "markdown" {
			text = rendered(t, text)
		}
		assert.Contains(t, text, "EXPIRED known failure: "+reason, name)
		assert.NotContains(t, without.String(), "EXPIRED", name)
	}
	var raw, badge, same bytes.Buffer
	require.NoError(t, reports.JSON(&raw, over))
	for _, path := range []string{"clauses.0.expired", "checks.0.expired", "causes.0.expired"} {
		assert.Equal(t, reason, gjson.GetBytes(raw.Bytes(), path).Str, path)
	}
	require.NoError(t, reports.Badge(&badge, over))
	require.NoError(t, reports.Badge(&same, plain))
	assert.Equal(t, same.String(), badge.String())
}

// TestOwnersAreShown: one line says who owns a cause or a blocked check, and what to do next.
func TestOwnersAreShown(t *testing.T) {
	t.Parallel()
	r := because("503 x", "x")
	run := &r.Runs[0]
	run.Causes[0].Owner, run.Causes[0].Next = result.OwnerSetup, "bring the backend up"
	blocked := result.Check{ID: "auth/b", Clauses: []string{"auth.b"}, Verdict: result.Blocked, Reason: "it was answered 504", Owner: result.OwnerSetup, Next: "look at the proxy"}
	run.Checks = append(run.Checks, blocked)
	run.Clauses = append(run.Clauses, result.Clause{ID: "auth.b", Verdict: result.Blocked, Reason: blocked.Reason, Checks: []string{"auth/b"}})
	for name, write := range map[string]func(*bytes.Buffer) error{
		"terminal": func(b *bytes.Buffer) error { return reports.Terminal(b, r, reports.TerminalOptions{Width: 100}) },
		"html":     func(b *bytes.Buffer) error { return reports.HTML(b, r) },
		"markdown": func(b *bytes.Buffer) error { return reports.Markdown(b, r) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b), name)
		assert.Contains(t, b.String(), "looks like your setup; next: bring the backend up", name)
		assert.Contains(t, b.String(), "looks like your setup; next: look at the proxy", name)
	}
}

// TestSentencesQuoteCode: what a sentence quotes between backticks is code in Markdown and HTML, whatever a target has written there.
func TestSentencesQuoteCode(t *testing.T) {
	t.Parallel()
	r := because("500", "x")
	r.Runs[0].Causes[0].Sentence = "POST /bots answers 500 `<b>*Error*</b>` to bad input"
	var markdown, page bytes.Buffer
	require.NoError(t, reports.Markdown(&markdown, r))
	require.NoError(t, reports.HTML(&page, r))
	for _, text := range []string{rendered(t, markdown.String()), page.String()} {
		assert.Contains(t, text, "POST /bots answers 500 <code>&lt;b&gt;*Error*&lt;/b&gt;</code> to bad input")
	}
}
