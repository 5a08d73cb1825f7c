package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/template"
	"time"

	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

type initCommand struct {
	Target string `env:"VEXA_BASE_URL" required:"" placeholder:"URL" help:"Base URL of the deployment."`
	Out    string `type:"path" default:"vexa-conformance.yaml" placeholder:"FILE" help:"File to write (vexa-conformance.yaml)."`

	trust
}

// Help is shown under the flags.
func (*initCommand) Help() string {
	return `Writes a commented file for --config with what it detects on the target without a key. It never overwrites a file.

  vexa-conformance init --target http://localhost:18056 && vexa-conformance run --config vexa-conformance.yaml`
}

// Run finds out what it can, and writes the file.
func (c *initCommand) Run(ctx context.Context, s *env, f *file) error {
	o := options{Target: c.Target, Parallel: 1, Timeout: transport.DefaultTimeout, trust: c.trust}
	if err := o.check(); err != nil {
		return err
	}
	target, err := o.readTarget(f)
	if err != nil {
		return err
	}
	contracts, err := load(ctx)
	if err != nil {
		return err
	}
	config := deployment.Config{
		Options:  transport.Options{Target: target, Headers: f.headers, Timeout: transport.DefaultTimeout, Version: Version()},
		Parallel: 1, Seed: uint64(time.Now().UnixNano()),
	}
	if config.TLS, err = c.tls(); err != nil {
		return err
	}
	var detected *result.Detected
	if config.Contract, detected, err = detect.Detect(ctx, config, contracts); err != nil {
		return err
	}
	has, guarded, err := detect.Present(ctx, config)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := template.Must(template.New("config").Parse(configText)).Execute(&text, map[string]any{
		"Target": cmp.Or(target.Name, target.BaseURL), "CA": c.CA, "ClientCert": c.ClientCert, "Edition": config.Contract.Edition(), "Has": strings.Join(has, ", "),
		"Guarded": strings.Join(guarded, ", "), "Confidence": detected.Confidence, "Old": config.Contract.Edition().Line() == spec.V010,
	}); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	const private = 0o600 // the user will add secrets
	file, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if errors.Is(err, fs.ErrExist) {
		return mistake("init: %s is there already: name another file with --out, or remove it", c.Out)
	}
	if err == nil {
		_, err = file.WriteString(text.String())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	fmt.Fprintf(s.stdout, "%s is %s; wrote %s: read it, then run --config %s\n", cmp.Or(target.Name, target.BaseURL), detected.Edition, c.Out, c.Out)
	fmt.Fprintf(s.stdout, "the edition is %s\n", detected)
	return nil
}

const configText = `# Configuration of vexa-conformance for one deployment. Flags and VEXA_ variables win over this file.
target: {{.Target}}
{{if .CA}}ca: {{.CA}}
{{end}}{{if .ClientCert}}client_cert: {{.ClientCert}}
{{end -}}
edition: {{.Edition}}          # found out without a key, with {{.Confidence}} confidence: doctor says by what

# What a run may do: observe and write (its own users, keys and settings) are the default. bots starts bots in meetings that
# do not exist, agent runs agent turns, exhaust sends until it is refused.
allow: [observe, write]
# rate: 2                  # requests a second at most
# hosted: true             # plan limits apply

# One of these, better from the environment: VEXA_ADMIN_TOKEN, or VEXA_API_KEY.
# token_command: pass show vexa/admin
# admin_url: http://...    # where the admin API is elsewhere

# What the deployment has: absent, these are failures. It was found to have:
has: [{{.Has}}]{{if .Guarded}}
# Without a key it cannot be seen whether the deployment has these, since it refuses every path: {{.Guarded}}{{end}}

# A test stack with Vexa's mock bot chooses what bots do by their names: each check then sends the one that it needs.
# bot: {scripted: true}
# Anything else is laid over the body of every POST /bots: bots go into meetings that do not exist, on this platform, and in a
# meeting_url {native_meeting_id} is their invented id.
# bot: {platform: jitsi, meeting_url: "https://meet.example.com/{native_meeting_id}"}

# Meetings that are on and let bots in, for what is promised of a bot in a meeting. Bots record and transcribe there, one at a time.
# meetings: [{platform: google_meet, native_meeting_id: abc-defg-hij}, {platform: teams, native_meeting_id: "123456789012", passcode: "..."}]

# A finished meeting and a recording of the user with VEXA_API_KEY that a run may DELETE: what it then starts no bot for.
# disposable: {meetings: [google_meet/abc-defg-hij], recordings: [123]}

{{if .Old -}}
# Webhooks are received here, and called there.
# webhook_listen: 0.0.0.0:9099
# webhook_url: http://10.0.0.7:9099

# What routes answer while a backend is down; it is brought back in every case.
# outage: {down: docker compose stop bot-manager, up: docker compose start bot-manager, routes: [GET /bots/status]}
{{else -}}
# Prompts whose agent turn fails or is blocked, and fields of a POST /bots whose bot cannot join.
# stimuli: {failed: "...", blocked: "...", join_failure: {bot_name: "mock:reject"}}
{{end}}`
