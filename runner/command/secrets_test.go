package command_test

import (
	"bufio"
	"encoding/base64"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/reports"
)

// What is secret in this test besides a deployment's keys: typed is what somebody puts where it does not belong.
const (
	typedSecret = "typed+where/it does not=belong"
	hookKey     = "whsec/of the=test+0123"
	queryKey    = "key-in-the-query-0123"
	passcode    = "let-me+in/please"
	digits      = "83649275018364"
)

// secretsOf are all that a test with a deployment uses.
func secretsOf(d *reference.Deployment) []string {
	return append(d.Issued(), d.AdminToken, typedSecret, hookKey, queryKey, passcode, digits)
}

// spoken is all that the commands of a test say, and the names of those that were run.
type spoken struct {
	t      *testing.T
	folder string // in which they write

	mu   sync.Mutex
	said strings.Builder
	ran  map[string]bool
}

// run runs a command and keeps what it says. Its exit code is wanted, so that it is known to have come as far as it should.
func (s *spoken) run(t *testing.T, code int, environ []string, args ...string) {
	t.Helper()
	got, out, stderr := run(t, append([]string{"XDG_STATE_HOME=" + s.folder}, environ...), args...)
	assert.Equal(t, code, got, "%s\n%s", args, stderr)
	s.add(args[0], out+stderr)
}

// add keeps what a command said.
func (s *spoken) add(command, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ran[command] = true
	s.said.WriteString(text)
}

// in is a file that the commands are to write.
func (s *spoken) in(name string) string { return filepath.Join(s.folder, name) }

// read adds what was written, which only its owner may read.
func (s *spoken) read() {
	require.NoError(s.t, filepath.WalkDir(s.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		require.NoError(s.t, err)
		assert.Equal(s.t, fs.FileMode(0o600), info.Mode().Perm(), path)
		text, err := os.ReadFile(path)
		s.said.Write(text)
		return err
	}))
}

// holdsNone looks for the secrets, as they are, in URLs, and in base64 wherever in a text they begin.
func (s *spoken) holdsNone(secrets []string) {
	said := s.said.String()
	for _, secret := range secrets {
		forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
		for before := range 3 {
			padded := []byte(strings.Repeat("-", before) + secret)
			for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				text := encoding.EncodeToString(padded)
				forms = append(forms, text[(before*8+5)/6:len(padded)*8/6])
			}
		}
		for _, form := range forms {
			if at := strings.Index(said, form); at >= 0 {
				assert.Failf(s.t, "a secret slipped", "%s… in …%s…", form[:8], said[max(0, at-200):min(len(said), at+len(form)+40)])
			}
		}
	}
}

// TestProofOfSecrecy runs every command that there is, with secrets from everywhere, rightly and wrongly given, and with all that it
// can print and write, and looks for each secret in all of it.
func TestProofOfSecrecy(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for _, edition := range []string{"v0.10", "v0.12"} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			o := reference.Options{Edition: edition, Faults: []string{"missing-key-detail", "wrong-type-coerced"}}
			d, second := start(t, o), start(t, o)
			s := &spoken{t: t, folder: t.TempDir(), ran: map[string]bool{}}
			keys := []string{
				"VEXA_API_KEY=" + d.Keys.All, "VEXA_API_KEY_BOT=" + d.Keys.Bot, "VEXA_API_KEY_TX=" + d.Keys.Tx,
				"VEXA_API_KEY_BROWSER=" + d.Keys.Browser, "VEXA_API_KEY_OTHER=" + d.Keys.Other, "VEXA_WEBHOOK_SECRET=" + hookKey,
			}
			all := append([]string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_ADMIN_TOKEN_B=" + second.AdminToken, "GITHUB_ACTIONS=true"}, keys...)
			s.run(t, 1, all, append(s.every("run"), "--verbose", "--target", d.BaseURL, "--allow", "observe,write,bots,agent,exhaust", "--known-write", s.in("known"))...)
			t.Run("commands", func(t *testing.T) {
				for name, row := range rightly(t, s, d, second, all, keys) {
					t.Run(name, func(t *testing.T) { t.Parallel(); row(t) })
				}
				for name, row := range wrongly(t, s, d, all) {
					t.Run(name, func(t *testing.T) { t.Parallel(); row(t) })
				}
			})
			s.read()
			assert.Greater(t, s.said.Len(), 1_000_000)
			s.holdsNone(append(secretsOf(d), secretsOf(second)...))
			assert.Empty(t, slices.DeleteFunc(commandNames(t), func(name string) bool { return s.ran[name] }), "commands that this test does not know: have it run them")
		})
	}
}

// every is a command with a report of each format.
func (s *spoken) every(command string, more ...string) []string {
	args := append([]string{command}, more...)
	for _, format := range reports.Formats() {
		args = append(args, "--report", format+"="+s.in(command+"."+format))
	}
	return args
}

// commandNames are those that the program's help lists.
func commandNames(t *testing.T) []string {
	t.Helper()
	_, help, _ := run(t, nil, "--help")
	_, list, _ := strings.Cut(help, "\nCommands:\n")
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^  ([a-z]+)  `).FindAllStringSubmatch(list, -1) {
		names = append(names, match[1])
	}
	require.Greater(t, len(names), 10)
	return names
}

type rows map[string]func(*testing.T)

// rightly are the commands as they should be typed, with secrets from the environment, from a file and from a command.
func rightly(t *testing.T, s *spoken, d, second *reference.Deployment, all, keys []string) rows {
	t.Helper()
	file := written(t, "admin_token: "+d.AdminToken+"\napi_key: "+d.Keys.All+"\napi_key_bot: "+d.Keys.Bot+"\napi_key_tx: "+d.Keys.Tx+"\napi_key_browser: "+
		d.Keys.Browser+"\napi_key_other: "+d.Keys.Other+"\nwebhook_secret: "+hookKey+"\n")
	asking := written(t, "token_command: echo '"+d.AdminToken+"'; echo '"+typedSecret+"' >&2\n")
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "you said "+r.Header.Get("Authorization")+" to "+r.URL.String(), http.StatusTeapot)
	}))
	t.Cleanup(hook.Close)
	stubborn := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete {
			http.Error(w, "not now, "+r.Header.Get("X-Admin-API-Key"), http.StatusInternalServerError)
		}
		return r.Method == http.MethodDelete
	})
	few := []string{"--verbose", "--target", d.BaseURL, "--only", "auth/missing-key"}
	of := func(code int, environ []string, args ...string) func(*testing.T) {
		return func(t *testing.T) { s.run(t, code, environ, args...) }
	}
	with := func(command string, more ...string) []string {
		return append(append([]string{command}, few...), more...)
	}
	edition := d.Edition
	entering := map[string]string{"v0.10": "retry/put/bot-config,socket.*", "v0.12": "stream.*"}[edition]
	meeting := func(text string) string { return written(t, "admin_token: "+d.AdminToken+"\nmeetings: ["+text+"]\n") }
	return rows{
		"run in a meeting": of(0, nil, "run", "--verbose", "--target", d.BaseURL, "--allow", "observe,write,bots", "--only", entering, "--report", "json="+s.in("teams"), "--report", "har="+s.in("teams.har"),
			"--config", meeting("{platform: teams, native_meeting_id: \"1234567890123\", passcode: \""+passcode+"\"}")),
		"run in another": of(0, nil, "run", "--verbose", "--target", d.BaseURL, "--allow", "observe,write,bots", "--only", entering, "--report", "json="+s.in("zoom"), "--report", "html="+s.in("zoom.html"),
			"--config", meeting("{platform: zoom, native_meeting_id: \"1234567890\", meeting_url: \"https://zoom.us/j/1?pwd="+url.QueryEscape(passcode)+"\"}")),
		"run with keys":      of(1, keys, "run", "--verbose", "--target", d.BaseURL, "--report", "json="+s.in("keys")),
		"run with a file":    of(1, nil, with("run", "--config", file, "--report", "json="+s.in("file"))...),
		"run with a command": of(1, nil, with("run", "--config", asking, "--report", "json="+s.in("asking"))...),
		"list":               of(0, all, "list", "--edition", edition, "--coverage"),
		"explain":            of(0, all, "explain", "auth.missing-key"),
		"contract":           of(0, all, "contract", "--edition", edition),
		"plan":               of(0, all, "plan", "--verbose", "--target", d.BaseURL),
		"plan with a file":   of(0, nil, with("plan", "--config", file)...),
		"serve":              func(t *testing.T) { s.serve(t, append(all, "VEXA_CONFIG="+file), edition) },
		"prove":              of(0, all, "prove", "--edition", edition, "--verbose", "--only", "getMe/missing-key/*", "--report", "json="+s.in("proof.json"), "--report", "html="+s.in("proof.html")),
		"client": of(4, all, append(s.every("client", "--edition", "v0.12", "--actions", "read-status", "--only", "client.obeys-retry-after", "--verbose"),
			"--", "sh", "-c", "echo $0 $VEXA_API_KEY; exit 1", d.Keys.All)...),
		"client with a file":  of(4, nil, "client", "--config", file, "--edition", "v0.12", "--actions", "read-status", "--only", "client.obeys-retry-after", "--verbose", "--", "sh", "-c", "echo $0", d.AdminToken),
		"webhook":             of(1, all, append(s.every("webhook", hook.URL+"/"+d.Keys.Bot+"?code="+queryKey, "--verbose"), "--only", "handler/acks-fast/*", "--burst", "3", "--known-write", s.in("hook.known"))...),
		"webhook with a file": of(1, nil, "webhook", hook.URL+"/"+d.Keys.Tx, "--config", file, "--only", "handler/acks-fast/plain", "--report", "json="+s.in("webhook.file")),
		"webhook and a probe": of(2, all, "webhook", hook.URL, "--effects-url", hook.URL+"/?code="+queryKey),
		"webhook of nobody":   of(3, all, "webhook", "http://127.0.0.1:1/?code="+queryKey),
		"doctor":              of(0, all, "doctor", "--target", d.BaseURL, "--direct", d.BaseURL),
		"doctor with a file":  of(0, nil, "doctor", "--target", d.BaseURL, "--config", file),
		"init":                of(0, all, "init", "--target", d.BaseURL, "--out", s.in("init.yaml")),
		"report":              of(0, all, append([]string{"report", s.in("run.json")}, s.every("report")[1:]...)...),
		"diff":                of(0, all, "diff", s.in("run.json"), s.in("run.json"), "--report", "json="+s.in("diff.json"), "--report", "markdown="+s.in("diff.md")),
		"verify":              of(0, all, "verify", s.in("run.json")),
		"cleanup": func(t *testing.T) {
			journal := s.in("left")
			s.run(t, 1, all, "run", "--target", stubborn, "--edition", edition, "--only", "auth/missing-key/getBotsStatus", "--only", "auth/missing-key/listMeetings", "--journal", journal, "--report", "json="+s.in("left.json"))
			s.run(t, 4, all, "cleanup", "--journal", journal)
			s.run(t, 4, nil, "cleanup", "--journal", journal, "--config", file)
		},
		"known": of(0, all, with("run", "--known", s.in("known"), "--known-write", s.in("known"), "--report", "json="+s.in("excused"))...),
	}
}

// serve serves until it has said its line, which holds the keys of its own deployment and none of the operator's.
func (s *spoken) serve(t *testing.T, environ []string, edition string) {
	t.Helper()
	server := command(t, environ, "serve", "--edition", edition, "--listen", "127.0.0.1:0")
	var stderr strings.Builder
	server.Stderr = &stderr
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, server.Process.Signal(os.Interrupt))
	require.NoError(t, server.Wait())
	s.add("serve", line+stderr.String())
}
