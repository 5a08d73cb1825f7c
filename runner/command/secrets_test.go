package command_test

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
)

const passcode = "let-me+in/please"

// typed is a command line, what it is given in its environment, and how it ends.
type typed struct {
	code    int
	environ []string
	args    []string
}

// everything is every command with the secrets that it could see, by the environment, the file and a command, with all that it can
// print and write, and mistyped in the ways that put a secret where it does not belong.
func everything(t *testing.T, d *reference.Deployment, folder string) []typed {
	t.Helper()
	environ := []string{
		"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All, "VEXA_API_KEY_BOT=" + d.Keys.Bot, "VEXA_API_KEY_TX=" + d.Keys.Tx,
		"VEXA_API_KEY_BROWSER=" + d.Keys.Browser, "VEXA_API_KEY_OTHER=" + d.Keys.Other, "VEXA_ADMIN_TOKEN_B=" + d.AdminToken, "XDG_STATE_HOME=" + folder,
		"VEXA_WEBHOOK_SECRET=" + hookSecret,
	}
	keys, none := environ[1:6:6], environ[7:8:8]
	file := written(t, "admin_token: "+d.AdminToken+"\napi_key: "+d.Keys.All+"\nwebhook_secret: "+hookSecret+"\nmeetings: [{platform: teams, native_meeting_id: \"1234567890123\", passcode: \""+passcode+"\"}]\n")
	asked := written(t, "token_command: echo "+d.AdminToken+"\nmeetings: [{platform: zoom, native_meeting_id: \"1234567890\", meeting_url: \"https://zoom.us/j/1?pwd="+url.QueryEscape(passcode)+"\"}]\n")
	in := func(name string) string { return filepath.Join(folder, name) }
	reports := func(prefix string, formats ...string) (all []string) {
		for _, format := range formats {
			all = append(all, "--report", format+"="+in(prefix+format))
		}
		return all
	}
	all := []string{"json", "junit", "html", "markdown", "har", "badge", "svg"}
	hook, effects := receiver(t, receiverProgram(t), hookSecret)
	with := func(code int, environ, more []string, args ...string) typed {
		return typed{code, environ, append(args, more...)}
	}
	entering := map[string]string{"v0.10": "retry/put/bot-config,socket.*", "v0.12": "stream.*"}[d.Edition]
	return []typed{
		with(1, environ, reports("run.", all...), "run", "--verbose", "--target", d.BaseURL, "--allow", "observe,write,bots,agent,exhaust", "--known-write", in("known")),
		with(1, keys, reports("keys.", "json"), "run", "--verbose", "--target", d.BaseURL),
		with(1, none, reports("file.", all...), "run", "--verbose", "--target", d.BaseURL, "--config", file, "--allow", "observe,write,bots", "--only", entering+",bots.accepted,auth/missing-key/getMe"),
		with(1, none, reports("asked.", "json", "html"), "run", "--verbose", "--target", d.BaseURL, "--config", asked, "--allow", "observe,write,bots", "--only", entering+",auth/missing-key/getMe"),
		with(3, environ, nil, "run", "--target", "http://127.0.0.1:1"),
		with(3, []string{"VEXA_ADMIN_TOKEN=" + d.Keys.All}, nil, "run", "--target", d.BaseURL),
		with(0, environ, nil, "plan", "--verbose", "--target", d.BaseURL, "--allow", "observe,write,bots", "--config", file),
		with(0, environ, nil, "doctor", "--target", d.BaseURL, "--direct", d.BaseURL, "--config", file),
		with(0, environ, reports("compare.", "json"), "compare", d.BaseURL, d.BaseURL, "--only", "auth/missing-key/get*"),
		with(0, environ, nil, "init", "--target", d.BaseURL, "--out", in("init.yaml")),
		with(0, environ, nil, "cleanup", "--config", file),
		with(0, environ, nil, "list", "--coverage", "--edition", d.Edition),
		with(0, environ, nil, "explain", "bots.duplicate", "--edition", d.Edition),
		with(0, environ, reports("again.", all...), "report", in("run.json")),
		with(1, environ, reports("diff.", "json", "markdown"), "diff", in("run.json"), in("keys.json")),
		with(0, environ, nil, "verify", in("run.json")),
		with(0, environ, reports("proof.", "json", "html"), "prove", "--edition", d.Edition, "--only", "getMe/missing-key/reworded", "--verbose"),
		with(0, environ, reports("webhook.", all...), "webhook", hook, "--effects-url", effects, "--burst", "5", "--only", "handler.acks*", "--verbose", "--config", file),
		with(4, environ, append(reports("client.", all...), "--", "sh", "-c", "env; exit 1"), "client", "--edition", "v0.10", "--only", "client.never-retries-client-errors", "--actions", "read-status", "--verbose"),

		with(2, none, nil, "run", "--target", d.BaseURL, "--config", written(t, "admin_token: \""+d.AdminToken+"\n")),
		with(2, none, nil, "run", "--target", d.BaseURL, "--config", written(t, "admin_token: ["+d.AdminToken+"]\n")),
		with(2, none, nil, "run", "--target", d.BaseURL, "--config", written(t, "admin_token "+d.AdminToken+"\n")),
		with(2, none, nil, "run", "--target", d.BaseURL, "--config", written(t, "meetings: [{passcode: "+passcode+"\n")),
		with(2, none, nil, "run", "--target", d.BaseURL, "--config", written(t, "admin_tokn: "+d.AdminToken+"\n")),
		with(2, none, nil, "run", "--target", d.BaseURL, "--config", written(t, "token_command: echo "+d.AdminToken+" >&2; exit 3\n")),
		with(2, none, nil, "run", "--target", d.BaseURL+"?key="+d.AdminToken),
		with(2, none, nil, "run", "--target", "http://u:"+d.AdminToken+"@127.0.0.1:1"),
		with(3, none, nil, "run", "--target", "http://127.0.0.1:1/"+d.Keys.All),
		with(2, none, nil, "run", d.Keys.All),
		with(2, environ, nil, "run", "--parallel", d.AdminToken),
	}
}

// TestNoSecretSlips runs every command, and looks for each secret in all that they print and write, as it is, in base64, in hex and
// percent-encoded.
func TestNoSecretSlips(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{"v0.10", "v0.12"} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			d := start(t, reference.Options{Edition: edition, Faults: []string{"missing-key-detail", "wrong-type-coerced"}})
			folder := t.TempDir()
			said, ran := served(t, d), []string{"serve"}
			for _, one := range everything(t, d, folder) {
				code, out, stderr := run(t, one.environ, one.args...)
				assert.Equal(t, one.code, code, "%v: %s", one.args, stderr)
				said += out + stderr
				ran = append(ran, one.args[0])
			}
			slices.Sort(ran)
			assert.Equal(t, commands(t), slices.Compact(ran), "every command is run here")
			require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				info, err := entry.Info()
				require.NoError(t, err)
				assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
				text, err := os.ReadFile(path)
				said += string(text)
				return err
			}))
			assert.Greater(t, len(said), 1_000_000)
			for _, secret := range append(d.Issued(), d.AdminToken, hookSecret, passcode) {
				raw := []byte(secret)
				for _, form := range []string{
					secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw),
				} {
					assert.Falsef(t, strings.Contains(said, strings.TrimRight(form, "=")), "a secret slipped: %s…", form[:12])
				}
			}
		})
	}
}

// served is what serve prints, which are the keys of its own deployment and none that it is given.
func served(t *testing.T, d *reference.Deployment) string {
	t.Helper()
	cmd := command(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All}, "serve", "--edition", d.Edition, "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	return line
}

// commands are those that the help lists.
func commands(t *testing.T) []string {
	t.Helper()
	_, out, _ := run(t, nil, "--help")
	_, list, found := strings.Cut(out, "Commands:\n")
	require.True(t, found, out)
	var names []string
	for _, line := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(list, -1) {
		names = append(names, line[1])
	}
	slices.Sort(names)
	return names
}
