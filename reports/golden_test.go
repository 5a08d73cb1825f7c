package reports_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// update rewrites the golden files: look at the difference before it is committed.
var update = flag.Bool("update", false, "rewrite testdata/golden")

func at(ms int) time.Time {
	return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

// asked is an exchange of an operation by a caller.
func asked(operation, caller string, status int, body string) result.Exchange {
	return result.Exchange{
		Operation: operation, Caller: caller, Started: at(100), DurationMS: 2,
		Request:  result.Request{Method: "POST", URL: "http://target/bots?a=1&b=2", Headers: result.Header{"X-Api-Key": {"$VEXA_API_KEY_BOT"}}, Body: `{"a":1}`},
		Response: &result.Response{Status: status, Headers: result.Header{"Content-Type": {"application/json"}, "Location": {"/x"}}, Body: body, Protocol: "HTTP/1.1"},
		Curl:     "curl -sS -i 'http://target/bots'",
	}
}

// everything is a report with something of each kind in it: every verdict, known failures, more checks and exchanges than are
// shown, checks side by side in time, throttling, drift, a description, notes, coverage.
func everything() result.Report {
	r := result.Run{
		Edition: "v0.12", Target: result.Target{Name: "http://target", BaseURL: "http://target", Allowed: []string{"observe", "write"}}, Seed: 7,
		Started: at(0), Finished: at(1500), ExitCode: result.ExitBroken, Setup: []result.Exchange{asked("createUser", "admin", 201, `{"id":1}`)},
		Drift:     []result.Drift{},
		Described: &result.Described{URL: "http://target/openapi.json", Missing: []string{"GET /gone"}, Undocumented: []string{"GET /more"}, Differences: []string{"GET /x: it has a query parameter y"}},
		Notes:     []string{"the token 5 of the run is still valid"}, Stale: []string{"auth.unknown-key"},
		Coverage: []result.Coverage{
			{Operation: "createBot", Method: "POST", Path: "/bots", Status: 401, Clauses: []string{"auth.missing-key"}, State: result.Judged, Seen: 3},
			{Operation: "createBot", Method: "POST", Path: "/bots", Status: 201, Clauses: []string{}, State: result.Excluded, Reason: "reported as drift"},
			{Operation: "createBot", Method: "POST", Path: "/bots", Scope: "tx", Clauses: []string{"scope.matrix"}, State: result.Unseen, Reason: "no such answer"},
			{Operation: "getMe", Method: "GET", Path: "/auth/me", Status: 401, Clauses: []string{"auth.missing-key"}, State: result.Judged, Seen: 1},
		},
	}
	for i := range 12 {
		r.Drift = append(r.Drift, result.Drift{Operation: "getMe", Status: 200, Message: fmt.Sprintf("/x%d: value must be a text", i), Count: i + 1})
	}
	add := func(id, clause string, v result.Verdict, known string, from, ms int, exchanges ...result.Exchange) {
		c := result.Check{ID: id, Clauses: []string{clause}, Verdict: v, Known: known, Started: at(from), DurationMS: float64(ms), Exchanges: exchanges}
		switch v {
		case result.Fail:
			c.Expected, c.Actual = `401 {"detail": "Missing API key"} or so`, `403 {"detail": "Not with me"} or so`
		case result.Pass:
		default:
			c.Reason = "the reason of " + id
		}
		r.Checks = append(r.Checks, c)
	}
	shown := asked("createBot", "no key", 403, `{"detail":"Not with me","list":[1,{"a":null}]}`)
	shown.Evidence = true
	nowhere, throttled, lost := asked("createBot", "no key", 404, ""), asked("createBot", "owner", 429, ""), asked("createBot", "owner", 0, "")
	nowhere.Nowhere, throttled.Throttled = true, true
	lost.Response, lost.Error = nil, "the connection was closed"
	many := []result.Exchange{asked("createBot", "owner", 201, "{}"), shown, nowhere, throttled, lost, asked("createBot", "owner", 500, "no JSON \x1b")}
	for i := range 5 {
		add(fmt.Sprintf("auth/missing-key/op%d", i), "auth.missing-key", result.Fail, "", 10*i, 25, many...)
	}
	add("auth/unknown-key/createBot", "auth.unknown-key", result.Pass, "", 30, 400, asked("createBot", "unknown key", 401, ""), asked("createBot", "unknown key", 401, ""),
		asked("getMe", "bot key", 200, ""), asked("getMe", "tx key", 200, ""), asked("getMe", "browser key", 200, ""), asked("getMe", "other user", 404, ""), asked("getMe", "admin", 403, ""))
	add("scope/denied/createBot", "scope.denied", result.Fail, "an old bug (http://tracker/1)", 500, 100, shown)
	add("bots/stopped", "bots.stopped", result.Blocked, "", 600, 900, lost)
	add("bots/accepted", "bots.accepted", result.Error, "", 700, 1)
	add("agent/file-absent", "agent.file-absent", result.Skip, "", 0, 0)
	r.Checks[5].Clauses = append(r.Checks[5].Clauses, "envelope.detail")
	r.Causes = []result.Cause{
		{
			ID: "any-operation-403-not-with-me-0a1b2c3d", Operations: []string{"POST /bots"}, Clauses: []string{"auth.missing-key"},
			Sentence: `POST /bots answers 403 {"detail": "Not with me"} to a request without a key, where 401 is documented`, Exchange: &shown,
			Owner: result.OwnerSetup, Next: "a backend is down: bring it up", Expired: "a promise of <mending>, until 2026-01-01",
			Checks: []string{"auth/missing-key/op0", "auth/missing-key/op1", "auth/missing-key/op2", "auth/missing-key/op3", "auth/missing-key/op4"},
		},
		{
			ID: "bots-403-denied-4e5f6071", Operations: []string{}, Clauses: []string{"scope.denied"}, Checks: []string{"scope/denied/createBot"},
			Sentence: "scope.denied: expected: a\x1b refusal; got: nothing", Known: "an old bug (http://tracker/1)",
			Owner: result.OwnerRelease, Next: "nothing",
		},
	}
	r.Checks[0].Expired = "a promise of <mending>, until 2026-01-01"
	for i := range r.Checks {
		if r.Checks[i].Verdict == result.Blocked {
			r.Checks[i].Owner, r.Checks[i].Next = result.OwnerSetup, "look at its log"
		}
	}
	clauses := []struct {
		id, source, strength string
		verdict              result.Verdict
		known                string
	}{
		{"envelope.detail", "Errors: top of page", "must", result.Pass, ""}, {"auth.missing-key", "Errors: 401", "must", result.Fail, ""},
		{"auth.unknown-key", "Errors: 401", "should", result.Pass, ""}, {"scope.denied", "Errors: top of page", "must", result.Fail, "an old bug (http://tracker/1)"},
		{"bots.stopped", "Errors: 404", "must", result.Blocked, ""}, {"bots.accepted", "Errors: 202", "must", result.Error, ""}, {"agent.file-absent", "Errors: 404", "must", result.Skip, ""},
	}
	r.Summary = result.Summary{Checks: map[result.Verdict]int{}, Clauses: map[result.Verdict]int{}, Exchanges: 40, Throttled: 5, Known: 1}
	for _, c := range clauses {
		out := result.Clause{ID: c.id, Promise: "The `detail` of " + c.id + ".", Source: c.source, Strength: c.strength, Verdict: c.verdict, Known: c.known, Checks: []string{}}
		for _, check := range r.Checks {
			if strings.Contains(strings.Join(check.Clauses, " "), c.id) {
				out.Checks = append(out.Checks, check.ID)
			}
		}
		if c.id == "auth.missing-key" {
			out.Expired = r.Checks[0].Expired
		}
		if c.verdict != result.Pass && c.verdict != result.Fail {
			out.Reason = "the reason of " + c.id
		}
		r.Clauses = append(r.Clauses, out)
		r.Summary.Clauses[c.verdict]++
	}
	for _, check := range r.Checks {
		r.Summary.Checks[check.Verdict]++
	}
	kept := run("v0.10", result.ExitKept)
	kept.Target.Hosted = true
	kept.Checks, kept.Clauses = kept.Checks[:1], kept.Clauses[:1]
	kept.Summary.Clauses = map[result.Verdict]int{result.Pass: 1}
	return result.Report{Tool: result.Tool{Name: "vexa-conformance", Version: "v9"}, Started: at(0), Finished: at(2000), ExitCode: 1, Runs: []result.Run{r, kept}}
}

// proof is a proof with a fault of each outcome.
func proof() result.Proof {
	p := result.Proof{
		Tool: result.Tool{Name: "vexa-conformance", Version: "v9"}, Started: at(0), Finished: at(61_000), Problems: []string{"v0.12: x missed: y"},
		Summary: result.ProofSummary{Faults: 5, Caught: 2, Undetectable: 1, Missed: 1, Alarms: 1, Variations: 2, Checks: 3, Idle: 1, ByKind: map[result.FaultKind]int{result.Written: 2, result.Generated: 3},
			Sorts: []result.FaultSort{{Sort: "status changed", Faults: 3, Caught: 1}, {Sort: "detail reworded", Faults: 2, Caught: 1, Undetectable: 1}}},
	}
	d := result.Proven{Edition: "v0.12", Hosted: true, Checks: []result.ProvenCheck{{ID: "auth/a", Catches: 2}, {ID: "auth/b"}}}
	for _, f := range []result.ProvenFault{
		{Name: "caught", Clauses: []string{"auth.a"}, Outcome: result.Caught, Red: []string{"1", "2", "3", "4", "5", "6", "7", "8"}},
		{Name: "refused", Outcome: result.Caught, Blocked: []string{"1", "2"}},
		{Name: "undetectable", Clauses: []string{"auth.a"}, Outcome: result.Undetectable, Reason: "nobody can know"},
		{Name: "missed", Clauses: []string{"bots.a"}, Outcome: result.Missed, Reason: "no check failed"},
		{Name: "alarm", Clauses: []string{"bots.a"}, Outcome: result.Alarm, Reason: "it does not break auth.b", Red: []string{"auth/b"}},
	} {
		f.Breaks = "what " + f.Name + " breaks"
		d.Faults = append(d.Faults, f)
	}
	d.Variations = []result.ProvenFault{{Name: "quiet", Breaks: "differs", Outcome: result.Quiet}, {Name: "loud", Breaks: "differs", Outcome: result.Alarm, Reason: "it is legal"}}
	p.Deployments = []result.Proven{d, {Edition: "v0.10"}}
	return p
}

// TestGolden compares every format with what was looked at and found good: see testdata/golden.
func TestGolden(t *testing.T) {
	t.Parallel()
	before := everything()
	before.Runs[0].Checks[0].Actual = "500 then"
	before.Runs[0].Checks[5].Verdict = result.Skip
	before.Runs[0].Clauses[2].Verdict = result.Skip
	before.Runs[0].Causes[0].Checks = before.Runs[0].Causes[0].Checks[1:]
	before.Runs[0].Causes = append(before.Runs[0].Causes, result.Cause{
		ID: "post-bots-500-11223344", Sentence: "POST /bots answers 500", Operations: []string{"POST /bots"}, Clauses: []string{"auth.missing-key"},
		Checks: []string{"auth/missing-key/op0"},
	})
	comparison := reports.Diff(before, everything(), reports.DiffOptions{})
	backwards := reports.Diff(everything(), before, reports.DiffOptions{})
	wide := reports.TerminalOptions{Width: 100}
	for name, write := range map[string]func(io.Writer) error{
		"report.html": func(w io.Writer) error { return reports.HTML(w, everything()) },
		"report.md":   func(w io.Writer) error { return reports.Markdown(w, everything()) },
		"report.xml":  func(w io.Writer) error { return reports.JUnit(w, everything()) },
		"report.har":  func(w io.Writer) error { return reports.HAR(w, everything()) },
		"report.svg":  func(w io.Writer) error { return reports.SVG(w, everything()) },
		"report.txt":  func(w io.Writer) error { return reports.Terminal(w, everything(), wide) },
		"verbose.txt": func(w io.Writer) error {
			return reports.Terminal(w, everything(), reports.TerminalOptions{Width: 60, Verbose: true, Color: true})
		},
		"proof.txt": func(w io.Writer) error {
			return reports.ProofTerminal(w, proof(), reports.TerminalOptions{Width: 80, Verbose: true})
		},
		"quiet.txt": func(w io.Writer) error {
			return reports.ProofTerminal(w, proof(), reports.TerminalOptions{Width: 80, Quiet: true})
		},
		"proof.html": func(w io.Writer) error { return reports.ProofHTML(w, proof()) },
		"diff.txt":   func(w io.Writer) error { return reports.DiffTerminal(w, comparison, wide) },
		"backwards.txt": func(w io.Writer) error {
			return reports.DiffTerminal(w, backwards, reports.TerminalOptions{Width: 100, Color: true})
		},
		"diff.md": func(w io.Writer) error { return reports.DiffMarkdown(w, comparison) },
		"lines.txt": func(w io.Writer) error {
			return reports.Lines(w, []reports.Line{{Word: "ok", Topic: "DNS", Text: "x"}, {Word: "note", Topic: "TLS", Text: "x", Do: "renew"}, {Bad: true, Word: "problem", Topic: "TCP", Text: "x", Do: "check"}}, reports.TerminalOptions{Width: 80, Color: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			require.NoError(t, write(&b))
			// The style and the script are files of their own.
			text := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(b.String(), "<$1></$1>")
			path := filepath.Join("testdata", "golden", name)
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
			}
			golden, err := os.ReadFile(path)
			require.NoError(t, err, "go test ./reports -run TestGolden -update makes it")
			if difference := cmp.Diff(string(golden), text); difference != "" {
				t.Errorf("%s is not as it was:\n%s", name, difference)
			}
		})
	}
}
