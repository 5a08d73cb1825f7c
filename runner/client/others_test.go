package client_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

// documented is the table of clients of other makes in docs/clients.md: by the client and the promise, what is said of it.
func documented(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/clients.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| client | version |")
	require.True(t, found)
	lines := strings.Split(table, "\n")
	names := cells(lines[0])
	all := map[string]map[string]string{}
	for _, line := range lines[2:] {
		row := cells(line)
		if len(row) < 3 {
			break
		}
		all[row[0]] = map[string]string{}
		for i, word := range row[2:] {
			all[row[0]]["client."+names[i]] = word
		}
	}
	return all
}

func cells(line string) []string {
	var all []string
	for cell := range strings.SplitSeq(strings.Trim(line, "| "), "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}

// words are those of the table for verdicts.
func words() map[result.Verdict]string {
	return map[result.Verdict]string{result.Pass: "kept", result.Fail: "broken", result.Blocked: "–", result.Skip: "–"}
}

// TestProofOfOtherClients: real clients judge the harness: what is documented of them is what it finds.
func TestProofOfOtherClients(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	table := documented(t)
	urllib3 := func(t *testing.T) string {
		python, err := exec.LookPath("python3")
		if err == nil {
			err = exec.CommandContext(t.Context(), python, "-c", "import urllib3; assert urllib3.__version__.split('.')[0] == '2'").Run()
		}
		if err != nil {
			t.Skipf("there is no python3 with urllib3 2: %v", err)
		}
		return python
	}
	for name, command := range map[string]func(t *testing.T) []string{
		"`curl --retry 3`": func(t *testing.T) []string {
			if _, err := exec.LookPath("curl"); err != nil {
				t.Skipf("there is no curl: %v", err)
			}
			return []string{"sh", "../../fixtures/clients/curl.sh"}
		},
		"hashicorp/go-retryablehttp":      func(t *testing.T) []string { return []string{clientstest.Build(t, "retryablehttp")} },
		"Python urllib3, `Retry.DEFAULT`": func(t *testing.T) []string { return []string{urllib3(t), "../../fixtures/clients/with_urllib3.py"} },
		"Python urllib3, configured": func(t *testing.T) []string {
			return []string{urllib3(t), "../../fixtures/clients/with_urllib3.py", "configured"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := command(t)
			program, err := exec.LookPath(line[0])
			require.NoError(t, err)
			program, err = filepath.Abs(program)
			require.NoError(t, err)
			found := judgeOther(t, table[name], program, line[1:])
			for range disturbed {
				if maps.Equal(table[name], found) {
					break
				}
				found = judgeOther(t, table[name], program, line[1:])
			}
			assert.Equal(t, table[name], found)
		})
	}
}

// judgeOther holds a client of another make against what binds clients, and says what it keeps.
func judgeOther(t *testing.T, expected map[string]string, program string, args []string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, e := range spec.Editions() {
		run, err := client.Run(t.Context(), client.Config{
			Selection: plan.Selection{Contract: referencetest.Contract(t, e), Actions: []fixtures.Action{fixtures.ReadStatus, fixtures.CreateBot}, Strength: spec.Should},
			Command:   append([]string{program}, args...), Parallel: 16, Patience: 2 * clientPatience,
		})
		require.NoError(t, err)
		for _, clause := range run.Clauses {
			if clause.ID == "client.reads-stream-errors" {
				continue // they read no streams
			}
			found[clause.ID] = words()[clause.Verdict]
			if expected[clause.ID] != found[clause.ID] {
				t.Logf("%s: %s", clause.ID, clientstest.Reasons(run, clause.ID))
			}
		}
	}
	return found
}
