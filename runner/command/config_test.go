package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// TestOptions: which are mistakes, and how that is said; the rest holds.
func TestOptions(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*options)
		says   string
	}{
		"as they are": {func(*options) {}, ""},
		"all of them": {func(o *options) {
			o.Target, o.AdminURL, o.AgentURL, o.WebhookListen, o.WebhookURL = "http://a", "https://b:1", "http://c/d", ":9", "http://e"
		}, ""},
		"no scheme":              {func(o *options) { o.Target = "localhost:1" }, "--target localhost:1 is not the URL of a deployment"},
		"another scheme":         {func(o *options) { o.Target = "ftp://a" }, "--target ftp://a is not the URL of a deployment"},
		"no host":                {func(o *options) { o.Target = "http:///x" }, "is not the URL of a deployment"},
		"no URL":                 {func(o *options) { o.Target = "http://%zz" }, "--target is not a URL: give it as http://host:port"},
		"a password":             {func(o *options) { o.Target = "http://u:word@a" }, ""},
		"a password, elsewhere":  {func(o *options) { o.Target = "ftp://u:word@a" }, "--target ftp://a is not the URL of a deployment"},
		"a password in no URL":   {func(o *options) { o.Target = "http://u:word@a b" }, "--target contains ' '"},
		"a query":                {func(o *options) { o.Target = "http://a?b" }, "has a query or a fragment"},
		"a fragment":             {func(o *options) { o.Target = "http://a#b" }, "has a query or a fragment"},
		"a bad second URL":       {func(o *options) { o.Target, o.AdminURL = "http://a", "b" }, "--admin-url b is not the URL"},
		"a bad last URL":         {func(o *options) { o.WebhookListen, o.WebhookURL = ":9", "here" }, "--webhook-url here is not the URL"},
		"admin alone":            {func(o *options) { o.AdminURL = "http://a" }, "go with --target"},
		"agent alone":            {func(o *options) { o.AgentURL = "http://a" }, "go with --target"},
		"a webhook's URL alone":  {func(o *options) { o.WebhookURL = "http://a" }, "goes with --webhook-listen"},
		"a listener alone":       {func(o *options) { o.WebhookListen = ":9" }, ""},
		"nothing at once":        {func(o *options) { o.Parallel = 0 }, "--parallel 0"},
		"one at once":            {func(o *options) { o.Parallel = 1 }, ""},
		"no time":                {func(o *options) { o.Timeout = 0 }, "--timeout 0s"},
		"less than no time":      {func(o *options) { o.Timeout = -1 }, "--timeout -1ns"},
		"a moment":               {func(o *options) { o.Timeout = 1 }, ""},
		"a rate below nothing":   {func(o *options) { o.Rate = -0.5 }, "--rate -0.5"},
		"no rate":                {func(o *options) { o.Rate = 0 }, ""},
		"impatient":              {func(o *options) { o.Patience = -time.Second }, "--patience -1s"},
		"an effect there is not": {func(o *options) { o.Allow = []string{"wriet"} }, "--allow: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o options
			o.Parallel, o.Timeout = 8, transport.DefaultTimeout
			row.change(&o)
			err := o.check()
			if row.says == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "u:word", "no password is repeated")
		})
	}
}

// TestEffects: the reference may be used up, a target only written to, unless the operator allows more; each once, by rank.
func TestEffects(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		target string
		allow  []string
		want   []spec.Effect
	}{
		"the reference":           {"", nil, spec.Effects()},
		"a target":                {"http://a", nil, []spec.Effect{spec.Observe, spec.Write}},
		"named":                   {"http://a", []string{" bots", "observe", "bots"}, []spec.Effect{spec.Observe, spec.Write, spec.Bots}},
		"of the reference, named": {"", []string{"observe"}, []spec.Effect{spec.Observe}},
	} {
		got, err := (&options{Target: row.target, Allow: row.allow}).effects()
		require.NoError(t, err)
		assert.Equal(t, row.want, got, name)
	}
}

// TestPatience is the reference's own, a target's, or the operator's.
func TestPatience(t *testing.T) {
	t.Parallel()
	for want, o := range map[time.Duration]options{3 * time.Second: {}, time.Minute: {Target: "http://a"}, 7 * time.Second: {Target: "http://a", Patience: 7 * time.Second}} {
		c, err := o.config(extra{Has: []string{"agent"}})
		require.NoError(t, err)
		assert.Equal(t, want, c.Patience)
		assert.Equal(t, []string{"agent"}, c.Has)
	}
	var o options
	o.Only, o.Skip, o.Strength = []string{"a"}, []string{"b"}, "must"
	o.Rate, o.Seed, o.Parallel, o.Timeout, o.WebhookListen, o.WebhookURL = 2, 3, 4, 5, ":6", "http://7"
	c, err := o.config(extra{Bot: map[string]any{"bot_name": "x"}, Outage: deployment.Outage{Up: "up"}, Stimuli: fixtures.Stimuli{Failed: "f"}})
	require.NoError(t, err)
	assert.Equal(t, deployment.Config{
		Selection: plan.Selection{Only: []string{"a"}, Skip: []string{"b"}, Strength: spec.Must, Allow: spec.Effects()},
		Options:   transport.Options{Rate: 2, Timeout: 5, Version: Version()},
		Seed:      3, Parallel: 4, WebhookListen: ":6", WebhookURL: "http://7", BotBody: map[string]any{"bot_name": "x"}, Outage: &deployment.Outage{Up: "up"}, Stimuli: fixtures.Stimuli{Failed: "f"}, Patience: referencePatience,
	}, c, "everything that is said arrives")
	_, err = (&options{Allow: []string{"x"}}).config(extra{})
	assert.Error(t, err)
	assert.True(t, secrets{}.none())
	assert.False(t, secrets{APIKeyOther: "k"}.none())
	assert.Equal(t, fixtures.Keys{All: "a", Bot: "b", Tx: "c", Browser: "d", Other: "e"},
		secrets{APIKey: "a", APIKeyBot: "b", APIKeyTx: "c", APIKeyBrowser: "d", APIKeyOther: "e"}.keys())
}

func TestConfigPath(t *testing.T) {
	for name, row := range map[string]struct {
		environ string
		args    []string
		want    string
	}{
		"none":                {"", []string{"run"}, ""},
		"in the environment":  {"e.yaml", []string{"run"}, "e.yaml"},
		"after it":            {"e.yaml", []string{"run", "--config", "a.yaml"}, "a.yaml"},
		"with a sign":         {"e.yaml", []string{"--config=a.yaml", "run"}, "a.yaml"},
		"with a sign, empty":  {"e.yaml", []string{"--config="}, ""},
		"last, without value": {"e.yaml", []string{"run", "--config"}, "e.yaml"},
	} {
		t.Setenv("VEXA_CONFIG", row.environ)
		assert.Equal(t, row.want, configPath(row.args), name)
	}
}

// read reads a file as run does.
func read(t *testing.T, text string) (*file, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	var cli struct {
		Run struct {
			options
		} `cmd:""`
		Other struct {
			Elsewhere string
		} `cmd:""`
	}
	parser, err := kong.New(&cli, kong.Vars{"editions": ""})
	require.NoError(t, err)
	var f file
	return &f, f.load(parser.Model, []string{"run", "--config", path})
}

// TestFiles: what is read of a file, and every mistake with its line and the nearest key.
func TestFiles(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, says string }{
		"nothing":             {"", ""},
		"of each kind":        {"target: http://a\nadmin_url: http://b\nadmin_token: t\nhas: [agent]\nstimuli: {failed: x}\noutage: {down: a, up: b, routes: [GET /x]}\nbot: {anything: 1}\n", ""},
		"a flag of another":   {"target: http://a\nelsewhere: x\n", `line 2: nothing reads the key "elsewhere"`},
		"a dash":              {"admin-url: http://a\n", `line 1: nothing reads the key "admin-url"; did you mean "admin_url"?`},
		"misspelt":            {"target: http://a\n\n  \nalow: [x]\n", `line 4: nothing reads the key "alow"; did you mean "allow"?`},
		"quoted":              {"target: http://a\n\"alow\": [x]\n", `line 2: nothing reads the key "alow"`},
		"misspelt, below":     {"outage:\n  down: x\n  upp: y\n", `line 3: nothing reads the key "upp"; did you mean "up"?`},
		"misspelt, at last":   {"outage:\n  down: x\nstimuli:\n  blockt: y\n", `line 4: nothing reads the key "blockt"; did you mean "blocked"?`},
		"one for a list":      {"bot:\n  - a\n", "line 2: sequence was used where mapping is expected"},
		"a list for a secret": {"admin_token: [hush]\n", "line 1 (admin_token): the value is of another kind"},
		"no YAML":             {"target: [\n", "line 1 (target): sequence end token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, row.text)
			if row.says == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "hush")
		})
	}
	var none file
	require.NoError(t, none.load(nil, []string{"run"}), "no file is no mistake")
	require.ErrorIs(t, none.load(nil, []string{"--config", "/no/such.yaml"}), os.ErrNotExist)
	f, err := read(t, "outage: {down: a, up: b, routes: [GET /x]}\nbot: {bot_name: x}\nstimuli: {failed: y}\nhas: [agent]\ntoken_command: z\n")
	require.NoError(t, err)
	assert.Equal(t, []string{"GET /x"}, f.extra.Outage.Routes)
	assert.Equal(t, map[string]any{"bot_name": "x"}, f.extra.Bot)
	assert.Equal(t, []string{"y", "z", "agent"}, []string{f.extra.Stimuli.Failed, f.extra.TokenCommand, f.extra.Has[0]})
}

// TestTheFileIsAskedLast: after the line, which kong asks first, and the environment.
func TestTheFileIsAskedLast(t *testing.T) {
	f, err := read(t, "target: http://a\nallow: [observe, write]\nparallel: 3\n")
	require.NoError(t, err)
	value := func(name string, envs ...string) any {
		got, err := f.Resolve(nil, nil, &kong.Flag{Value: &kong.Value{Name: name}, Envs: envs})
		require.NoError(t, err)
		return got
	}
	t.Setenv("VEXA_TEST_SET", "")
	assert.Equal(t, []any{"http://a", "observe,write", "3", nil, nil, "http://a"}, []any{
		value("target"), value("allow"), value("parallel"), value("webhook-url"), value("target", "VEXA_TEST_SET"), value("target", "VEXA_TEST_NOT_SET"),
	})
}

// TestSecretsOfTheFile: the environment wins over the file, and both over a command that prints the token.
func TestSecretsOfTheFile(t *testing.T) {
	for name, row := range map[string]struct {
		text, environ string
		want, says    string
	}{
		"of the file":             {"admin_token: of-the-file\ntoken_command: exit 1\n", "", "of-the-file", ""},
		"of the environment":      {"admin_token: of-the-file\n", " of-the-environment\n", "of-the-environment", ""},
		"of a command":            {"token_command: echo of-the-command\n", "", "of-the-command", ""},
		"a command, for nothing":  {"token_command: exit 1\n", "of-the-environment", "of-the-environment", ""},
		"a command that fails":    {"token_command: echo secret; exit 3\n", "", "", "token_command failed"},
		"a command that is quiet": {"token_command: \"true\"\n", "", "", "printed nothing"},
		"none":                    {"has: [agent]\n", "", "", ""},
	} {
		t.Setenv("VEXA_ADMIN_TOKEN", row.environ)
		f, err := read(t, row.text)
		require.NoError(t, err)
		err = f.runTokenCommand(t.Context())
		if row.says != "" {
			require.ErrorContains(t, err, row.says, name)
			assert.NotContains(t, err.Error(), "secret", name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, row.want, f.given().AdminToken, name)
	}
}

// TestExitOf: what an error means for a pipeline, whatever else it is.
func TestExitOf(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err  error
		exit int
	}{
		"a mistake":             {mistake("no"), result.ExitUsage},
		"a pattern of nothing":  {fmt.Errorf("x: %w", &plan.UnknownPattern{}), result.ExitUsage},
		"not there":             {fmt.Errorf("%w: x", transport.ErrUnreachable), result.ExitUnreachable},
		"refused":               {fmt.Errorf("%w: x", fixtures.ErrRefused), result.ExitUnreachable},
		"interrupted":           {context.Canceled, result.ExitInterrupted},
		"interrupted on coming": {fmt.Errorf("%w: %w", transport.ErrUnreachable, context.Canceled), result.ExitInterrupted},
		"anything else":         {errors.New("x"), result.ExitHarness},
	} {
		assert.Equal(t, row.exit, exitOf(row.err), name)
	}
}
