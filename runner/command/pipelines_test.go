package command_test

import (
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
	"vexa-conformance/runner/result"
)

// snippet is the first code block of a language below a heading of a document.
func snippet(t *testing.T, document, heading, language string) string {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	_, below, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, "%s has no heading %s", document, heading)
	_, below, found = strings.Cut(below, "```"+language+"\n")
	require.True(t, found, "no block of %s below %s", language, heading)
	block, _, _ := strings.Cut(below, "\n```")
	return block
}

// gitlabScript is what GitLab's runner gives to bash: the lines of a job's script, one after the other.
func gitlabScript(t *testing.T) string {
	t.Helper()
	var jobs struct {
		Contract struct {
			Script []string `yaml:"script"`
		} `yaml:"contract"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(snippet(t, "../../docs/ci.md", "GitLab", "yaml")), &jobs))
	require.NotEmpty(t, jobs.Contract.Script)
	return strings.Join(jobs.Contract.Script, "\n")
}

// jenkinsScript is what the steps sh of a pipeline's stages give to sh.
func jenkinsScript(t *testing.T) string {
	t.Helper()
	stages, _, _ := strings.Cut(snippet(t, "../../docs/ci.md", "Jenkins", "groovy"), "post {")
	var steps []string
	for _, step := range regexp.MustCompile(`(?s)sh '''(.*?)'''|sh '([^'\n]+)'`).FindAllStringSubmatch(stages, -1) {
		steps = append(steps, step[1]+step[2])
	}
	require.Len(t, steps, 2, "building and testing")
	return strings.Join(steps, "\n")
}

// TestProofOfPipelines runs the scripts of the documented pipelines as their runners do: whatever the target is like, the exit code is that
// of the run, and that of the comparison if the run passed, and both have printed what they found.
func TestProofOfPipelines(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	unmodified := start(t, reference.Options{Edition: "v0.12"})
	broken := start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail"}})
	baseline := filepath.Join(t.TempDir(), "baseline.json")
	code, out, stderr := run(t, target(unmodified), "run", "--report", "json="+baseline)
	require.Zero(t, code, out+stderr)
	for shell, pipeline := range map[string]struct {
		args   []string
		script string
	}{
		"GitLab":  {[]string{"bash", "-eo", "pipefail", "-c"}, gitlabScript(t)},
		"Jenkins": {[]string{"sh", "-xe", "-c"}, jenkinsScript(t)},
	} {
		for name, row := range map[string]struct {
			target   []string
			baseline bool
			exit     int
			prints   []string
		}{
			"good":             {target(unmodified), true, result.ExitKept, []string{"nothing changed"}},
			"a first release":  {target(unmodified), false, result.ExitKept, []string{"no baseline"}},
			"broken":           {target(broken), true, result.ExitBroken, []string{"auth.missing-key", "1 regressed"}},
			"broken and first": {target(broken), false, result.ExitBroken, []string{"auth.missing-key", "no baseline"}},
			"unreachable":      {append(target(unmodified), "VEXA_URL=http://127.0.0.1:9"), true, result.ExitUnreachable, []string{"cannot be reached"}},
			// Without bots the clause has no verdict: the run is inconclusive, and so the comparison does not decide.
			"inconclusive": {append(target(unmodified), "VEXA_ONLY=bots.duplicate"), true, result.ExitInconclusive, []string{"vanished"}},
		} {
			t.Run(shell+"/"+name, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(folder, "go"), []byte("#!/bin/sh\ncp "+binary+" vexa-conformance\n"), 0o700))
				if row.baseline {
					text, err := os.ReadFile(baseline)
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(filepath.Join(folder, "last-release.json"), text, 0o600))
				}
				cmd := exec.CommandContext(t.Context(), pipeline.args[0], append(pipeline.args[1:], pipeline.script)...)
				cmd.Dir = folder
				cmd.Env = append([]string{"PATH=" + folder + ":" + os.Getenv("PATH"), "HOME=" + folder}, row.target...)
				out, _ := cmd.CombinedOutput()
				assert.Equal(t, row.exit, cmd.ProcessState.ExitCode(), string(out))
				for _, prints := range row.prints {
					assert.Contains(t, string(out), prints)
				}
			})
		}
	}
}

// target is a deployment as the variables of a pipeline name it.
func target(d *reference.Deployment) []string {
	return []string{"VEXA_URL=" + d.BaseURL, "VEXA_BASE_URL=" + d.BaseURL, "VEXA_ADMIN_TOKEN=" + d.AdminToken}
}
