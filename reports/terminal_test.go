package reports_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

func printed(t *testing.T, r result.Report, o reports.TerminalOptions) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, reports.Terminal(&b, r, o))
	return b.String()
}

func TestTerminalTellsABrokenPromise(t *testing.T) {
	t.Parallel()
	text := printed(t, report(run("v0.12", result.ExitBroken)), reports.TerminalOptions{Width: 80})
	for _, want := range []string{
		"BROKEN  auth.missing-key  (must, Errors: Status codes)",
		"  The promise of auth.missing-key.",
		"  auth/missing-key/getMe\n    Expected: 401 {\"detail\": \"Missing API key\"}\n    Actual:   ]]><script>",
		"    curl -sS -i 'http://target/auth/me'",
		"BLOCKED  1 check could not be tested: because of blocked",
		"HARNESS ERROR  bots/accepted",
		"Not tested (1): this version of the program has no check for it\n  stream.opens",
		"2 requests were throttled (429), waited out, and not tested.",
		"getMe 200: /x: value must be a text (2)",
		"Note: the token 7 of the run is still valid",
	} {
		assert.Contains(t, text, want)
	}
	assert.True(t, strings.HasSuffix(text, "v0.12  http://target  not conformant: 1 clause broken (auth.missing-key); 1 of 2 tested clauses hold; 2 not tested\n"), text)
	assert.NotContains(t, text, "\x1b", "no colour, and nothing of what a target sends to terminals")
	assert.Contains(t, text, `␛[2J␀<U+202E>`)
}

func TestTerminalColoursOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	assert.Contains(t, printed(t, report(run("v0.12", 1)), reports.TerminalOptions{Width: 80, Color: true}), "\x1b[31mBROKEN\x1b[0m")
}

func TestTerminalQuietAndVerbose(t *testing.T) {
	t.Parallel()
	quiet := printed(t, report(run("v0.10", 1), run("v0.12", 1)), reports.TerminalOptions{Width: 80, Quiet: true})
	assert.Equal(t, 2, strings.Count(quiet, "\n"))
	verbose := printed(t, report(run("v0.12", 1)), reports.TerminalOptions{Width: 80, Verbose: true})
	assert.Contains(t, verbose, "pass auth/unknown-key/getMe (12.5 ms)\n")
	assert.Contains(t, verbose, "skip agent/file-absent (12.5 ms): because of skip\n")
}

func TestTerminalVerdicts(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		exit        int
		interrupted bool
		says        string
	}{
		"kept":         {result.ExitKept, false, "no clause broken: 1 of 6 tested; 2 not tested"},
		"inconclusive": {result.ExitInconclusive, false, "inconclusive: 1 clauses hold, 1 have no verdict; 2 not tested"},
		"harness":      {result.ExitHarness, false, "the harness failed, which says nothing of the target; 2 not tested"},
		"interrupted":  {result.ExitInterrupted, true, "interrupted: 1 clauses tested by then, all hold; 2 not tested"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run("v0.12", row.exit)
			r.Interrupted = row.interrupted
			r.Clauses[1].Verdict, r.Summary.Clauses[result.Fail] = result.Skip, 0
			assert.Contains(t, printed(t, report(r), reports.TerminalOptions{Width: 80}), row.says)
		})
	}
}

func TestTerminalShowsFewOfManyAlike(t *testing.T) {
	t.Parallel()
	r := run("v0.12", 1)
	for _, op := range []string{"a", "b", "c", "d", "e"} {
		r.Checks = append(r.Checks, check("auth/missing-key/"+op, "auth.missing-key", result.Fail))
	}
	text := printed(t, report(r), reports.TerminalOptions{Width: 80})
	assert.Equal(t, 3, strings.Count(text, "    Expected: "))
	assert.Contains(t, text, "and 3 more: auth/missing-key/c, auth/missing-key/d, auth/missing-key/e")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestTerminalTellsThatItCouldNotPrint(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, reports.Terminal(full{}, report(run("v0.12", 1)), reports.TerminalOptions{Width: 80}), "no space left")
}
