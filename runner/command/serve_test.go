package command_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

// TestServeAProfile reads the line of serve, and asks each of its ports.
func TestServeAProfile(t *testing.T) {
	t.Parallel()
	server := command(t, nil, "serve", "--profile", "v0.12.23", "--unlimited", "--speedup", "10", "--listen", "127.0.0.1:0")
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
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
	require.NoError(t, server.Process.Signal(os.Interrupt))
	assert.NoError(t, server.Wait())
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
		`"0.05" is no share: give one from 0% to 100`:      {"--drop", "0.05"},
		`"101%" is no share`:                               {"--drop", "101%"},
		"--seed chooses what --drop cuts":                  {"--seed", "3"},
	} {
		code, _, stderr := run(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, stderr, says)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}
