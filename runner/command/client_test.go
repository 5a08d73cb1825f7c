package command_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vexa-conformance/fixtures/reference/referencetest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

// TestClientMistakes are what people type.
func TestClientMistakes(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no command", []string{"client"}, 2, "no command: give it after --"},
		{"nothing after --", []string{"client", "--"}, 2, "no command: give it after --"},
		{"no such program", []string{"client", "--", "no-such-program"}, 2, "the command cannot be run"},
		{"a misspelt action", []string{"client", "--actions", "read-statsu", "--", "true"}, 2, `there is no action "read-statsu"`},
		{"a misspelt pattern", []string{"client", "--only", "client.back-off", "--", "true"}, 2, "did you mean client.backs-off?"},
		{"what binds deployments", []string{"client", "--only", "bots.duplicate", "--", "true"}, 2, "matches no check"},
		{"no patience", []string{"client", "--patience", "0s", "--", "true"}, 2, "--patience 0s"},
		{"no run", []string{"client", "--repeat", "0", "--", "true"}, 2, "--repeat 0: give a number of runs"},
		{"none at once", []string{"client", "--parallel", "0", "--", "true"}, 2, "--parallel 0"},
		{"an unknown format", []string{"client", "--report", "pdf=x", "--", "true"}, 2, `unknown report format "pdf"`},
		{"flags of its own", []string{"client", "--only", "client.retries-server-error", "-q", "--", "sh", "-c", "exit 0", "--config", "none.yaml"}, 4, "inconclusive"},
		{"a client that sends nothing", []string{"client", "--only", "client.obeys-retry-after", "--", "true"}, 4, "the command does not do read-status where nothing is wrong"},
		{"a client that fails", []string{"client", "--only", "client.obeys-retry-after", "--", "sh", "-c", "echo out of order >&2; exit 3"}, 4, `exit 3 after`},
		{"nothing to judge", []string{"client", "--edition", "v0.12", "--actions", "delete-meeting", "-q", "--", "true"}, 4, "inconclusive: nothing was tested, since the client has no action"},
		{"nothing judged", []string{"client", "--only", "client.obeys-retry-after", "-q", "--", "true"}, 4, "inconclusive: nothing was tested, since the command does not do read-status where nothing is wrong"},
		{"its last lines", []string{"client", "--only", "client.obeys-retry-after", "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do echo step $i of a long way to the end; done; echo gave up; exit 3"}, 4, "… / step 5 of a long way to the end / "},
		{"no action left", []string{"client", "--edition", "v0.12", "--actions", "delete-meeting", "-v", "--", "true"}, 4, "the client has no action read-status (--actions)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, nil, row.args...)
			assert.Equal(t, row.code, code, out+stderr)
			assert.Contains(t, out+stderr, row.says)
			assert.LessOrEqual(t, strings.Count(stderr, "\n"), 1, "one clear line")
		})
	}
}

// TestClientReports: a run writes every format, of which JSON keeps to the schema; the client's key is in none of them, and the
// operator's own secrets did not reach the client.
func TestClientReports(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	args := []string{"client", "--edition", "v0.10", "--verbose", "--only", "client.never-retries-client-errors", "--actions", "read-status", "--known-write", filepath.Join(folder, "known.yaml")}
	for _, format := range []string{"json", "junit", "html", "markdown", "har", "badge", "svg"} {
		args = append(args, "--report", format+"="+filepath.Join(folder, format))
	}
	code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=operators-own-secret", "HTTP_PROXY=http://127.0.0.1:1"}, append(args, "--", "sh", "-c", quiet)...)
	require.Equal(t, 1, code, out+stderr)
	said := out + stderr
	for _, format := range []string{"json", "junit", "html", "markdown", "har", "badge", "svg", "known.yaml"} {
		text, err := os.ReadFile(filepath.Join(folder, format))
		require.NoError(t, err)
		assert.NotEmpty(t, text)
		said += string(text)
	}
	assert.NotContains(t, said, "vxa_client_")
	assert.NotContains(t, said, "operators-own-secret")
	assert.Contains(t, said, "$VEXA_API_KEY")
	text, err := os.ReadFile(filepath.Join(folder, "json"))
	require.NoError(t, err)
	keepsToSchema(t, text)
	assert.Equal(t, "client", gjson.GetBytes(text, "binds").String())
	assert.Equal(t, "$VEXA_API_KEY", gjson.GetBytes(text, "checks.0.exchanges.0.request.headers.X-Api-Key.0").String())
	assert.Contains(t, out, "vexa-conformance client --edition v0.10 --only client/never-retries-client-errors/400/read-status -- sh -c", "how it is seen again")

	code, out, stderr = run(t, nil, "client", "--edition", "v0.10", "-q", "--only", "client.never-retries-client-errors", "--actions", "read-status",
		"--known", filepath.Join(folder, "known.yaml"), "--", "sh", "-c", quiet)
	assert.Equal(t, 0, code, out+stderr)
	assert.Contains(t, out, "1 known failure")
	code, out, stderr = run(t, nil, "verify", filepath.Join(folder, "json"))
	assert.Equal(t, 0, code, out+stderr)
}

// quiet is a client that exits 0 whatever it is answered, and prints its key.
const quiet = `echo "$VEXA_API_KEY ${VEXA_ADMIN_TOKEN-none}"; curl -s -H "X-API-Key: $VEXA_API_KEY" "$VEXA_BASE_URL/bots/status"`

// TestClientInterrupted: an interrupt ends the run and the client, with what a shell has started.
func TestClientInterrupted(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "started")
	cmd := command(t, nil, "client", "--edition", "v0.12", "-q", "--only", "client/obeys-retry-after/date", "--", "sh", "-c", "echo $$ > "+mark+".new; mv "+mark+".new "+mark+"; sleep 60 & wait")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(mark); return err == nil }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // its exit code is looked at
	assert.Equal(t, 130, cmd.ProcessState.ExitCode(), out.String())
	text, err := os.ReadFile(mark)
	require.NoError(t, err)
	group := 0
	for _, digit := range strings.TrimSpace(string(text)) {
		group = 10*group + int(digit-'0')
	}
	require.Eventually(t, func() bool { return syscall.Kill(-group, 0) == syscall.ESRCH }, 5*time.Second, 10*time.Millisecond, "nothing of the client goes on")
}

// keepsToSchema holds a JSON report to its schema.
func keepsToSchema(t *testing.T, text []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	schema, err := jsonschema.NewCompiler().Compile("../../reports/report.schema.json")
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
}
