package reports_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// TestBetterEdition: the note is in the header of each format that people read, since every verdict below it is of the wrong
// contract.
func TestBetterEdition(t *testing.T) {
	t.Parallel()
	r := run("v0.10", result.ExitBroken)
	const says = "tested with --edition v0.10, but v0.12 fits better"
	assert.NotContains(t, printed(t, report(r), reports.TerminalOptions{Width: 300}), says)
	r.FitsBetter = &result.Detected{Edition: "v0.12", Confidence: result.HighConfidence, Evidence: []result.Evidence{}}
	assert.Contains(t, printed(t, report(r), reports.TerminalOptions{Width: 300}), says)
	var markdown, page bytes.Buffer
	require.NoError(t, reports.Markdown(&markdown, report(r)))
	require.NoError(t, reports.HTML(&page, report(r)))
	assert.Contains(t, rendered(t, markdown.String()), says)
	assert.Contains(t, page.String(), says)
	require.NoError(t, schema(t).Validate(written(t, report(r))))
}

// TestSentence: a run is conformant only if all that applies was judged, and otherwise says how little was.
func TestSentence(t *testing.T) {
	t.Parallel()
	of := func(change func(*result.Run), verdicts ...result.Verdict) result.Run {
		r := result.Run{Edition: "v0.12", Summary: result.Summary{Clauses: map[result.Verdict]int{}}}
		for _, v := range verdicts {
			r.Clauses = append(r.Clauses, result.Clause{ID: "auth." + string(v), Verdict: v})
			r.Summary.Clauses[v]++
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	none := func(r *result.Run) { r.Summary.NotApplicable = 1 }
	for name, row := range map[string]struct {
		run  result.Run
		says string
	}{
		"all":                    {of(nil, result.Pass, result.Pass), "conformant: all 2 tested clauses hold"},
		"all that applies":       {of(none, result.Pass, result.Skip), "conformant: 1 tested clause holds; 1 not applicable here"},
		"some, for want of keys": {of(nil, result.Pass, result.Skip), "no clause broken: 1 of 2 tested; 1 not tested"},
		"some, and some that do not apply": {of(func(r *result.Run) {
			r.Summary = result.Summary{Clauses: r.Summary.Clauses, NotApplicable: 1, NeedAllow: 1, Allow: "observe,write,bots"}
			r.Target.Allowed = []string{"observe", "write"}
		}, result.Pass, result.Skip, result.Skip, result.Skip), "no clause broken: 1 of 3 tested; 1 not tested without --allow +bots; 1 for other reasons; 1 not applicable here"},
		"some, and a known failure": {of(func(r *result.Run) { r.Clauses[1].Known, r.Summary.Known = "x", 1 }, result.Pass, result.Fail, result.Skip),
			"no clause broken except known failures: 2 of 3 tested, 1 of them hold; 1 known failure (auth.fail); 1 not tested"},
		"less than is required": {of(func(r *result.Run) {
			r.ExitCode, r.Unmet = result.ExitInconclusive, []string{"--require x: no verdict on x"}
		}, result.Pass, result.Skip),
			"inconclusive: no clause broken, and 1 of 2 tested; 1 not tested; --require x: no verdict on x"},
		"nothing": {of(func(r *result.Run) {
			r.ExitCode, r.Clauses[0].Reason, r.Clauses[1].Reason, r.Clauses[2].Reason = result.ExitInconclusive, "it rains: 7 mm", "it snows", "it snows"
		}, result.Skip, result.Skip, result.Skip), "inconclusive: nothing was tested, since it snows; it rains; 3 not tested"},
	} {
		assert.Equal(t, row.says, reports.Sentence(row.run), name)
	}
}
