package client_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/clients/clientstest"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/client"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

var updateClients = flag.Bool("update", false, "write the table of docs/clients.md from what the clients do")

const (
	clientsPage = "../../docs/clients.md"
	tableBegins = "<!-- written by TestProofOfOtherClients -->\n"
	tableEnds   = "<!-- end -->"
)

// maker is a client of another make: how it is installed and run, and which version that is.
type maker struct {
	name string
	// install returns the command; it skips the test if it cannot.
	install func(*testing.T) []string
	version func(*testing.T, []string) string
	actions []fixtures.Action
}

// makers are in the order of the table. Each is as its documentation shows it.
func makers() []maker {
	requests := []fixtures.Action{fixtures.ReadStatus, fixtures.CreateBot}
	var all []maker
	all = append(all,
		maker{"`curl --retry 3`", curl, said(regexp.MustCompile(`curl (\S+)`), "curl", "--version"), requests},
		maker{"hashicorp/go-retryablehttp", func(t *testing.T) []string { return []string{clientstest.Build(t, "retryablehttp")} },
			said(regexp.MustCompile(` v(\S+)`), "go", "list", "-m", "github.com/hashicorp/go-retryablehttp"), requests})
	for _, one := range []struct{ name, make, module string }{
		{"Python urllib3, `Retry.DEFAULT`", "urllib3-default", "urllib3"},
		{"Python urllib3, configured", "urllib3-configured", "urllib3"},
		{"Python requests, `HTTPAdapter`", "requests", "requests"},
		{"Python httpx-retries", "httpx-retries", "httpx-retries"},
		{"Python tenacity, full jitter", "tenacity-full-jitter", "tenacity"},
		{"Python tenacity, capped, nine tries", "tenacity-capped", "tenacity"},
		{"Python vexa-client", "vexa-client", "vexa-client"},
	} {
		all = append(all, maker{one.name, python(one.make, one.module), pythonVersion(one.module), requests})
	}
	for _, one := range []struct {
		name, make, module string
		actions            []fixtures.Action
	}{
		{"Node got", "got", "got", requests}, {"Node ky", "ky", "ky", requests}, {"Node axios-retry", "axios-retry", "axios-retry", requests},
		{"Node undici `RetryAgent`", "undici", "undici", requests},
		{"Node eventsource", "eventsource", "eventsource", []fixtures.Action{fixtures.FollowMeeting}},
	} {
		all = append(all, maker{one.name, node(one.make), nodeVersion(one.module), one.actions})
	}
	return append(all, maker{"Java resilience4j", java, func(*testing.T, []string) string {
		text, err := os.ReadFile("../../fixtures/clients/java/pom.xml")
		if err != nil {
			return err.Error()
		}
		return string(regexp.MustCompile(`<version>([\d.]+\.[\d.]+)</version>`).FindSubmatch(text)[1])
	}, requests})
}

func curl(t *testing.T) []string {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skipf("no curl: %v", err)
	}
	return []string{"sh", "../../fixtures/clients/curl.sh"}
}

// said is a version that a command prints.
func said(version *regexp.Regexp, command ...string) func(*testing.T, []string) string {
	return func(t *testing.T, _ []string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).Output()
		require.NoError(t, err)
		return string(version.FindSubmatch(out)[1])
	}
}

// installed is the folder of the packages of other makers, which make clients fills; without it their tests are skipped.
func installed(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join(os.Getenv("OTHER_CLIENTS"), name)
	if _, err := os.Stat(folder); os.Getenv("OTHER_CLIENTS") == "" || err != nil {
		t.Skipf("no packages of other makers in OTHER_CLIENTS: make clients installs them and runs this test")
	}
	return folder
}

// python uses the packages that make clients installed, or the machine's own urllib3.
func python(name, module string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		t.Helper()
		const program = "../../fixtures/clients/python/client.py"
		if os.Getenv("OTHER_CLIENTS") == "" && module == "urllib3" {
			if err := exec.CommandContext(t.Context(), "python3", "-c", "import urllib3; assert urllib3.__version__.split('.')[0] == '2'").Run(); err != nil {
				t.Skipf("no python3 with urllib3 2: %v", err)
			}
			return []string{"python3", program, name}
		}
		return []string{filepath.Join(installed(t, "python"), "bin", "python"), program, name}
	}
}

func pythonVersion(module string) func(*testing.T, []string) string {
	return func(t *testing.T, command []string) string {
		t.Helper()
		return said(regexp.MustCompile(`(\S+)`), command[0], "-c", "import importlib.metadata as m; print(m.version('"+module+"'))")(t, nil)
	}
}

func node(name string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		t.Helper()
		return []string{"node", filepath.Join(installed(t, "node"), "client.mjs"), name}
	}
}

func nodeVersion(module string) func(*testing.T, []string) string {
	return func(t *testing.T, _ []string) string {
		t.Helper()
		return said(regexp.MustCompile(`"version": "([^"]+)"`), "cat", filepath.Join(installed(t, "node"), "node_modules", module, "package.json"))(t, nil)
	}
}

func java(t *testing.T) []string {
	t.Helper()
	folder := installed(t, "java")
	// C1 alone halves what a start costs: dozens start at once.
	return []string{"java", "-XX:TieredStopAtLevel=1", "-cp", folder + "/classes:" + folder + "/target/dependency/*", "Client"}
}

// promises are the columns of the table: the clauses that bind clients in any edition, without "client.".
func promises(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, e := range spec.Editions() {
		for _, clause := range referencetest.Contract(t, e).Clauses() {
			name, found := strings.CutPrefix(clause.ID, "client.")
			if found && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// TestProofOfOtherClients: what docs/clients.md says of clients of other makers is what this program finds. With -update it
// writes the table.
func TestProofOfOtherClients(t *testing.T) {
	referencetest.Exhaustive(t)
	columns := promises(t)
	_, table, _ := readTable(t)
	rows := map[string]string{}
	t.Run("makers", func(t *testing.T) {
		for _, m := range makers() {
			t.Run(m.name, func(t *testing.T) { // one after the other: each starts dozens of processes at once
				command := m.install(t)
				verdicts := judgeOther(t, m, command)
				cells := []string{m.name, m.version(t, command)}
				for _, column := range columns {
					cells = append(cells, verdicts["client."+column])
				}
				rows[m.name] = "| " + strings.Join(cells, " | ") + " |"
				if !*updateClients {
					assert.Equal(t, withoutVersion(row(table, m.name)), withoutVersion(rows[m.name]))
				}
			})
		}
	})
	if !*updateClients {
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "As of %s:\n\n| client | version | %s |\n|%s\n", time.Now().UTC().Format(time.DateOnly), strings.Join(columns, " | "), strings.Repeat("---|", len(columns)+2))
	for _, m := range makers() {
		if rows[m.name] == "" {
			rows[m.name] = row(table, m.name)
		}
		fmt.Fprintln(&b, rows[m.name])
	}
	before, _, after := readTable(t) // the test took minutes, in which somebody may have edited the page
	require.NoError(t, os.WriteFile(clientsPage, []byte(before+tableBegins+b.String()+tableEnds+after), 0o644))
}

// readTable is the table of docs/clients.md, with what is before and after it.
func readTable(t *testing.T) (before, table, after string) {
	t.Helper()
	page, err := os.ReadFile(clientsPage)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), tableBegins)
	require.True(t, found)
	table, after, found = strings.Cut(rest, tableEnds)
	require.True(t, found)
	return before, table, after
}

// row is the line of a client in the table.
func row(table, name string) string {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| "+name+" |") {
			return strings.TrimSuffix(line, "\n")
		}
	}
	return ""
}

// withoutVersion is a row without its second cell: another version may be installed here.
func withoutVersion(row string) string {
	cells := strings.Split(row, "|")
	if len(cells) > 3 {
		cells = slices.Delete(cells, 2, 3)
	}
	return strings.Join(cells, "|")
}

// words are those of the table for verdicts.
func words() map[result.Verdict]string {
	return map[result.Verdict]string{result.Pass: "kept", result.Fail: "broken", result.Blocked: "–", result.Skip: "–"}
}

// judgeOther tests a client against the clauses of each edition, and says what it keeps. A clause of several editions has the
// worse of their verdicts.
func judgeOther(t *testing.T, m maker, command []string) map[string]string {
	t.Helper()
	program, err := exec.LookPath(command[0])
	require.NoError(t, err)
	program, err = filepath.Abs(program)
	require.NoError(t, err)
	worst := map[string]result.Verdict{}
	for _, e := range spec.Editions() {
		run, err := client.Run(t.Context(), client.Config{
			Selection: plan.Selection{Contract: referencetest.Contract(t, e), Actions: m.actions, Strength: spec.Should},
			Command:   append([]string{program}, command[1:]...), Parallel: 8, Patience: 4 * clientPatience,
		})
		require.NoError(t, err)
		for _, clause := range run.Clauses {
			if before, known := worst[clause.ID]; !known || clause.Verdict.Worse(before) {
				worst[clause.ID] = clause.Verdict
			}
			if clause.Verdict != result.Pass {
				t.Logf("%s: %s", clause.ID, clientstest.Reasons(run, clause.ID))
			}
		}
	}
	found := map[string]string{}
	for _, name := range promises(t) {
		found["client."+name] = "–"
	}
	for id, verdict := range worst {
		found[id] = words()[verdict]
	}
	return found
}

// TestProofUnderLoad: on a busy machine no verdict on a client turns into its opposite.
func TestProofUnderLoad(t *testing.T) {
	referencetest.Exhaustive(t)
	if os.Getenv("OTHER_CLIENTS") == "" {
		t.Skip("keeps all cores busy, which would disturb other tests: make clients runs it alone")
	}
	_, table, _ := readTable(t)
	var over atomic.Bool
	defer over.Store(true)
	for range 4 {
		go func() {
			for !over.Load() {
			}
		}()
	}
	for _, m := range makers() {
		if !slices.Contains([]string{"`curl --retry 3`", "Python urllib3, configured"}, m.name) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			busy := judgeOther(t, m, m.install(t))
			documented := cells(row(table, m.name))[2:]
			for i, name := range promises(t) {
				opposite := map[string]string{"kept": "broken", "broken": "kept"}[documented[i]]
				if opposite != "" {
					assert.NotEqual(t, opposite, busy["client."+name], "client.%s", name)
				}
			}
		})
	}
}

func cells(line string) []string {
	var all []string
	for cell := range strings.SplitSeq(strings.Trim(line, "| "), "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}
