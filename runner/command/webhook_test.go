package command_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vexa-conformance/fixtures/reference/referencetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

const hookSecret = "whsec_of_a_test/0123456789"

// receiverProgram builds the sample receiver.
func receiverProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "receiver")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../fixtures/clients/receiver").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// receiver starts it, and returns where it takes deliveries and where it says what it did.
func receiver(t *testing.T, program, secret string, args ...string) (hook, effects string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "VEXA_WEBHOOK_SECRET="+secret)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		_ = cmd.Wait()                       // its exit code is its own affair
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return gjson.Get(line, "url").String(), gjson.Get(line, "effects_url").String()
}

// TestWebhookMistakes are what people type.
func TestWebhookMistakes(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	hook, effects := receiver(t, receiverProgram(t), "")
	const gone = "http://127.0.0.1:1" // a port that no test is given
	for _, row := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string
	}{
		{"no URL", nil, []string{}, 2, "no URL: name the receiver"},
		{"two URLs", nil, []string{hook, hook}, 2, "unexpected argument"},
		{"no scheme", nil, []string{"localhost:8080/hook"}, 2, "give it with http:// or https://"},
		{"another scheme", nil, []string{"ftp://localhost/hook"}, 2, "give it with http:// or https://"},
		{"a password", nil, []string{"http://me:hunter22@localhost/hook"}, 2, "contains a password"},
		{"a password of the probe", nil, []string{hook, "--effects-url", "http://me:hunter22@localhost/x"}, 2, "--effects-url contains a password"},
		{"a fragment", nil, []string{hook + "#x"}, 2, "has a fragment"},
		{"no burst", nil, []string{hook, "--burst", "0"}, 2, "--burst 0"},
		{"less than none", nil, []string{hook, "--burst=-5"}, 2, "--burst -5"},
		{"no time", nil, []string{hook, "--within", "0s"}, 2, "--within 0s"},
		{"backwards", nil, []string{hook, "--patience=-1s"}, 2, "--patience -1s"},
		{"no patience for the late", nil, []string{hook, "--timeout", "1s"}, 2, "--timeout 1s is shorter than --within 3s"},
		{"two probes", nil, []string{hook, "--effects-url", effects, "--effects-command", "echo 1"}, 2, "are both given"},
		{"a probe without a number", nil, []string{hook, "--effects-command", "echo none yet"}, 2, `printed "none yet\n": it is to print a number`},
		{"a probe that fails", nil, []string{hook, "--effects-command", "echo no table >&2; exit 3"}, 2, `exit status 3, saying "no table\n"`},
		{"a probe elsewhere", nil, []string{hook, "--effects-url", hook}, 2, "--effects-url answered 405"},
		{"a probe that is not there", nil, []string{hook, "--effects-url", gone}, 2, "connection refused"},
		{"a short secret", []string{"VEXA_WEBHOOK_SECRET=abc"}, []string{hook}, 2, "shorter than 6 characters"},
		{"a misspelt pattern", nil, []string{hook, "--only", "handler.dedups"}, 2, "did you mean handler.dedupes?"},
		{"what binds deployments", nil, []string{hook, "--only", "bots.duplicate"}, 2, "matches no check"},
		{"an unknown format", nil, []string{hook, "--report", "pdf=x"}, 2, `unknown report format "pdf"`},
		{"a misspelt key", nil, []string{hook, "--config", written(t, "bursts: 3\n")}, 2, `did you mean "burst"?`},
		{"nobody there", nil, []string{gone + "/hook"}, 3, "nothing listens there"},
		{"another route", nil, []string{strings.Replace(hook, "/hook", "/hoook", 1), "-q"}, 4, "inconclusive"},
		{"without a probe", nil, []string{hook, "--only", "handler/dedupes/acts-once/retold", "-v"}, 4, "give --effects-url or --effects-command"},
		{"acknowledged", nil, []string{hook, "--only", "handler.acks-fast", "--skip", "*slow-sender", "-v"}, 0, "ms): no secret to sign with: set VEXA_WEBHOOK_SECRET"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, row.environ, append([]string{"webhook"}, row.args...)...)
			if assert.Equal(t, row.code, code, out+stderr); code == 2 || code == 3 {
				assert.Equal(t, 1, strings.Count(stderr, "\n"), "one clear line: %s", stderr)
			}
			assert.Contains(t, out+stderr, row.says)
			assert.NotContains(t, out+stderr, "hunter22")
		})
	}
}

// TestWebhookProbes: the probe is named in each of the ways in which anything is. Each has a receiver to itself, since what others
// deliver would be counted too.
func TestWebhookProbes(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	program := receiverProgram(t)
	for name, give := range map[string]func(effects string) (environ, args []string){
		"by a flag": func(effects string) (environ, args []string) { return nil, []string{"--effects-url", effects} },
		"by a command": func(effects string) (environ, args []string) {
			return nil, []string{"--effects-command", "curl -s " + effects}
		},
		"by the environment": func(effects string) (environ, args []string) { return []string{"VEXA_EFFECTS_URL=" + effects}, nil },
		"by a file": func(effects string) (environ, args []string) {
			return nil, []string{"--config", written(t, "effects_url: "+effects+"\nburst: 20\n")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook, effects := receiver(t, program, "")
			environ, args := give(effects)
			code, out, stderr := run(t, environ, append([]string{"webhook", hook, "--only", "handler/dedupes/acts-once/retold,*/burst"}, args...)...)
			assert.Equal(t, 0, code, out+stderr)
			assert.Contains(t, out, "all 2 tested")
			if name == "by a file" {
				assert.Contains(t, out, "20 deliveries at once, 20 of them acknowledged with 2xx: p50 ")
			}
		})
	}
}

// TestWebhookReports: a run writes every format, of which JSON keeps to the schema, and the secret is in none of them, nor in what
// the program says of a receiver and a probe that give it away.
func TestWebhookReports(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	program, folder := receiverProgram(t), t.TempDir()
	hook, effects := receiver(t, program, hookSecret, "-fault", "knows-by-event-id")
	secret := []string{"VEXA_WEBHOOK_SECRET=" + hookSecret}
	args := []string{"webhook", hook, "--effects-url", effects, "--verbose", "--known-write", filepath.Join(folder, "known.yaml")}
	formats := []string{"json", "junit", "html", "markdown", "har", "badge", "svg"}
	for _, format := range formats {
		args = append(args, "--report", format+"="+filepath.Join(folder, format))
	}
	code, out, stderr := run(t, secret, args...)
	require.Equal(t, 1, code, out+stderr)
	assert.Contains(t, out, "handler/dedupes/acts-once/retold")
	said := out + stderr
	for _, name := range append(formats, "known.yaml") {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		assert.NotEmpty(t, text)
		said += string(text)
	}
	code, out, stderr = run(t, secret, "webhook", hook, "--effects-command", "echo $VEXA_WEBHOOK_SECRET; echo '"+hookSecret+"' >&2")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "$VEXA_WEBHOOK_SECRET")
	said += out + stderr
	babbler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "you said "+r.Header.Get("Authorization"), http.StatusInternalServerError)
	}))
	t.Cleanup(babbler.Close)
	code, out, stderr = run(t, secret, "webhook", babbler.URL, "--verbose", "--report", "json="+filepath.Join(folder, "babbled"))
	assert.Equal(t, 1, code)
	babbled, err := os.ReadFile(filepath.Join(folder, "babbled"))
	require.NoError(t, err)
	assert.NotContains(t, said+out+stderr+string(babbled), hookSecret)

	text, err := os.ReadFile(filepath.Join(folder, "json"))
	require.NoError(t, err)
	keepsToSchema(t, text)
	assert.Equal(t, "handler", gjson.GetBytes(text, "binds").String())
	assert.Contains(t, gjson.GetBytes(text, "notes.0").String(), "200 deliveries at once")

	code, out, stderr = run(t, secret, "webhook", hook, "--effects-url", effects, "-q", "--only", "handler.dedupes", "--known", filepath.Join(folder, "known.yaml"))
	assert.Equal(t, 0, code, out+stderr)
	assert.Contains(t, out, "1 known failure")
	code, out, stderr = run(t, nil, "verify", filepath.Join(folder, "json"))
	assert.Equal(t, 0, code, out+stderr)
}

// TestWebhookSecretFromAFile signs with it.
func TestWebhookSecretFromAFile(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	hook, _ := receiver(t, receiverProgram(t), hookSecret)
	secret, err := json.Marshal(hookSecret)
	require.NoError(t, err)
	code, out, stderr := run(t, nil, "webhook", hook, "--only", "handler/acks-fast/signed", "--config", written(t, "webhook_secret: "+string(secret)+"\n"))
	assert.Equal(t, 0, code, out+stderr)
}

// TestWebhookInterrupted: an interrupt ends the run while it waits for an acknowledgement, and what was judged is reported.
func TestWebhookInterrupted(t *testing.T) {
	t.Parallel()
	came := make(chan struct{}, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body) // only then does net/http notice that the sender has left
		came <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "r.json")
	cmd := command(t, nil, "webhook", s.URL, "--timeout", "1m", "--report", "json="+path)
	require.NoError(t, cmd.Start())
	<-came
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait() // its exit code is looked at
	assert.Equal(t, 130, cmd.ProcessState.ExitCode())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, gjson.GetBytes(text, "interrupted").Bool())
	assert.Zero(t, gjson.GetBytes(text, "summary.checks.fail").Int())
}

// TestWebhookPage runs the script of the page for authors, with the sample receiver for theirs.
func TestWebhookPage(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	text, err := os.ReadFile("../../docs/webhooks.md")
	require.NoError(t, err)
	script := regexp.MustCompile("(?s)```sh\n(#!/bin/sh\n.*?)```").FindSubmatch(text)
	require.NotNil(t, script)
	folder := t.TempDir()
	port := fmt.Sprint(20_000 + rand.IntN(10_000)) // below those that this machine gives to others
	receiver := "#!/bin/sh\nexec " + receiverProgram(t) + " -listen 127.0.0.1:" + port + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "my-receiver"), []byte(receiver), 0o700))
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(string(script[1]), ":8080", ":"+port))
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "VEXA_CONFORMANCE="+root)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "conformant: all 2 tested clauses hold")
	assert.FileExists(t, filepath.Join(folder, "webhook.xml"))
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllSubmatch(text, -1) {
		_, err := os.Stat(filepath.Join("../../docs", string(link[1])))
		assert.NoError(t, err, "the page points to what exists")
	}
}
