package command

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

type runCommand struct {
	options
	verdicts

	wrap func(http.RoundTripper) http.RoundTripper // see runner.Config
	// quiet says to send the target only what is needed: a named edition is not verified.
	quiet bool
}

// Help is shown under the flags.
func (*runCommand) Help() string {
	return `Secrets come from the environment or --config, never from flags: VEXA_ADMIN_TOKEN, or VEXA_API_KEY with VEXA_API_KEY_BOT, _TX,
_BROWSER and _OTHER. With VEXA_ADMIN_TOKEN a run creates throwaway users and revokes their keys at the end; the users stay, since no
route deletes them. With keys alone it creates no user. Every flag is also a variable: VEXA_BASE_URL for --target, VEXA_NAME for
--name; docs/configuration.md lists them.

  VEXA_ADMIN_TOKEN=... vexa-conformance run --target http://localhost:18056 --report junit=conformance.xml

Exit: 0 kept, 1 broken, 2 usage, 3 unreachable, 4 inconclusive, 5 harness failed, 130 interrupted.`
}

// Run judges and reports.
func (c *runCommand) Run(ctx context.Context, s *env, f *file) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.verdicts.run(ctx, s, c.Known, func() ([]job, func(), error) { return c.jobs(ctx, f) })
}

// jobs are the target's one, or the reference's: each edition, and both kinds of an edition that knows hosted ones.
// Done stops what was started for them.
func (c *runCommand) jobs(ctx context.Context, f *file) (jobs []job, done func(), err error) {
	base, err := c.config(f.extra)
	if err != nil {
		return nil, nil, err
	}
	if base.Seed == 0 {
		base.Seed = rand.Uint64N(1 << 53) // a JSON number holds it exactly (RFC 8259, section 6)
	}
	if base.TLS, err = c.tls(); err != nil {
		return nil, nil, err
	}
	contracts, err := load(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := checkHas(f.extra.Has, contracts); err != nil {
		return nil, nil, err
	}
	if base.Wrap = c.wrap; c.Target == "" {
		return c.referenceJobs(ctx, base, contracts)
	}
	if base.Target, err = c.readTarget(f); err != nil {
		return nil, nil, err
	}
	base.Headers = f.headers
	if err := f.runTokenCommand(ctx); err != nil {
		return nil, nil, err
	}
	given := f.given()
	if given.none() {
		return nil, nil, fmt.Errorf("%w for %s: set VEXA_ADMIN_TOKEN or VEXA_API_KEY", fixtures.ErrRefused, base.Target.BaseURL)
	}
	if base.Contract, base.Detected, err = c.edition(ctx, base, contracts); err != nil {
		return nil, nil, err
	}
	if base.Detected == nil && !c.quiet {
		base.FitsBetter = fitsBetter(ctx, base, contracts)
	}
	if base.Contract, err = c.apply(ctx, base.Contract); err != nil {
		return nil, nil, err
	}
	base.Tenants = fixtures.NewTenants(base.Seed, given.AdminToken, given.keys())
	if err := checkOwn(base); err != nil {
		return nil, nil, err
	}
	if base.JournalFolder = c.Journal; base.JournalFolder == "" {
		if base.JournalFolder, err = journal.DefaultFolder(); err != nil {
			return nil, nil, err
		}
	}
	return []job{deploymentJob(base)}, func() {}, nil
}

func load(ctx context.Context) ([]*spec.Contract, error) {
	var all []*spec.Contract
	for _, edition := range spec.Editions() {
		contract, err := spec.Load(ctx, edition)
		if err != nil {
			return nil, fmt.Errorf("load the contract: %w", err)
		}
		all = append(all, contract)
	}
	return all, nil
}

// edition is the one that the operator names, or the one that the target is found to be of.
func (c *runCommand) edition(ctx context.Context, base deployment.Config, contracts []*spec.Contract) (*spec.Contract, *result.Detected, error) {
	if c.Edition.edition() != "" {
		named, err := c.Edition.chosen(ctx, contracts)
		if err != nil {
			return nil, nil, err
		}
		return named[0], nil, nil
	}
	return detect.Detect(ctx, base, contracts)
}

// fitsBetter is an edition that fits the target better than the one of the configuration, if that is likely. What
// cannot be found out here is for the run to meet.
func fitsBetter(ctx context.Context, base deployment.Config, contracts []*spec.Contract) *result.Detected {
	found, err := detect.Examine(ctx, base, contracts)
	if err != nil || !found.Vexa || slices.Contains(found.Best(), base.Contract.Edition().Line()) {
		return nil
	}
	if d := found.Detected(); d.Confidence != result.LowConfidence {
		return d
	}
	return nil
}

func (c *runCommand) referenceJobs(ctx context.Context, base deployment.Config, contracts []*spec.Contract) (jobs []job, done func(), err error) {
	if contracts, err = c.Edition.chosen(ctx, contracts); err != nil {
		return nil, nil, err
	}
	for i, contract := range contracts {
		if contracts[i], err = c.apply(ctx, contract); err != nil {
			return nil, nil, err
		}
	}
	var started []*reference.Deployment
	folder, err := os.MkdirTemp("", "vexa-conformance")
	if err != nil {
		return nil, nil, fmt.Errorf("make room for the reference's outages: %w", err)
	}
	done = func() {
		_ = os.RemoveAll(folder) // as below
		for _, d := range started {
			_ = d.Close() // the process ends with it; nothing is left to report
		}
	}
	for _, contract := range contracts {
		for _, hosted := range kinds(contract, c.Hosted) {
			outage := filepath.Join(folder, string(contract.Edition()))
			d, err := reference.Start(ctx, reference.Options{Edition: string(contract.Edition()), Hosted: hosted, Outage: outage})
			if err != nil {
				done()
				return nil, nil, fmt.Errorf("start the reference: %w", err)
			}
			started = append(started, d)
			base.Outage = deployment.OutageFile(outage)
			jobs = append(jobs, referenceJob(base, contract, d, hosted))
		}
	}
	return jobs, done, nil
}

// kinds are those that an edition knows: it promises something else to hosted users, or it does not.
func kinds(c *spec.Contract, onlyHosted bool) []bool {
	_, split := c.Clause("rate.self-hosted-unlimited")
	switch {
	case onlyHosted:
		return []bool{true}
	case split:
		return []bool{false, true}
	default:
		return []bool{false}
	}
}

func referenceJob(base deployment.Config, contract *spec.Contract, d *reference.Deployment, hosted bool) job {
	name := "the reference"
	if hosted {
		name = "the reference, hosted"
	}
	base.Contract, base.Disposable, base.Meetings = contract, fixtures.Disposable{}, nil // it has nothing of the operator's
	if base.BotBody == nil {
		base.BotBody = map[string]any{"scripted": true} // its bots act by their names
	}
	base.Target = transport.Target{Name: name, BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Hosted: hosted, Reference: true}
	base.Tenants = fixtures.NewTenants(base.Seed, d.AdminToken, fixtures.Keys{})
	return deploymentJob(base)
}

// runSecrets are what no error of a run may show.
func runSecrets(c deployment.Config) map[string]string {
	all := c.Tenants.Secrets()
	maps.Copy(all, c.Options.Secrets())
	return all
}

// deploymentJob has a deployment judged.
func deploymentJob(config deployment.Config) job {
	return job{
		Selection: config.Selection, checks: suites.All(config.Contract), config: config, secrets: runSecrets(config),
		judge: func(ctx context.Context, j job) (result.Run, error) {
			return deployment.Run(ctx, j.deployment(), j.checks)
		},
	}
}
