package reports_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/joshdk/go-junit"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// hostile is what a target may send to whoever reads the report.
const hostile = "]]><script>alert(1)</script>\x1b[2J\x00\u202e &amp; \xff ünïcode"

func exchange() result.Exchange {
	return result.Exchange{
		Operation: "getMe", Caller: "no key", Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), DurationMS: 1.5, Evidence: true,
		Request:  result.Request{Method: "GET", URL: "http://target/auth/me", Headers: result.Header{"User-Agent": {"x"}}},
		Response: &result.Response{Status: 200, Headers: result.Header{"Content-Type": {"text/html"}}, Body: hostile},
		Curl:     "curl -sS -i 'http://target/auth/me'",
	}
}

func check(id, clause string, v result.Verdict) result.Check {
	c := result.Check{ID: id, Clauses: []string{clause}, Verdict: v, DurationMS: 12.5, Exchanges: []result.Exchange{exchange()}}
	switch v {
	case result.Fail:
		c.Expected, c.Actual = `401 {"detail": "Missing API key"}`, hostile
	case result.Pass:
	default:
		c.Reason = "because of " + string(v)
	}
	return c
}

func clause(id string, v result.Verdict, checks ...string) result.Clause {
	c := result.Clause{ID: id, Promise: "The promise of " + id + ".", Source: "Errors: Status codes", Strength: "must", Verdict: v, Checks: checks}
	if checks == nil {
		c.Checks, c.Reason = []string{}, "this version of the program has no check for it"
	}
	return c
}

func run(edition string, exit int) result.Run {
	return result.Run{
		Edition: edition, Target: result.Target{Name: "http://target", BaseURL: "http://target", Allowed: []string{"observe", "write"}},
		Seed: 7, Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Finished: time.Date(2026, 11, 24, 12, 0, 2, 0, time.UTC), ExitCode: exit,
		Summary: result.Summary{
			Checks:  map[result.Verdict]int{result.Pass: 1, result.Fail: 1, result.Blocked: 1, result.Error: 1, result.Skip: 1},
			Clauses: map[result.Verdict]int{result.Pass: 1, result.Fail: 1, result.Blocked: 1, result.Error: 1, result.Skip: 2}, Exchanges: 5, Throttled: 2,
		},
		Clauses: []result.Clause{
			clause("auth.unknown-key", result.Pass, "auth/unknown-key/getMe"), clause("auth.missing-key", result.Fail, "auth/missing-key/getMe"),
			clause("bots.stopped", result.Blocked, "bots/stopped"), clause("bots.accepted", result.Error, "bots/accepted"),
			clause("agent.file-absent", result.Skip, "agent/file-absent"), clause("stream.opens", result.Skip),
		},
		Checks: []result.Check{
			check("auth/unknown-key/getMe", "auth.unknown-key", result.Pass), check("auth/missing-key/getMe", "auth.missing-key", result.Fail),
			check("bots/stopped", "bots.stopped", result.Blocked), check("bots/accepted", "bots.accepted", result.Error),
			check("agent/file-absent", "agent.file-absent", result.Skip),
		},
		Setup: []result.Exchange{exchange()}, Coverage: []result.Coverage{
			{Operation: "getMe", Method: "GET", Path: "/auth/me", Status: 401, Clauses: []string{"auth.missing-key"}, State: result.Judged, Seen: 1},
		},
		Described: &result.Described{URL: "http://target/openapi.json", Missing: []string{"GET /x"}, Undocumented: []string{}, Differences: []string{}},
		Drift:     []result.Drift{{Operation: "getMe", Status: 200, Message: "/x: value must be a text", Count: 2}},
		Notes:     []string{"the token 7 of the run is still valid"},
	}
}

func report(runs ...result.Run) result.Report {
	return result.Report{
		Tool: result.Tool{Name: "vexa-conformance", Version: "test"}, Runs: runs, ExitCode: 1,
		Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Finished: time.Date(2026, 11, 24, 12, 0, 3, 0, time.UTC),
	}
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiled, err := compiler.Compile("report.schema.json")
	require.NoError(t, err)
	return compiled
}

func written(t *testing.T, r result.Report) map[string]any {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, reports.JSON(&b, r))
	var v map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &v))
	return v
}

func TestJSONFitsItsSchema(t *testing.T) {
	t.Parallel()
	s := schema(t)
	require.NoError(t, s.Validate(written(t, report(run("v0.12", 1)))))
	require.NoError(t, s.Validate(written(t, report(run("v0.10", 0), run("v0.12", 1)))))
}

// caused is a run whose failure has a cause.
func caused(edition string) result.Run {
	r := run(edition, result.ExitBroken)
	shown := exchange()
	r.Causes = []result.Cause{{
		ID: "get-auth-me-200-text-html-0a1b2c3d", Sentence: "GET /auth/me answers 200 text/html " + hostile, Operations: []string{"GET /auth/me"},
		Clauses: []string{"auth.missing-key"}, Checks: []string{"auth/missing-key/getMe"}, Exchange: &shown,
	}}
	r.Checks[1].Failures = []result.Failure{{Clause: "auth.missing-key", Expected: "401", Actual: hostile, Exchange: 1}}
	return r
}

// TestCausesInEveryFormat: each format names the cause with what shows it, and is read back by another's parser.
func TestCausesInEveryFormat(t *testing.T) {
	t.Parallel()
	r := report(caused("v0.12"))
	const sentence = "GET /auth/me answers 200 text/html"
	v := written(t, r)
	require.NoError(t, schema(t).Validate(v))
	first := v["causes"].([]any)[0].(map[string]any)
	assert.Equal(t, "get-auth-me-200-text-html-0a1b2c3d", first["id"])
	assert.Equal(t, "http://target/auth/me", first["exchange"].(map[string]any)["request"].(map[string]any)["url"])

	var xml, page, markdown bytes.Buffer
	require.NoError(t, reports.JUnit(&xml, r))
	suites, err := junit.Ingest(xml.Bytes())
	require.NoError(t, err)
	assert.Contains(t, suites[1].Tests[0].Error.Error(), "Cause: "+sentence)

	require.NoError(t, reports.HTML(&page, r))
	root, err := html.Parse(&page)
	require.NoError(t, err)
	ids, targets := map[string]bool{}, map[string]bool{}
	for node := range root.Descendants() {
		for _, attr := range node.Attr {
			switch {
			case attr.Key == "id":
				ids[attr.Val] = true
			case attr.Key == "href" && strings.HasPrefix(attr.Val, "#"):
				target, err := url.PathUnescape(attr.Val[1:])
				require.NoError(t, err)
				targets[target] = true
			}
		}
	}
	assert.True(t, ids["v0.12/cause/get-auth-me-200-text-html-0a1b2c3d"], "the cause can be linked to")
	assert.True(t, targets["v0.12/auth.missing-key"] && targets["v0.12/auth/missing-key/getMe"], "it leads to its clauses and its checks")
	for target := range targets {
		assert.True(t, ids[target], "%s is the name of something", target)
	}

	require.NoError(t, reports.Markdown(&markdown, r))
	shown := rendered(t, markdown.String())
	assert.Contains(t, shown, "<strong>"+sentence)
	assert.NotContains(t, shown, "<script>")
	assert.Less(t, strings.Index(shown, sentence), strings.Index(shown, "broken: <code>auth.missing-key"), "causes come before clauses")

	text := printed(t, r, reports.TerminalOptions{Width: 80})
	assert.Contains(t, text, "not conformant: 1 clause broken by 1 cause (auth.missing-key)")
	assert.Regexp(t, `(?s)^v0\.12  http://target  not conformant.*CAUSE  GET /auth/me answers 200.*  breaks auth\.missing-key\n  curl -sS.*BROKEN  auth`, text)
	quiet := printed(t, r, reports.TerminalOptions{Quiet: true})
	assert.Equal(t, 1, strings.Count(quiet, "\n"))
}

// TestActualIsNeverEmpty: whatever a failure lacks in a report, each format shows what came, or that nothing was recorded.
func TestActualIsNeverEmpty(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*result.Exchange)
		says   string
	}{
		"a response":     {func(*result.Exchange) {}, "200 ]]>"},
		"no response":    {func(e *result.Exchange) { e.Response, e.Error = nil, "reset" }, "no response: reset"},
		"no exchange":    {func(e *result.Exchange) { e.Evidence = false }, "nothing was recorded"},
		"an empty reply": {func(e *result.Exchange) { e.Response, e.Error = nil, "" }, "nothing was recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run("v0.12", result.ExitBroken)
			r.Checks[1].Actual = ""
			row.change(&r.Checks[1].Exchanges[0])
			assert.Contains(t, printed(t, report(r), reports.TerminalOptions{Width: 80}), "Actual:   "+row.says)
			var xml bytes.Buffer
			require.NoError(t, reports.JUnit(&xml, report(r)))
			suites, err := junit.Ingest(xml.Bytes())
			require.NoError(t, err)
			assert.Contains(t, suites[1].Tests[0].Error.Error(), "Actual:   "+row.says)
		})
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := schema(t)
	firstCheck := func(v map[string]any) map[string]any { return v["checks"].([]any)[0].(map[string]any) }
	for name, spoil := range map[string]func(map[string]any){
		"another schema":     func(v map[string]any) { v["schema"] = "other/v1" },
		"an unknown member":  func(v map[string]any) { v["extra"] = 1 },
		"no exit code":       func(v map[string]any) { delete(v, "exit_code") },
		"an odd exit code":   func(v map[string]any) { v["exit_code"] = 7 },
		"an unknown verdict": func(v map[string]any) { firstCheck(v)["verdict"] = "maybe" },
		"no clauses":         func(v map[string]any) { firstCheck(v)["clauses"] = []any{} },
		"a member too many":  func(v map[string]any) { firstCheck(v)["extra"] = true },
		"a count missing":    func(v map[string]any) { delete(v["summary"].(map[string]any)["checks"].(map[string]any), "skip") },
		"a cause without a sentence": func(v map[string]any) {
			v["causes"] = []any{map[string]any{"id": "x", "operations": []any{}, "clauses": []any{"a.b"}, "checks": []any{"a/b"}}}
		},
		"a time that is none": func(v map[string]any) {
			v["started"] = "yesterday"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := written(t, report(run("v0.12", 1)))
			spoil(v)
			assert.Error(t, s.Validate(v))
		})
	}
}

func TestJSONIsReadBack(t *testing.T) {
	t.Parallel()
	for _, r := range []result.Report{report(run("v0.12", 1)), report(caused("v0.12")), report(run("v0.10", 0), run("v0.12", 1))} {
		var b bytes.Buffer
		require.NoError(t, reports.JSON(&b, r))
		assert.Contains(t, b.String(), "<script>", "it holds what the target sent, unchanged")
		back, err := reports.ReadJSON(&b)
		require.NoError(t, err)
		// JSON cannot hold bytes that are not UTF-8 (RFC 8259, section 8.1).
		valid := cmp.Transformer("valid", func(s string) []rune { return []rune(strings.ToValidUTF8(s, "�")) })
		assert.Empty(t, cmp.Diff(r.Runs, back.Runs, valid))
		assert.Equal(t, r.Tool, back.Tool)
	}
}

func TestReadJSONRefuses(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, reports.JSON(&b, report(run("v0.12", 1))))
	for name, row := range map[string]struct{ text, says string }{
		"cut short":     {b.String()[:200], "truncated JSON"},
		"nothing":       {"", "truncated JSON"},
		"another file":  {`{"schema": "else"}`, `its schema is "else"`},
		"another shape": {`[1]`, "read the report"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := reports.ReadJSON(strings.NewReader(row.text))
			assert.ErrorContains(t, err, row.says)
		})
	}
}

func TestJUnitIsReadByAnother(t *testing.T) {
	t.Parallel()
	hosted := run("v0.12", 1)
	hosted.Target.Hosted = true
	known := check("bots/tracked", "bots.tracked", result.Fail)
	known.Known = "an old bug"
	hosted.Checks = append(hosted.Checks, known)
	var b bytes.Buffer
	require.NoError(t, reports.JUnit(&b, report(run("v0.10", 1), hosted)))
	suites, err := junit.Ingest(b.Bytes())
	require.NoError(t, err)
	var names []string
	status := map[string]junit.Status{}
	for _, s := range suites {
		names = append(names, s.Name)
		for _, c := range s.Tests {
			status[c.Classname+" "+c.Name] = c.Status
		}
	}
	assert.Equal(t, []string{"v0.10 auth.unknown-key", "v0.10 auth.missing-key", "v0.10 bots.stopped", "v0.10 bots.accepted", "v0.10 agent.file-absent"}, names[:5])
	assert.Equal(t, "v0.12-hosted bots.tracked", names[len(names)-1])
	assert.Equal(t, junit.StatusPassed, status["vexa.v0.10.auth unknown-key/getMe"])
	assert.Equal(t, junit.StatusFailed, status["vexa.v0.10.auth missing-key/getMe"])
	assert.Equal(t, junit.StatusError, status["vexa.v0.10.bots stopped"])
	assert.Equal(t, junit.StatusError, status["vexa.v0.10.bots accepted"])
	assert.Equal(t, junit.StatusSkipped, status["vexa.v0.10.agent file-absent"])
	assert.Equal(t, junit.StatusSkipped, status["vexa.v0.12-hosted.bots tracked"], "a known failure is excused, and shown")
	failed := suites[1].Tests[0]
	assert.Contains(t, failed.Error.Error(), "The promise of auth.missing-key.")
	assert.Contains(t, failed.Error.Error(), "curl -sS -i 'http://target/auth/me'")
	assert.Equal(t, 1, suites[1].Totals.Failed)
	assert.Equal(t, "auth.missing-key", suites[1].Properties["clause"])
	assert.Contains(t, b.String(), `<testsuites name="vexa-conformance" tests="11" failures="2" errors="4" time="`)
	assert.NotContains(t, b.String(), "\x1b")
	assert.NotContains(t, b.String(), "\x00")
}

// TestJUnitHasOnlyWhatJenkinsKnows: the elements and attributes of its XSD (xunit plugin, junit-10).
func TestJUnitHasOnlyWhatJenkinsKnows(t *testing.T) {
	t.Parallel()
	known := map[string]string{
		"testsuites": "name time tests failures errors", "testsuite": "name tests failures errors time skipped timestamp",
		"properties": "", "property": "name value", "testcase": "name time classname",
		"skipped": "type message", "error": "type message", "failure": "type message",
	}
	parents := map[string]string{
		"testsuite": "testsuites", "properties": "testsuite", "property": "properties", "testcase": "testsuite",
		"skipped": "testcase", "error": "testcase", "failure": "testcase",
	}
	var b bytes.Buffer
	require.NoError(t, reports.JUnit(&b, report(run("v0.10", 1))))
	decoder := xml.NewDecoder(&b)
	var path []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			attributes, ok := known[e.Name.Local]
			require.True(t, ok, e.Name.Local)
			if len(path) > 0 {
				assert.Equal(t, parents[e.Name.Local], path[len(path)-1])
			}
			for _, attribute := range e.Attr {
				assert.Contains(t, strings.Fields(attributes), attribute.Name.Local, e.Name.Local)
			}
			path = append(path, e.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}
