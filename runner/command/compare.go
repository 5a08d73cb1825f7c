package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/reports"
	"vexa-conformance/runner/compare"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
)

type compareCommand struct {
	A string `arg:"" name:"url-a" help:"Base URL of the running release."`
	B string `arg:"" name:"url-b" help:"Base URL of the candidate."`

	Edition editionName `default:"auto" placeholder:"E" help:"An edition (${editions}), a release, or auto to find out from A (default)."`
	Hosted  bool        `help:"Plan limits apply to both."`
	Allow   []string    `placeholder:"EFFECT" help:"observe,write (default), bots, agent, exhaust; +bots adds to the default."`
	Only    []string    `placeholder:"PATTERN" help:"Only these checks or clauses (* any)."`
	Skip    []string    `placeholder:"PATTERN" help:"Not these."`
	Seed    uint64      `placeholder:"N" help:"Same seed, same requests."`
	Report  []string    `placeholder:"FORMAT=FILE" help:"json=FILE."`

	trust
}

// Help is shown under the flags.
func (*compareCommand) Help() string {
	return `Sends the same requests to both, and tells what they answer differently, ids, times and tokens aside: also what no clause
names. Secrets as for run; B has VEXA_ADMIN_TOKEN_B where it has a token of its own. Exit 1 on a difference.

  VEXA_ADMIN_TOKEN=... vexa-conformance compare http://localhost:18056 http://localhost:18066`
}

// Run judges both at the same time, with the same seed, and compares the answers. Where these differ it asks both again, with
// another seed, to learn what differs each time.
func (c *compareCommand) Run(ctx context.Context, s *env, f *file) error {
	wanted, err := reportsWanted(c.Report, []string{"json"})
	if err != nil {
		return err
	}
	// One check after the other: what a user has at a moment depends on which came before.
	o := options{Edition: c.Edition, Target: c.A, Hosted: c.Hosted, Allow: c.Allow, choice: choice{Only: c.Only, Skip: c.Skip, Strength: "should"}, Seed: c.Seed, Parallel: 1, Timeout: transport.DefaultTimeout, trust: c.trust}
	first := runCommand{options: o}
	if err := errors.Join(first.check(), (&options{Target: c.B, Parallel: 1, Timeout: transport.DefaultTimeout}).check()); err != nil {
		return err
	}
	jobs, done, err := first.jobs(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	jobs[0].config.Outage = nil // two deployments would go down, and what for
	given := f.given()
	tokens := []string{given.AdminToken, cmp.Or(strings.TrimSpace(os.Getenv("VEXA_ADMIN_TOKEN_B")), given.AdminToken)}
	ask := func(asking uint64, only []string) ([]result.Run, error) {
		both := []job{jobs[0], jobs[0]}
		for i := range both {
			config := &both[i].config
			config.Target.BaseURL, config.Seed = []string{c.A, c.B}[i], config.Seed+asking
			if c.A == c.B {
				config.Seed += uint64(i) << 32 // or the two would get in each other's way
			}
			if only != nil {
				both[i].Only = only
			}
			config.Tenants = fixtures.NewTenants(config.Seed, tokens[i], given.keys())
			both[i].secrets = config.Tenants.Secrets()
		}
		return atOnce(ctx, both)
	}
	deviations, interrupted, err := untilSteady(ask)
	if err != nil {
		return err
	}
	switch {
	case interrupted:
		s.exit = result.ExitInterrupted
	case len(deviations) > 0:
		s.exit = result.ExitBroken
	}
	if d := jobs[0].config.Detected; d != nil {
		fmt.Fprintf(s.stdout, "edition %s\n", d)
	}
	if err := reports.DeviationsTerminal(s.stdout, c.A, c.B, deviations, terminal(s.stdout, false, false)); err != nil {
		return fmt.Errorf("print the differences: %w", err)
	}
	return write(wanted, func(one wantedReport) error {
		return reports.Save(one.path, func(w io.Writer) error { return reports.DeviationsJSON(w, c.A, c.B, deviations) })
	})
}

// askings is how often both are asked at the most: what by chance differed twice, such as whether a bot was gone already when it was
// stopped, seldom does so three times.
const askings = 3

// untilSteady asks both, and once more for what they answered differently, to learn what differs each time.
func untilSteady(ask func(asking uint64, only []string) ([]result.Run, error)) (all []result.Deviation, interrupted bool, err error) {
	var a, b []result.Run
	for asking := range uint64(askings) {
		runs, err := ask(asking, compare.Checks(all))
		if err != nil {
			return nil, false, err
		}
		a, b = append(a, runs[0]), append(b, runs[1])
		all = compare.Deviations(a, b)
		if interrupted = runs[0].Interrupted || runs[1].Interrupted; interrupted || len(all) == 0 {
			break
		}
	}
	return compare.Once(all), interrupted, nil
}

// atOnce makes the runs of several jobs at the same time.
func atOnce(ctx context.Context, jobs []job) ([]result.Run, error) {
	runs, errs := make([]result.Run, len(jobs)), make([]error, len(jobs))
	var all parallel.Group
	for i, j := range jobs {
		all.Go(func() { runs[i], errs[i] = deployment.Run(ctx, j.deployment(), j.checks) })
	}
	all.Wait()
	for i, j := range jobs {
		if errs[i] != nil {
			return nil, redact.Error(errs[i], j.secrets)
		}
	}
	return runs, nil
}
