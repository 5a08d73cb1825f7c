package command_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// binary is the program, built once for the tests of this package.
var binary string

func TestMain(m *testing.M) {
	os.Exit(built(m))
}

// withoutCauses is a report as a version wrote it that named no causes.
func withoutCauses(t *testing.T, text []byte) string {
	t.Helper()
	var report map[string]any
	require.NoError(t, json.Unmarshal(text, &report))
	delete(report, "causes")
	for _, check := range report["checks"].([]any) {
		delete(check.(map[string]any), "failures")
	}
	older, err := json.Marshal(report)
	require.NoError(t, err)
	return string(older)
}

func built(m *testing.M) int {
	folder, err := os.MkdirTemp("", "vexa-conformance")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "vexa-conformance")
	if out, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		panic(string(out))
	}
	return m.Run()
}

// command is the program with an environment of its own.
func command(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, environ...)
	return cmd
}

func run(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := command(t, environ, args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	failed := cmd.Run()
	var exit *exec.ExitError
	if failed != nil {
		require.True(t, errors.As(failed, &exit), "%v", failed)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

func start(t *testing.T, o reference.Options) *reference.Deployment {
	t.Helper()
	return referencetest.Start(t, o)
}

func TestTheMainCommand(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	report, junit := filepath.Join(t.TempDir(), "r.json"), filepath.Join(t.TempDir(), "r.xml")
	code, out, stderr := run(t, nil, "--report", "json="+report, "--report", "junit="+junit)
	require.Equal(t, 0, code, out+stderr)
	assert.Empty(t, stderr, "no progress if there is no terminal")
	assert.NotContains(t, out, "\x1b")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, begins := range []string{"v0.10  the reference  conformant: all ", "v0.12  the reference  conformant: all ", "v0.12  the reference, hosted  conformant: all "} {
		assert.True(t, strings.HasPrefix(lines[len(lines)-3+i], begins), lines[len(lines)-3+i])
	}
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	assert.Equal(t, int64(3), gjson.GetBytes(text, "runs.#").Int())
	assert.FileExists(t, junit)
}

// TestExitCodes goes through the program, with the mistakes that people make.
func TestExitCodes(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	kept, broken := start(t, reference.Options{Edition: "v0.12"}), start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail"}})
	spared := filepath.Join(t.TempDir(), "spared.md")
	outage := filepath.Join(t.TempDir(), "down")
	older := start(t, reference.Options{Edition: "v0.10", Outage: outage})
	const gone = "http://127.0.0.1:1" // a port that nothing is given of itself
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<h1>", http.StatusBadGateway) }))
	t.Cleanup(html.Close)
	token := func(d *reference.Deployment) []string { return []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken} }
	config := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(config, []byte("target: "+kept.BaseURL+"\nadmin_token: "+kept.AdminToken+"\nonly: [auth/*, scope/*]\n"), 0o600))
	stimuli := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(stimuli, []byte("stimuli:\n  failed: mock:failed-turn\n  blocked: mock:blocked-write\n"), 0o600))
	noStimuli := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(noStimuli, []byte("stimuli:\n  blockt: mock:blocked-write\n"), 0o600))
	misspelt := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(misspelt, []byte("target: http://localhost\nalow: [observe]\n"), 0o600))
	known, expired, wrongKnown := written(t, "- id: auth.missing-key\n  reason: being mended\n"),
		written(t, "- id: auth.missing-key\n  reason: was to be mended\n  until: 2020-01-01\n"), written(t, "- id: auth.mising-key\n  reason: x\n")
	oldReport, newReport := filepath.Join(t.TempDir(), "old.json"), filepath.Join(t.TempDir(), "new.json")
	for path, d := range map[string]*reference.Deployment{oldReport: kept, newReport: broken} {
		run(t, token(d), "run", "--edition", "v0.12", "--target", d.BaseURL, "--only", "auth/missing-key/getMe", "--report", "json="+path)
	}
	text, err := os.ReadFile(newReport)
	require.NoError(t, err)
	uncaused := written(t, withoutCauses(t, text))
	forged := written(t, strings.Replace(string(text), `"verdict": "fail"`, `"verdict": "pass"`, 1))
	for _, row := range []struct {
		name    string
		environ []string
		args    string
		code    int
		says    string
	}{
		{"kept", token(kept), "run --target " + kept.BaseURL, 0, "no clause broken: 26 of 42 tested; 16 not tested without --allow +bots,+agent,+exhaust; 2 not applicable here\n"},
		{"kept, all allowed", token(kept), "run --target " + kept.BaseURL + " --allow observe,write,bots,agent,exhaust --config " + written(t, "bot: {scripted: true}\n"), 0, "conformant: all "},
		{"by its edition", token(kept), "run --edition v0.12 --target " + kept.BaseURL + "/", 0, "no clause broken"},
		{"by the environment", append(token(kept), "VEXA_BASE_URL="+kept.BaseURL, "VEXA_ONLY=auth/missing-key/*"), "", 0, "1 tested clause holds"},
		{"by a file", nil, "run --config " + config, 0, "no clause broken: 5 of 6 tested"},
		{"the line wins over the file", nil, "run --config " + config + " --only auth/missing-key", 0, "1 tested clause holds"},
		{"with keys", []string{"VEXA_API_KEY_BOT=" + kept.Keys.Bot, "VEXA_API_KEY_TX=" + kept.Keys.Tx}, "run --target " + kept.BaseURL, 0, "no clause broken: 17 of 42"},
		{"broken", token(broken), "run --target " + broken.BaseURL, 1, "1 clause broken by 1 cause (auth.missing-key); 25 of 26 tested clauses hold"},
		{"the wrong edition", token(kept), "run --edition v0.10 --only auth/* --target " + kept.BaseURL, 1, "tested with --edition v0.10, but v0.12 fits better (high confidence): use --edition v0.12"},
		{"required, and judged", token(kept), "run --target " + kept.BaseURL + " --require scope.* --require-share 60%", 0, "no clause broken"},
		{"required, and not judged", token(kept), "run --target " + kept.BaseURL + " --require bots.stopped", 4, "inconclusive: no clause broken, and 26 of 42 tested; 16 not tested without --allow +bots,+agent,+exhaust; 2 not applicable here; --require bots.stopped: no verdict on bots.stopped"},
		{"required by the environment", append(token(kept), "VEXA_REQUIRE_SHARE=90%"), "run --target " + kept.BaseURL, 4, "--require-share 90%: "},
		{"a requirement without a match", token(kept), "run --target " + kept.BaseURL + " --require bot.stopped", 2, "--require bot.stopped matches no check and no clause of this edition; did you mean bots.stopped?"},
		{"a share that is none", nil, "run --require-share 0.9", 2, `"0.9" is not a share`},
		{"an unknown flag", nil, "run --tagret x", 2, `did you mean "--target"?`},
		{"an unknown command", nil, "rnu", 2, `unknown command rnu; did you mean "run"?`},
		{"an unknown command with flags", nil, "docter --target http://127.0.0.1:1", 2, `unknown command docter; did you mean "doctor"?`},
		{"no URL", token(kept), "run --target localhost:18056", 2, "give it with http:// or https://"},
		{"a pattern without a match", nil, "run --edition v0.10 --only bot.duplicate", 2, "did you mean bots.duplicate?"},
		{"an unknown effect", nil, "run --allow observe,wirte", 2, `there is no effect "wirte"`},
		{"an unknown edition", nil, "run --edition v0.11", 2, "v0.10"},
		{"an unknown format", nil, "run --report pdf=x", 2, `unknown report format "pdf"`},
		{"a report without a file", nil, "run --report json", 2, "FORMAT=FILE"},
		{"an unknown key", nil, "run --config " + misspelt, 2, `line 2: nothing reads the key "alow"; did you mean "allow"?`},
		{"a file that is not there", nil, "run --config /no/such.yaml", 2, "/no/such.yaml"},
		{"a webhook URL without a port here", token(kept), "run --target " + kept.BaseURL + " --webhook-url http://10.0.0.7:9099", 2, "--webhook-url goes with --webhook-listen"},
		{"a port in use", token(older), "run --target " + older.BaseURL + " --allow observe,write,bots --only webhook/signed --webhook-listen " + strings.TrimPrefix(kept.BaseURL, "http://"), 4, "--webhook-listen"},
		{"webhooks received elsewhere", token(older), "run --target " + older.BaseURL + " --allow observe,write,bots --only webhook/signed --webhook-listen 127.0.0.1:0", 0, "1 tested clause holds"},
		{"stimuli", token(kept), "run --config " + stimuli + " --only stream/done-not-ok --allow observe,write,agent --target " + kept.BaseURL, 0, "1 tested clause holds"},
		{"an unknown stimulus", token(kept), "run --config " + noStimuli + " --target " + kept.BaseURL, 2, `line 2: nothing reads the key "blockt"; did you mean "blocked"?`},
		{"no time", nil, "run --timeout 0s", 2, "--timeout"},
		{"an unknown fault", nil, "serve --fault duplicate-acepted", 2, `did you mean "duplicate-accepted"?`},
		{"a fault of another edition", nil, "serve --edition v0.12 --fault delete-meeting-not-idempotent", 2, "exists in v0.10: give --edition v0.10"},
		{"a fault of a hosted one", nil, "serve --edition v0.12 --fault retry-after-malformed", 2, "exists in a hosted deployment: give --hosted"},
		{"a fault of no operation", nil, "serve --fault createBots/503/2", 2, `v0.12 has no operation "createBots"`},
		{"faults that there are not", nil, "list --faults --only nonsense", 2, "matches no fault"},
		{"nothing near", nil, "explain something/else", 2, "unknown check, clause or fault something/else"},
		{"an unknown id", nil, "explain bots.duplicat", 2, `did you mean "bots.duplicate"?`},
		{"an empty target", nil, "run --edition v0.12 --only auth.missing-key --target=", 2, "--target is empty: give the base URL"},
		{"an empty variable for it", []string{"VEXA_BASE_URL="}, "run --edition v0.12 --only auth.missing-key", 2, "VEXA_BASE_URL is set and empty"},
		{"an empty variable for a plan", []string{"VEXA_BASE_URL= "}, "plan --edition v0.12", 2, "VEXA_BASE_URL is set and empty"},
		{"an empty variable beside the flag", append(token(kept), "VEXA_BASE_URL="), "run --only auth/missing-key --target " + kept.BaseURL, 0, "1 tested clause holds"},
		{"no credentials but empty ones", []string{"VEXA_ADMIN_TOKEN=", "VEXA_API_KEY= "}, "run --target " + kept.BaseURL, 3, "set VEXA_ADMIN_TOKEN"},
		{"no credentials", nil, "run --target " + kept.BaseURL, 3, "set VEXA_ADMIN_TOKEN"},
		{"a wrong token", []string{"VEXA_ADMIN_TOKEN=wrong-token"}, "run --target " + kept.BaseURL, 3, "no working credentials"},
		{"a wrong key", []string{"VEXA_API_KEY=wrong-key"}, "run --target " + kept.BaseURL, 3, "VEXA_API_KEY got 401"},
		{"nobody there", token(kept), "run --target " + gone, 3, "nothing listens there"},
		{"no Vexa", token(kept), "run --target " + html.URL, 3, "answers like no edition of Vexa"},
		{"nothing judged", token(kept), "run --allow observe --only bots/stopped --target " + kept.BaseURL, 4, "inconclusive"},
		{"a report that cannot be written", token(kept), "run --only auth/missing-key --report json=/no/such/r.json --target " + kept.BaseURL, 5, "/no/such/r.json"},
		{"known", token(broken), "run --target " + broken.BaseURL + " --known " + known, 0, "no clause broken except known failures: 26 of 42 tested, 25 of them hold"},
		{"known, and passing", token(kept), "run --target " + kept.BaseURL + " --known " + known, 1, "PASSES NOW  auth.missing-key"},
		{"known, and no longer", token(broken), "run --target " + broken.BaseURL + " --known " + expired, 1, "1 clause broken by 1 cause (auth.missing-key); 25 of 26 tested clauses hold"},
		{"known, misspelt", nil, "run --edition v0.12 --known " + wrongKnown, 2, "did you mean auth.missing-key?"},
		{"known, without a file", nil, "run --known /no/such.yaml", 2, "/no/such.yaml"},
		{"a report again", nil, "report " + oldReport + " --report markdown=" + filepath.Join(t.TempDir(), "r.md"), 0, "conformant: 1 tested clause holds"},
		{"two reports in one", nil, "report " + oldReport + " " + newReport + " --report html=" + filepath.Join(t.TempDir(), "r.html"), 0, "not conformant: 1 clause broken by 1 cause"},
		{"a report of something else", nil, "report " + config, 2, "truncated JSON"},
		{"a report that is none", nil, "report /no/such.json", 2, "/no/such.json"},
		{"diff", nil, "diff " + oldReport + " " + newReport, 1, "regressed  auth.missing-key  v0.12: fail, was pass"},
		{"diff, by causes", nil, "diff " + oldReport + " " + newReport, 1, "1 cause new; of the clauses 1 regressed"},
		{"diff with a report without causes", nil, "diff " + uncaused + " " + newReport, 0, "1 cause still there; of the clauses 1 still broken"},
		{"a report without causes", nil, "report " + uncaused, 0, "CAUSE  "},
		{"diff, the other way", nil, "diff " + newReport + " " + oldReport, 0, "fixed  auth.missing-key"},
		{"diff, with nothing to allow", nil, "diff " + oldReport + " " + oldReport + " --allow-vanished x", 2, "nothing that vanished has that id"},
		{"verify", nil, "verify " + oldReport, 0, "adds up: exit code 0"},
		{"verify, forged", nil, "verify " + forged, 1, "auth.missing-key is pass, and its checks come to fail"},
		{"prove", nil, "prove --edition v0.10 --only getMe/missing-key/*", 0, "0 missed"},
		{"prove, nothing", nil, "prove --only duplicate-acepted", 2, "did you mean duplicate-accepted?"},
		{"prove, in no such format", nil, "prove --report junit=x", 2, "use json or html"},
		{"serve, a generated fault", nil, "serve --fault getMe/missing-key/rewordet", 2, "has no fault"},
		{"cleanup with nothing to do", nil, "cleanup --journal " + t.TempDir(), 0, "nothing to clean up"},
		{"a journal that cannot be written", token(kept), "run --journal /proc/nowhere --target " + kept.BaseURL, 5, "name another folder with --journal"},
		{"gently", token(kept), "run --rate 100 --only auth/missing-key --target " + kept.BaseURL, 0, "1 tested clause holds"},
		{"backwards", token(kept), "run --rate=-1 --target " + kept.BaseURL, 2, "--rate -1"},
		{"a claim of nothing", nil, "run --config " + written(t, "has: [agnet]\n"), 2, `did you mean "agent"?`},
		{"a token by a command", nil, "run --only auth/missing-key --target " + kept.BaseURL + " --config " + written(t, "token_command: echo "+kept.AdminToken+"\n"), 0, "1 tested clause holds"},
		{"a command that gives none", nil, "run --target " + kept.BaseURL + " --config " + written(t, "token_command: exit 3\n"), 2, "token_command failed"},
		{"no such authority", token(kept), "run --ca /no/such.pem --target " + kept.BaseURL, 2, "/no/such.pem"},
		{"an authority that is none", token(kept), "run --ca " + config + " --target " + kept.BaseURL, 2, "contains no certificate"},
		{"a certificate that is none", token(kept), "run --client-cert " + config + " --target " + kept.BaseURL, 2, "give one PEM file"},
		{"an outage", token(older), "run --only outage.* --target " + older.BaseURL + " --config " + written(t, "outage:\n  down: touch "+outage+"\n  up: rm "+outage+"\n  routes: [GET /meetings]\n"), 0, "1 tested clause holds"},
		{"list what is covered", nil, "list --coverage --edition v0.10", 0, "documented answers and scopes have clauses that judge them"},
		{"doctor", append(token(kept), "VEXA_API_KEY="+kept.Keys.All), "doctor --target " + kept.BaseURL, 0, "ok  edition: v0.12 fits best"},
		{"doctor without credentials", nil, "doctor --target " + kept.BaseURL, 3, "problem  credentials: there are none"},
		{"doctor with a token alone", token(kept), "doctor --target " + kept.BaseURL + " --agent-url " + kept.AgentURL, 0, "ok  sockets: a WebSocket opens"},
		{"doctor with a wrong token", []string{"VEXA_ADMIN_TOKEN=wrong-token"}, "doctor --target " + kept.BaseURL, 3, "VEXA_ADMIN_TOKEN is refused"},
		{"doctor of nobody", nil, "doctor --target " + gone, 3, "nothing takes a connection"},
		{"doctor without a target", nil, "doctor", 2, "--target"},
		{"init over a file", nil, "init --target " + kept.BaseURL + " --out " + config, 2, "is there already"},
		{"init of nobody", nil, "init --target " + gone + " --out " + filepath.Join(t.TempDir(), "c.yaml"), 3, "nothing listens there"},
		{"a full disk", token(kept), "run --only auth/missing-key --report json=/dev/full --report markdown=" + spared + " --target " + kept.BaseURL, 5, "/dev/full"},
		{"help", nil, "--help", 0, "Usage: vexa-conformance <command>"},
		{"help of run", nil, "run --help", 0, "VEXA_ADMIN_TOKEN=... vexa-conformance run"},
		{"version", nil, "--version", 0, "vexa-conformance "},
		{"list", nil, "list --edition v0.10 --only bots.stopped", 0, "bots/stopped"},
		{"explain a check", nil, "explain --edition v0.12 auth/missing-key/getMe", 0, `401 with detail "Missing API key"`},
		{"explain a clause", nil, "explain retry.delete-meeting", 0, "delete-meeting-not-idempotent"},
		{"plan", token(kept), "plan --edition v0.12 --target http://192.0.2.1", 0, "0 bots"}, // nothing is sent to it (RFC 5737)
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, row.environ, strings.Fields(row.args)...)
			assert.Equal(t, row.code, code, out+stderr)
			assert.Contains(t, out+stderr, row.says)
			assert.NotContains(t, out+stderr, "goroutine ")
			if row.name == "a full disk" {
				assert.FileExists(t, spared, "one report that cannot be written does not keep the others from it")
			}
			if code >= 2 && code != 4 && !strings.HasPrefix(row.args, "doctor --") {
				assert.Equal(t, 1, strings.Count(stderr, "\n"), "one clear line: %s", stderr)
			}
		})
	}
}

// TestInitWritesWhatRunReads, for both editions.
func TestInitWritesWhatRunReads(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for edition, has := range map[string]string{"v0.10": "has: [recordings]", "v0.12": "has: [planning, recordings, agent]"} {
		d := start(t, reference.Options{Edition: edition})
		path := filepath.Join(t.TempDir(), "c.yaml")
		code, out, stderr := run(t, nil, "init", "--target", d.BaseURL, "--out", path)
		require.Equal(t, 0, code, out+stderr)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Contains(t, string(text), "edition: "+edition)
		assert.Contains(t, string(text), has)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		code, out, stderr = run(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, "run", "--config", path, "--only", "auth/missing-key")
		assert.Equal(t, 0, code, out+stderr)
	}
}

// written is a file with a text.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestProofOverTheNetwork runs serve, reads its line, and judges it with each of a few faults.
func TestProofOverTheNetwork(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for fault, row := range map[string]struct{ edition, clause string }{
		"":                              {"v0.12", ""},
		"delete-meeting-not-idempotent": {"v0.10", "retry.delete-meeting"},
		"duplicate-accepted":            {"v0.12", "bots.duplicate"},
		"admin-not-fronted":             {"v0.12", "admin.fronted"},
		"scope-not-checked":             {"v0.10", "scope.matrix"},
		"done-without-ok":               {"v0.12", "stream.done-not-ok"},
		"resume-loses-one":              {"v0.12", "stream.resume"},
		"getMe/missing-key/reworded":    {"v0.12", "auth.missing-key"},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			args := []string{"serve", "--edition", row.edition, "--listen", "127.0.0.1:0"}
			if fault != "" {
				args = append(args, "--fault", fault)
			}
			server := command(t, nil, args...)
			out, err := server.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, server.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			var served map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &served))
			assert.Len(t, served["keys"], 5)
			code, printed, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + served["admin_token"].(string)},
				"run", "--target", served["base_url"].(string), "--admin-url", served["admin_url"].(string), "--agent-url", served["agent_url"].(string),
				"--edition", row.edition, "--allow", "observe,write,bots,agent,exhaust")
			if fault == "" {
				assert.Equal(t, 0, code, printed+stderr)
			} else {
				assert.Equal(t, 1, code, printed+stderr)
				assert.Contains(t, printed, row.clause)
			}
			require.NoError(t, server.Process.Signal(os.Interrupt))
			assert.NoError(t, server.Wait(), "an interrupt is how serve ends")
		})
	}
}

// TestProofOfReadme runs every command of the README, with a deployment where it says that one is.
func TestProofOfReadme(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	d := start(t, reference.Options{Edition: "v0.12"})
	folder := t.TempDir()
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			commands++
			// The target is where there was a free port, reports go to a folder of the test, everything else is typed as it stands.
			line = strings.NewReplacer("http://localhost:18056", d.BaseURL, "=conformance.", "="+folder+"/conformance.", " conformance.json", " "+folder+"/conformance.json",
				"./vexa-conformance", binary, "-o vexa-conformance", "-o "+folder+"/vexa-conformance").Replace(line)
			cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
			cmd.Dir = "../.."
			cmd.Env = append(os.Environ(), "VEXA_ADMIN_TOKEN="+d.AdminToken, "XDG_STATE_HOME="+filepath.Join(folder, "state"))
			out, err := cmd.CombinedOutput()
			assert.NoErrorf(t, err, "%s\n%s", line, out)
		}
	}
	assert.Greater(t, commands, 8)
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		assert.FileExists(t, filepath.Join("../..", link[1]), "the README points to what exists")
	}
}
