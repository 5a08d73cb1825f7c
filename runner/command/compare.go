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
	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
)

type compareCommand struct {
	A string `arg:"" name:"url-a" help:"Base URL of the running release."`
	B string `arg:"" name:"url-b" help:"Base URL of the candidate."`

	Edition string   `enum:"v0.10,v0.12,auto" default:"auto" placeholder:"E" help:"v0.10, v0.12, or auto to find out of A (default)."`
	Hosted  bool     `help:"Plan limits apply to both."`
	Allow   []string `placeholder:"EFFECT" help:"observe,write (default), bots, agent, exhaust; +bots adds to the default."`
	Only    []string `placeholder:"PATTERN" help:"Only these checks or clauses (* any)."`
	Skip    []string `placeholder:"PATTERN" help:"Not these."`
	Seed    uint64   `placeholder:"N" help:"Same seed, same requests."`
	Report  []string `placeholder:"FORMAT=FILE" help:"json=FILE."`

	trust
}

// Help is shown under the flags.
func (*compareCommand) Help() string {
	return `Sends the same requests to both, and tells what they answer differently, ids, times and tokens aside: also what no clause
names. Secrets as for run; B has VEXA_ADMIN_TOKEN_B where it has a token of its own. Exit 1 on a difference.

  VEXA_ADMIN_TOKEN=... vexa-conformance compare http://localhost:18056 http://localhost:18066`
}

// Run judges both at the same time, with the same seed, and compares the answers.
func (c *compareCommand) Run(ctx context.Context, s *surroundings, f *file) error {
	wanted, err := reportsWanted(c.Report, []string{"json"})
	if err != nil {
		return err
	}
	// One check after the other: what a user has at a moment depends on which came before.
	o := options{Edition: c.Edition, Target: c.A, Hosted: c.Hosted, Allow: c.Allow, choice: choice{Only: c.Only, Skip: c.Skip, Strength: "should"}, Seed: c.Seed, Parallel: 1, Timeout: defaultTimeout, trust: c.trust}
	first := runCommand{options: o}
	if err := errors.Join(first.check(), (&options{Target: c.B, Parallel: 1, Timeout: defaultTimeout}).check()); err != nil {
		return err
	}
	jobs, done, err := first.jobs(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	jobs[0].config.Outage = nil // two deployments would go down, and what for
	second := jobs[0]
	second.config.Target.BaseURL = c.B
	given := f.given()
	token := cmp.Or(strings.TrimSpace(os.Getenv("VEXA_ADMIN_TOKEN_B")), given.AdminToken)
	second.config.Tenants = fixtures.NewTenants(second.config.Seed, token, given.keys())
	runs, errs := make([]result.Run, 2), make([]error, 2)
	var both runner.Group
	for i, j := range []job{jobs[0], second} {
		both.Go(func() { runs[i], errs[i] = runner.Run(ctx, j.config, j.checks) })
	}
	both.Wait()
	for i, j := range []job{jobs[0], second} {
		if errs[i] != nil {
			return runner.Hide(errs[i], j.config.Tenants.Secrets())
		}
	}
	deviations := reports.Deviations(runs[0], runs[1])
	switch {
	case runs[0].Interrupted || runs[1].Interrupted:
		s.exit = result.ExitInterrupted
	case len(deviations) > 0:
		s.exit = result.ExitBroken
	}
	if err := reports.DeviationsTerminal(s.stdout, c.A, c.B, deviations, terminal(s.stdout, false, false)); err != nil {
		return fmt.Errorf("print the differences: %w", err)
	}
	return write(wanted, func(one wantedReport) error {
		return reports.Save(one.path, func(w io.Writer) error { return reports.DeviationsJSON(w, c.A, c.B, deviations) })
	})
}
