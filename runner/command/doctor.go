package command

import (
	"context"
	"fmt"
	"time"

	"vexa-conformance/reports"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/doctor"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

type doctorCommand struct {
	Target   string        `env:"VEXA_BASE_URL" required:"" placeholder:"URL" help:"Base URL of the deployment."`
	AdminURL string        `name:"admin-url" env:"VEXA_ADMIN_URL" placeholder:"URL" help:"Base URL of the admin API, if different from --target."`
	AgentURL string        `name:"agent-url" env:"VEXA_AGENT_URL" placeholder:"URL" help:"Base URL of the agent API, if different from --target."`
	Direct   string        `placeholder:"URL" help:"Base URL of the deployment behind the proxy: names the hop that changes responses."`
	Exhaust  bool          `help:"Send requests until one is refused, to see what the refusal says."`
	Edition  editionName   `default:"auto" env:"VEXA_EDITION" placeholder:"E" help:"Edition (${editions}), release (0.10.7), or auto (default): detect it."`
	Timeout  time.Duration `default:"10s" env:"VEXA_TIMEOUT" placeholder:"D" help:"Time limit for a response (10s)."`
	Quiet    time.Duration `default:"20s" placeholder:"D" help:"Longest time without data on a stream (20s)."`
	Journal  string        `env:"VEXA_JOURNAL" type:"path" placeholder:"DIR" help:"Folder in which doctor records what it creates, for cleanup."`
	Config   string        `env:"VEXA_CONFIG" type:"path" placeholder:"FILE" help:"YAML file with secrets, as for run."`

	trust
}

// Help is shown under the flags.
func (*doctorCommand) Help() string {
	return `Checks name, port, certificate, clock, edition, credentials, limits and proxies, before a run does. It only reads, except that it
creates a plan and deletes it; --exhaust lets it send until it is refused. With VEXA_ADMIN_TOKEN and no key it creates a throwaway
user and a key, and revokes the key. Without credentials it reports a problem.

  VEXA_ADMIN_TOKEN=... VEXA_API_KEY=... vexa-conformance doctor --target https://vexa.example.com --direct http://10.0.0.7:8000

Exit: 0 no problem, 2 usage, 3 a problem.`
}

// Run examines, and prints each finding with what to do.
func (c *doctorCommand) Run(ctx context.Context, s *env, f *file) error {
	o := options{Edition: c.Edition, Target: c.Target, AdminURL: c.AdminURL, AgentURL: c.AgentURL, Parallel: 1, Timeout: c.Timeout, trust: c.trust}
	if err := o.check(); err != nil {
		return err
	}
	target, err := o.readTarget(f)
	if err != nil {
		return err
	}
	if c.Direct != "" {
		if err := (&options{Target: c.Direct, Parallel: 1, Timeout: c.Timeout}).check(); err != nil {
			return err
		}
	}
	if err := f.runTokenCommand(ctx); err != nil {
		return err
	}
	tls, err := c.tls()
	if err != nil {
		return err
	}
	contracts, err := load(ctx)
	if err != nil {
		return err
	}
	folder := c.Journal
	if folder == "" {
		if folder, err = journal.DefaultFolder(); err != nil {
			return err
		}
	}
	given := f.given()
	config := doctor.Config{
		Run: deployment.Config{
			Options:  transport.Options{Target: target, Headers: f.headers, Timeout: c.Timeout, TLS: tls, Version: Version()},
			Parallel: 1, Seed: uint64(time.Now().UnixNano()), JournalFolder: folder,
		},
		Detect: editions, Direct: c.Direct, Contracts: contracts, AdminToken: given.AdminToken, Keys: given.keys(), Quiet: c.Quiet, Exhaust: c.Exhaust,
	}
	config.Edition = c.Edition.edition()
	findings := doctor.Examine(ctx, config)
	hide := f.secret()
	lines := make([]reports.Line, len(findings))
	for i, finding := range findings {
		text := redact.Error(fmt.Errorf("%s", finding.Text), hide).Error()
		lines[i] = reports.Line{Bad: finding.Level == doctor.Problem, Word: string(finding.Level), Topic: finding.Topic, Text: text, Do: finding.Do}
		if finding.Level == doctor.Problem {
			s.exit = result.ExitUnreachable
		}
	}
	return reports.Lines(s.stdout, lines, s.stdout.options(false, false))
}

// editions finds out which edition a target is of.
func editions(ctx context.Context, c deployment.Config, contracts []*spec.Contract) (doctor.Editions, error) {
	found, err := detect.Examine(ctx, c, contracts)
	if err != nil {
		return doctor.Editions{}, err
	}
	return doctor.Editions{Best: found.Best(), Vexa: found.Vexa, Detected: found.Detected()}, nil
}
