package command

import (
	"cmp"
	"os"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// options are the flags that say what is judged and how. This struct declares the flag, the environment variable and,
// with underscores for dashes, the key of the YAML file at once.
type options struct {
	Edition editionName `default:"auto" env:"VEXA_EDITION" placeholder:"E" help:"Edition (${editions}), release (0.10.7), or auto (default): detect it."`
	ownContract
	Target   string `env:"VEXA_BASE_URL" placeholder:"URL" help:"Base URL of the deployment; without it, the embedded reference is tested."`
	AdminURL string `name:"admin-url" env:"VEXA_ADMIN_URL" placeholder:"URL" help:"Base URL of the admin API, if different from --target."`
	AgentURL string `name:"agent-url" env:"VEXA_AGENT_URL" placeholder:"URL" help:"Base URL of the agent API, if different from --target."`
	Hosted   bool   `env:"VEXA_HOSTED" help:"The target is the hosted service, where plan limits apply."`
	Allow    list   `env:"VEXA_ALLOW" placeholder:"EFFECT" help:"What the run may do to the target: observe, write, bots, agent, exhaust; default observe,write. +bots adds to it."`

	choice

	trust

	Parallel      int           `default:"8" env:"VEXA_PARALLEL" placeholder:"N" help:"Checks that run at the same time (8)."`
	Timeout       time.Duration `default:"10s" env:"VEXA_TIMEOUT" placeholder:"D" help:"Time limit for a response (10s)."`
	Patience      time.Duration `env:"VEXA_PATIENCE" placeholder:"D" help:"Time limit for a bot to change its status (60s)."`
	MaxBody       byteSize      `name:"max-body" default:"16MiB" env:"VEXA_MAX_BODY" placeholder:"SIZE" help:"Largest response body to read (16MiB)."`
	Rate          float64       `env:"VEXA_RATE" placeholder:"N" help:"Send at most N requests per second."`
	Journal       string        `env:"VEXA_JOURNAL" type:"path" placeholder:"DIR" help:"Folder in which the run records what it creates, for cleanup."`
	WebhookListen string        `name:"webhook-listen" env:"VEXA_WEBHOOK_LISTEN" placeholder:"ADDR" help:"Address on which the run receives webhooks."`
	WebhookURL    string        `name:"webhook-url" env:"VEXA_WEBHOOK_URL" placeholder:"URL" help:"URL at which the target reaches --webhook-listen."`

	Seed   uint64 `env:"VEXA_SEED" placeholder:"N" help:"Seed of generated ids and order: the same seed sends the same requests."`
	Config string `env:"VEXA_CONFIG" type:"path" placeholder:"FILE" help:"YAML file with flags and secrets."`
}

// choice are the flags that choose what is judged, and what of it is excused.
type choice struct {
	Strength string `enum:"must,should" default:"should" env:"VEXA_STRENGTH" placeholder:"S" help:"must, or should (default): also test what only follows from the page."`
	Only     list   `env:"VEXA_ONLY" placeholder:"PATTERN" help:"Run only these checks or clauses (* matches anything)."`
	Skip     list   `env:"VEXA_SKIP" placeholder:"PATTERN" help:"Skip these checks or clauses."`
	Known    list   `env:"VEXA_KNOWN" placeholder:"LIST" help:"Known failures to excuse: a file, or \"release\" for what the tested release is known to break."`
}

// secrets come from the environment or the file, never from the command line, which others can read.
type secrets struct {
	AdminToken    string `env:"VEXA_ADMIN_TOKEN" yaml:"admin_token" doc:"Admin token of the deployment: a run creates its own users and keys with it."`
	APIKey        string `env:"VEXA_API_KEY" yaml:"api_key" doc:"Key with all scopes."`
	APIKeyBot     string `env:"VEXA_API_KEY_BOT" yaml:"api_key_bot" doc:"Key with the scope bot."`
	APIKeyTx      string `env:"VEXA_API_KEY_TX" yaml:"api_key_tx" doc:"Key with the scope tx."`
	APIKeyBrowser string `env:"VEXA_API_KEY_BROWSER" yaml:"api_key_browser" doc:"Key with the scope browser."`
	APIKeyOther   string `env:"VEXA_API_KEY_OTHER" yaml:"api_key_other" doc:"Key of another user."`
}

func (s secrets) keys() fixtures.Keys {
	return fixtures.Keys{All: s.APIKey, Bot: s.APIKeyBot, Tx: s.APIKeyTx, Browser: s.APIKeyBrowser, Other: s.APIKeyOther}
}

func (s secrets) none() bool { return s == secrets{} }

const (
	// referencePatience is a thousand times what the reference's bots take for a step.
	referencePatience = 3 * time.Second
)

// check finds the mistakes that kong does not.
func (o *options) check() error {
	for _, given := range []struct {
		flag string
		url  *string
	}{{"--target", &o.Target}, {"--admin-url", &o.AdminURL}, {"--agent-url", &o.AgentURL}, {"--webhook-url", &o.WebhookURL}} {
		if err := checkURL(given.flag, given.url); err != nil {
			return err
		}
	}
	switch {
	case o.Target == "" && (o.AdminURL != "" || o.AgentURL != ""):
		return mistake("--admin-url and --agent-url go with --target: give the base URL too")
	case o.WebhookURL != "" && o.WebhookListen == "":
		return mistake("--webhook-url goes with --webhook-listen: say where on this machine the deliveries arrive")
	case o.Parallel < 1:
		return mistake("--parallel %d: at least one check must run at a time", o.Parallel)
	case o.Timeout <= 0:
		return mistake("--timeout %s: give a time longer than nothing, such as 10s", o.Timeout)
	case o.Rate < 0:
		return mistake("--rate %g: give requests a second, such as 2", o.Rate)
	case o.Patience < 0:
		return mistake("--patience %s: give a time longer than nothing, such as 60s", o.Patience)
	}
	_, err := o.effects()
	return err
}

// shown is the part of a wrong URL that may be shown: its query may hold a key.
func shown(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		return url[:i] + url[i:i+1] + "…"
	}
	return url
}

// effects are those allowed: all on the reference, observe and write on a target, or what --allow says.
func (o *options) effects() ([]spec.Effect, error) {
	defaults := plan.DefaultAllow()
	if o.Target == "" {
		defaults = spec.Effects()
	}
	allowed, err := spec.ParseEffects(o.Allow, defaults)
	if err != nil {
		return nil, mistake("--allow: %w", err)
	}
	return allowed, nil
}

// config is the configuration of a run, without the contract, the target and its tenants.
func (o *options) config(more extra) (deployment.Config, error) {
	allowed, err := o.effects()
	if err != nil {
		return deployment.Config{}, err
	}
	disposable, err := fixtures.ReadDisposable(more.Disposable.Meetings, more.Disposable.Recordings)
	if err != nil {
		return deployment.Config{}, mistake("%w", err)
	}
	patience := deployment.DefaultPatience
	if o.Target == "" {
		patience = referencePatience
	}
	return deployment.Config{
		Selection: plan.Selection{Allow: allowed, Strength: spec.Strength(o.Strength), Only: o.Only, Skip: o.Skip, Disposable: disposable},
		Options:   transport.Options{Timeout: o.Timeout, MaxBody: int64(o.MaxBody), Rate: o.Rate, Version: Version()},
		Parallel:  o.Parallel, Patience: cmp.Or(o.Patience, patience), Has: more.Has, Outage: &more.Outage, Seed: o.Seed, BotBody: more.Bot, Meetings: more.Meetings, Stimuli: more.Stimuli, WebhookListen: o.WebhookListen, WebhookURL: o.WebhookURL,
	}, nil
}

// fromEnvironment reads the variables, which win over the file.
func (s *secrets) fromEnvironment() {
	for name, into := range map[string]*string{
		"VEXA_ADMIN_TOKEN": &s.AdminToken, "VEXA_API_KEY": &s.APIKey, "VEXA_API_KEY_BOT": &s.APIKeyBot,
		"VEXA_API_KEY_TX": &s.APIKeyTx, "VEXA_API_KEY_BROWSER": &s.APIKeyBrowser, "VEXA_API_KEY_OTHER": &s.APIKeyOther,
	} {
		if value := os.Getenv(name); value != "" {
			*into = strings.TrimSpace(value)
		}
	}
}
