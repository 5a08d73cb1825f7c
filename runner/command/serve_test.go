package command_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference/referencetest"
)

// TestServeAProfile reads the line of serve, and asks each of its ports.
func TestServeAProfile(t *testing.T) {
	t.Parallel()
	line, stop := served(t, "--profile", "v0.12.23", "--unlimited", "--speedup", "10")
	defer stop()
	assert.Equal(t, "v0.12.23", gjson.Get(line, "edition").String())
	for path, want := range map[string]string{
		gjson.Get(line, "base_url").String() + "/health":         `{"service":"gateway","status":"ok"}`,
		gjson.Get(line, "base_url").String() + "/admin/users/1":  `{"detail":"Not Found"}`,
		gjson.Get(line, "admin_url").String() + "/admin/users/1": `{"detail":"Invalid or missing admin token."}`,
		gjson.Get(line, "agent_url").String() + "/events":        `{"detail":"Method Not Allowed"}`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		require.NoError(t, err)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.JSONEq(t, want, string(text), path)
	}
}

// TestServeMistakes are one line each.
func TestServeMistakes(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		`unknown profile "v0.12": use v0.12.23 or v0.10.6`: {"--profile", "v0.12"},
		"profile v0.10.6 is of edition v0.10.6, not v0.12": {"--profile", "v0.10.6", "--edition", "v0.12"},
		"profile v0.10.6 is self-hosted":                   {"--profile", "v0.10.6", "--hosted"},
		"--unlimited and --speedup change a profile":       {"--unlimited"},
		"--speedup 0: use a number above 0":                {"--profile", "v0.10.6", "--speedup", "0"},
		`"soon"`:                                           {"--latency", "soon"},
		"--latency -1s: give a duration from 0":            {"--latency=-1s"},
		`"5/min" is no rate: give requests a second`:       {"--throttle", "5/min"},
		`"0/s" is no rate`:                                 {"--throttle", "0/s"},
		`"NaN" is no rate`:                                 {"--throttle", "NaN"},
		`"0.05" is not a share: give one from 0% to 100`:   {"--drop", "0.05"},
		`"101%" is not a share`:                            {"--drop", "101%"},
		"--seed chooses what --drop cuts":                  {"--seed", "3"},
	} {
		code, _, stderr := run(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, stderr, says)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

// TestServePage runs the commands of docs/serve.md, one after another in one shell.
func TestServePage(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	text, err := os.ReadFile("../../docs/serve.md")
	require.NoError(t, err)
	var script strings.Builder
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		script.WriteString(block[1] + "echo\n")
	}
	folder := t.TempDir()
	require.NoError(t, os.Symlink(binary, filepath.Join(folder, "vexa-conformance")))
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script.String())
	cmd.Dir, cmd.Env = folder, []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "HOME=" + folder}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, says := range []string{
		`"email":"owner@example.com"`, `"completion_reason":"awaiting_admission_rejected"`,
		`"completion_reason":"left_alone"`, `"frozen":true`, `"frozen":false`, `"count":2`, `"status":"active"`,
		`{"sockets":0,"stream":1}`, `"user":"Owner"`, `"forgotten":0`,
	} {
		assert.Contains(t, string(out), says)
	}
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		assert.FileExists(t, filepath.Join("../../docs", link[1]), "the page points to what exists")
	}
}

// TestServeInRoughWeather: a second request within 100 seconds is one too many, and one that is dropped has no
// response.
func TestServeInRoughWeather(t *testing.T) {
	t.Parallel()
	line, stop := served(t, "--throttle", "0.01/s", "--control")
	defer stop()
	url, key := gjson.Get(line, "base_url").String()+"/auth/me", gjson.Get(line, "keys.tx").String()
	assert.Equal(t, []int{200, 429}, []int{status(t, url, key), status(t, url, key)})
	assert.Equal(t, 200, status(t, gjson.Get(line, "control_url").String()+"/received", ""), "no weather is there")

	line, stopOther := served(t, "--drop", "100%")
	defer stopOther()
	assert.Zero(t, status(t, gjson.Get(line, "base_url").String()+"/auth/me", gjson.Get(line, "keys.tx").String()))
	assert.False(t, gjson.Get(line, "control_url").Exists())
}

// served starts serve, and returns the line that it prints and what interrupts it.
func served(t *testing.T, args ...string) (line string, stop func()) {
	t.Helper()
	server := command(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return line, func() {
		require.NoError(t, server.Process.Signal(os.Interrupt))
		assert.NoError(t, server.Wait())
	}
}

// status is that of a GET; 0 if there is no response.
func status(t *testing.T, url, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("X-API-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}
