package command

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/url"
	"time"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/webhook"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// webhookCommand tests a receiver against the clauses that bind receivers. Vexa's page says "fast" without a number: --within is the
// time that the pages of Slack, Zoom and Pusher Beams demand, the shortest in wide use except LINE's two seconds.
type webhookCommand struct {
	choice
	verdicts
	trust

	Within         time.Duration `default:"3s" env:"VEXA_WITHIN" placeholder:"D" help:"Time limit for the receiver to acknowledge a delivery (3s)."`
	Burst          int           `default:"200" env:"VEXA_BURST" placeholder:"N" help:"Deliveries to send at the same time (200)."`
	EffectsURL     string        `name:"effects-url" env:"VEXA_EFFECTS_URL" placeholder:"URL" help:"URL that returns how many events the receiver acted on."`
	EffectsCommand string        `name:"effects-command" env:"VEXA_EFFECTS_COMMAND" placeholder:"SH" help:"Shell command that prints how many events the receiver acted on."`
	Timeout        time.Duration `default:"10s" env:"VEXA_TIMEOUT" placeholder:"D" help:"Time limit for a late acknowledgement (10s)."`
	Patience       time.Duration `default:"10s" env:"VEXA_PATIENCE" placeholder:"D" help:"Time limit for an event to take effect (10s)."`
	Config         string        `env:"VEXA_CONFIG" type:"path" placeholder:"FILE" help:"YAML file with flags and the secret."`
	URL            string        `arg:"" optional:"" help:"URL of the receiver."`
}

// Help is shown under the flags.
func (*webhookCommand) Help() string {
	return `Sends deliveries to a running receiver, as a deployment does. Use a test instance: it acts on them. They are signed with
VEXA_WEBHOOK_SECRET (or webhook_secret in --config). --effects-url or --effects-command shows whether the receiver acts once on
each event. See docs/webhooks.md.

  vexa-conformance webhook http://localhost:8080/hook --effects-url http://localhost:8080/effects

Exit: 0 kept, 1 broken, 2 usage, 3 unreachable, 4 inconclusive, 5 harness failed, 130 interrupted.`
}

// Run judges the receiver and reports.
func (c *webhookCommand) Run(ctx context.Context, s *env, f *file) error {
	secret := f.webhookSecret()
	if err := c.check(secret); err != nil {
		return err
	}
	contract, err := spec.Load(ctx, spec.V010) // the only edition whose pages speak of receivers
	if err != nil {
		return err
	}
	tls, err := c.tls()
	if err != nil {
		return err
	}
	return c.verdicts.run(ctx, s, c.Known, func() ([]job, func(), error) { return []job{c.job(contract, f, tls)}, func() {}, nil })
}

// check finds the mistakes that kong does not.
func (c *webhookCommand) check(secret string) error {
	switch {
	case c.URL == "":
		return mistake("no URL: name the receiver, such as http://localhost:8080/hook")
	case c.EffectsURL != "" && c.EffectsCommand != "":
		return mistake("--effects-url and --effects-command are both given: give one of them")
	case c.Burst < 1:
		return mistake("--burst %d: give at least one delivery", c.Burst)
	case c.Within <= 0:
		return mistake("--within %s: give a time longer than nothing, such as 3s", c.Within)
	case c.Timeout < c.Within:
		return mistake("--timeout %s is shorter than --within %s: it must also see late acknowledgements", c.Timeout, c.Within)
	case c.Patience <= 0:
		return mistake("--patience %s: give a time longer than nothing, such as 10s", c.Patience)
	case secret != "" && len(secret) < redact.Shortest:
		return mistake("VEXA_WEBHOOK_SECRET is shorter than %d characters, so that no report could be kept free of it: give the receiver a longer one", redact.Shortest)
	}
	if err := c.address("the receiver's URL", c.URL); err != nil || c.EffectsURL == "" {
		return err
	}
	return c.address("--effects-url", c.EffectsURL)
}

// address refuses what is not a URL to send to. Its error does not show the URL, which may hold a password.
func (c *webhookCommand) address(what, given string) error {
	u, err := url.Parse(given)
	switch {
	case err != nil:
		return mistake("%s is not a URL", what)
	case u.User != nil:
		return mistake("%s contains a password, which reports would show: use a URL without one", what)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return mistake("%s, %s, is none to send to: give it with http:// or https:// and a host", what, shown(given))
	case u.Fragment != "":
		return mistake("%s, %s, has a fragment, which is never sent: leave it out", what, shown(given))
	}
	return nil
}

// job is the one run. Its events are others each time, since a receiver may remember those of the last run.
func (c *webhookCommand) job(contract *spec.Contract, f *file, tls *tls.Config) job {
	return job{
		Selection: plan.Selection{Contract: contract, Binds: spec.Handler, Strength: spec.Strength(c.Strength), Only: c.Only, Skip: c.Skip},
		checks:    suites.Of(contract, spec.Handler), secrets: f.tenants().Secrets(),
		judge: func(ctx context.Context, j job) (result.Run, error) {
			run, err := webhook.Run(ctx, webhook.Config{
				Selection: j.Selection,
				Options:   transport.Options{Target: transport.Target{BaseURL: c.URL}, Timeout: c.Timeout, TLS: tls, Version: Version()},
				Secret:    f.webhookSecret(), Within: c.Within, Burst: c.Burst, Probe: webhook.Probe{URL: c.EffectsURL, Command: c.EffectsCommand},
				Patience: c.Patience, Seed: rand.Uint64N(1 << 53), Secrets: j.secrets, Progress: j.progress,
			})
			if errors.Is(err, webhook.ErrProbe) && ctx.Err() == nil {
				err = usage{err}
			}
			return run, err
		},
	}
}
