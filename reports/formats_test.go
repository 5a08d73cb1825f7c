package reports_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// rendered is Markdown as GitHub shows it, made by another's renderer.
func rendered(t *testing.T, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(markdown), &b))
	return b.String()
}

func TestMarkdownIsRenderedByAnother(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, reports.Markdown(&b, report(run("v0.10", 1))))
	page := rendered(t, b.String())
	assert.Contains(t, page, "<strong>v0.10, http://target: not conformant</strong>")
	assert.Contains(t, page, "<table>")
	assert.Contains(t, page, "broken: <code>auth.missing-key</code>")
	assert.Contains(t, page, "&lt;script&gt;", "what a target says is shown")
	assert.NotContains(t, page, "<script>", "and not run")
	assert.NotContains(t, b.String(), "\x1b")
}

func TestMarkdownIsBounded(t *testing.T) {
	t.Parallel()
	r := run("v0.10", 1)
	for range 500 {
		r.Clauses = append(r.Clauses, clause("auth.missing-key", result.Fail, "auth/missing-key/getMe"))
	}
	var b bytes.Buffer
	require.NoError(t, reports.Markdown(&b, report(r)))
	assert.Less(t, b.Len(), 65_536)
	assert.Contains(t, b.String(), "more clauses are in the JSON report")
}

// TestHARFollowsItsSchema: the schema is npm's har-schema 2.0.0, see testdata/har.
func TestHARFollowsItsSchema(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	require.NoError(t, fs.WalkDir(os.DirFS("testdata/har"), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json") {
			return err
		}
		text, err := os.ReadFile(filepath.Join("testdata/har", path))
		require.NoError(t, err)
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		return compiler.AddResource(path, schema)
	}))
	schema, err := compiler.Compile("har.json")
	require.NoError(t, err)
	r := run("v0.12", 1)
	r.Checks[0].Exchanges = append(r.Checks[0].Exchanges, result.Exchange{
		Operation: "getMe", Error: "the connection was closed", Request: result.Request{Method: "POST", URL: "http://target/bots?a=b%zz&c=d", Body: `{}`},
	})
	var b bytes.Buffer
	require.NoError(t, reports.HAR(&b, report(r)))
	value, err := jsonschema.UnmarshalJSON(&b)
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
	text, err := json.Marshal(value)
	require.NoError(t, err)
	assert.Equal(t, int64(2), gjson.GetBytes(text, "log.entries.#").Int(), "each exchange once, whichever checks looked at it")
	assert.Equal(t, "http://target/auth/me", gjson.GetBytes(text, "log.entries.1.request.url").String())
}

// TestHTMLIsReadByAnother parses the page and looks for what a target might have put into it.
func TestHTMLIsReadByAnother(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	hosted := run("v0.12", 0)
	hosted.Target.Hosted = true
	require.NoError(t, reports.HTML(&b, report(run("v0.10", 1), hosted, hosted)))
	page, err := html.Parse(&b)
	require.NoError(t, err)
	ids, scripts, text := map[string]int{}, 0, ""
	for node := range page.Descendants() {
		if node.Type == html.TextNode {
			text += node.Data
		}
		if node.Data == "script" && node.Type == html.ElementNode {
			scripts++
		}
		for _, attr := range node.Attr {
			if attr.Key == "id" {
				ids[attr.Val]++
			}
			assert.NotEqual(t, "src", attr.Key, "nothing is loaded")
		}
	}
	assert.Equal(t, 1, scripts, "its own")
	for id, n := range ids {
		assert.Equal(t, 1, n, "%s is the name of one thing", id)
	}
	assert.Contains(t, ids, "v0.10/auth.missing-key")
	assert.Contains(t, ids, "v0.12-hosted/auth/missing-key/getMe")
	assert.Contains(t, ids, "v0.12-hosted-3/auth.missing-key", "the third run has the name of the second")
	assert.Contains(t, text, "not conformant: ")
	assert.NotContains(t, text, "\x1b")
}

func TestBadges(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		exit    int
		verdict result.Verdict
		colour  string
		says    string
	}{
		"broken":  {result.ExitBroken, result.Fail, "red", "v0.10 not conformant"},
		"kept":    {result.ExitKept, result.Pass, "brightgreen", "v0.10 conformant"},
		"in part": {result.ExitKept, result.Skip, "yellow", "v0.10 no clause broken (0 of 1)"},
		"open":    {result.ExitInconclusive, result.Blocked, "yellow", "v0.10 inconclusive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := result.Run{
				Edition: "v0.10", ExitCode: row.exit, Clauses: []result.Clause{clause("auth.missing-key", row.verdict, "x")},
				Summary: result.Summary{Clauses: map[result.Verdict]int{row.verdict: 1}},
			}
			var badge, picture bytes.Buffer
			require.NoError(t, reports.Badge(&badge, report(r)))
			assert.Equal(t, row.colour, gjson.GetBytes(badge.Bytes(), "color").String())
			assert.Equal(t, int64(1), gjson.GetBytes(badge.Bytes(), "schemaVersion").Int())
			assert.Contains(t, gjson.GetBytes(badge.Bytes(), "message").String(), row.says)
			require.NoError(t, reports.SVG(&picture, report(r)))
			var svg struct {
				XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
				Title   string   `xml:"title"`
			}
			require.NoError(t, xml.Unmarshal(picture.Bytes(), &svg))
			assert.Contains(t, svg.Title, row.says)
		})
	}
}

// TestBadgeOfSeveralRuns: the worst of them gives the colour, whichever comes first.
func TestBadgeOfSeveralRuns(t *testing.T) {
	t.Parallel()
	of := func(exit int, verdict result.Verdict) result.Run {
		return result.Run{
			Edition: "v0.12", ExitCode: exit, Clauses: []result.Clause{clause("auth.missing-key", verdict, "x")},
			Summary: result.Summary{Clauses: map[result.Verdict]int{verdict: 1}},
		}
	}
	kept, open, broken := of(result.ExitKept, result.Pass), of(result.ExitInconclusive, result.Blocked), of(result.ExitBroken, result.Fail)
	for name, row := range map[string]struct {
		runs   []result.Run
		colour string
	}{
		"kept, then open":   {[]result.Run{kept, open}, "yellow"},
		"open, then kept":   {[]result.Run{open, kept}, "yellow"},
		"broken, then open": {[]result.Run{broken, open}, "red"},
		"open, then broken": {[]result.Run{open, broken}, "red"},
		"all kept":          {[]result.Run{kept, kept}, "brightgreen"},
	} {
		var b bytes.Buffer
		require.NoError(t, reports.Badge(&b, report(row.runs...)))
		assert.Equal(t, row.colour, gjson.GetBytes(b.Bytes(), "color").String(), name)
		assert.Equal(t, row.colour == "red", gjson.GetBytes(b.Bytes(), "isError").Bool(), name)
	}
}

// TestHARWithoutAnAnswer: what is not known is -1, and a header without a value has none.
func TestHARWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	r := run("v0.12", 1)
	r.Setup, r.Checks = []result.Exchange{{
		Operation: "createBot", Caller: "owner", Error: "the connection was closed", DurationMS: 3,
		Request: result.Request{Method: "POST", URL: "http://target/bots", Body: "{}", Headers: result.Header{"Content-Type": {}}},
	}}, nil
	var b bytes.Buffer
	require.NoError(t, reports.HAR(&b, report(r)))
	entry := gjson.GetBytes(b.Bytes(), "log.entries.0")
	for path, want := range map[string]string{
		"response.status": "0", "response.headersSize": "-1", "response.bodySize": "-1", "request.headersSize": "-1", "request.bodySize": "2",
		"request.postData.text": "{}", "request.postData.mimeType": "", "comment": "setup: createBot by owner the connection was closed", "timings.wait": "3",
	} {
		assert.Equal(t, want, entry.Get(path).String(), path)
	}
}

// TestProofs writes a proof with something wrong in it.
func TestProofs(t *testing.T) {
	t.Parallel()
	hostile := strings.ToValidUTF8(hostile, "")
	p := result.Proof{
		Schema: result.ProofSchema, Problems: []string{"v0.12: x missed: " + hostile}, ExitCode: 1,
		Summary: result.ProofSummary{Faults: 3, Caught: 1, Undetectable: 1, Missed: 1, Variations: 1, ByKind: map[result.FaultKind]int{result.Generated: 3}},
		Deployments: []result.Proven{{
			Edition: "v0.12",
			Faults: []result.ProvenFault{
				{Name: "getMe/missing-key/cut", Clauses: []string{"auth.missing-key"}, Outcome: result.Caught, Red: []string{"auth/missing-key/getMe", "b/1", "b/2", "b/3"}},
				{Name: "x", Clauses: []string{"auth.missing-key"}, Outcome: result.Missed, Reason: hostile},
				{Name: "getMe/success/500", Outcome: result.Undetectable, Reason: "nobody promised it"},
			},
			Variations: []result.ProvenFault{{Name: "charset", Outcome: result.Quiet}},
			Checks:     []result.ProvenCheck{{ID: "auth/missing-key/getMe", Catches: 1}},
		}},
	}
	var text, page, raw bytes.Buffer
	require.NoError(t, reports.ProofTerminal(&text, p, reports.TerminalOptions{Width: 100, Verbose: true}))
	for _, says := range []string{"auth       2       1             -      1", "Undetectable (1): nobody promised it", "not proven: 3 faults (0 written, 3 generated), 1 caught, 1 undetectable, 1 missed"} {
		assert.Contains(t, text.String(), says)
	}
	assert.NotContains(t, text.String(), "\x1b")
	require.NoError(t, reports.ProofHTML(&page, p))
	assert.Contains(t, page.String(), "not proven")
	assert.Contains(t, page.String(), "and 1 more")
	assert.NotContains(t, page.String(), "<script>alert")
	assert.Contains(t, page.String(), template.HTMLEscapeString("nobody promised it"))
	require.NoError(t, reports.ProofJSON(&raw, p))
	var back result.Proof
	require.NoError(t, json.Unmarshal(raw.Bytes(), &back))
	assert.Equal(t, p, back)
}
