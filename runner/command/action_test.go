package command_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// action is as much of a composite GitHub Action as the test runs.
type action struct {
	Runs struct {
		Using string `yaml:"using"`
		Steps []struct {
			Name string            `yaml:"name"`
			Run  string            `yaml:"run"`
			Env  map[string]string `yaml:"env"`
		} `yaml:"steps"`
	} `yaml:"runs"`
	Inputs map[string]struct {
		Default string `yaml:"default"`
	} `yaml:"inputs"`
}

// TestProofOfAction runs the steps of action.yml as GitHub's runner does: its variables, its files, its expressions.
func TestProofOfAction(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	text, err := os.ReadFile("../../action.yml")
	require.NoError(t, err)
	var a action
	require.NoError(t, yaml.Unmarshal(text, &a))
	assert.Equal(t, "composite", a.Runs.Using)
	intact := start(t, reference.Options{Edition: "v0.12"})
	broken := start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail"}})
	baseline := filepath.Join(t.TempDir(), "baseline.json")
	code, out, stderr := run(t, target(intact), "run", "--edition", "v0.12", "--report", "json="+baseline)
	require.Zero(t, code, out+stderr)
	for name, row := range map[string]struct {
		d              *reference.Deployment
		baseline, args string
		exit           int
		shows, summary []string
	}{
		"kept":            {intact, "", "", 0, []string{"no clause broken: 26 of 42 tested", "::notice title=v0.12::no clause broken"}, []string{"no clause broken"}},
		"broken":          {broken, "", "", 1, []string{"::error title=v0.12 auth.missing-key::A request without X-API-Key is refused", "%0AExpected: 401"}, []string{"not conformant"}},
		"as before":       {intact, baseline, "", 0, []string{"nothing changed"}, []string{"no clause broken", "nothing changed"}},
		"regressed":       {broken, baseline, "", 1, []string{"1 regressed"}, []string{"not conformant", "1 regressed"}},
		"a first release": {intact, "absent.json", "", 0, []string{"no baseline"}, []string{"no clause broken", "first release"}},
		"inconclusive":    {intact, baseline, "--only bots.duplicate", 4, []string{"vanished"}, []string{"vanished"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			inputs := map[string]string{}
			for input, about := range a.Inputs {
				inputs[input] = about.Default
			}
			inputs["target"], inputs["admin-token"], inputs["edition"] = row.d.BaseURL, row.d.AdminToken, "v0.12"
			inputs["baseline"], inputs["args"] = row.baseline, row.args
			root, err := filepath.Abs("../..")
			require.NoError(t, err)
			environ := []string{
				"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GITHUB_ACTIONS=true", "GITHUB_ACTION_PATH=" + root,
				"RUNNER_TEMP=" + folder, "GITHUB_OUTPUT=" + folder + "/output", "GITHUB_STEP_SUMMARY=" + folder + "/summary",
			}
			for _, step := range a.Runs.Steps {
				if step.Run == "" || step.Name == "Clean up" {
					continue
				}
				cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", step.Run)
				cmd.Env = environ
				for key, value := range step.Env {
					cmd.Env = append(cmd.Env, key+"="+expressed(value, inputs, folder))
				}
				out, _ := cmd.CombinedOutput()
				if step.Name != "Test the deployment" {
					require.Zero(t, cmd.ProcessState.ExitCode(), string(out))
					continue
				}
				assert.Equal(t, row.exit, cmd.ProcessState.ExitCode(), string(out))
				for _, shows := range row.shows {
					assert.Contains(t, string(out), shows)
				}
				assert.NotContains(t, string(out), row.d.AdminToken)
			}
			summary, err := os.ReadFile(folder + "/summary")
			require.NoError(t, err)
			for _, shows := range row.summary {
				assert.Contains(t, string(summary), shows)
			}
			output, err := os.ReadFile(folder + "/output")
			require.NoError(t, err)
			reports := strings.TrimPrefix(strings.TrimSpace(string(output)), "report=")
			for _, file := range []string{"conformance.json", "conformance.xml", "conformance.html", "conformance.har"} {
				assert.FileExists(t, filepath.Join(reports, file))
			}
		})
	}
}

// expressed fills in the expressions of GitHub's that the action uses.
func expressed(text string, inputs map[string]string, folder string) string {
	return regexp.MustCompile(`\$\{\{ *([\w.-]+) *\}\}`).ReplaceAllStringFunc(text, func(expression string) string {
		name := strings.Trim(expression, "${} ")
		if input, ok := strings.CutPrefix(name, "inputs."); ok {
			return inputs[input]
		}
		if name == "runner.temp" {
			return folder
		}
		panic(fmt.Sprintf("the action uses %s, which the test does not know", name))
	})
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}
