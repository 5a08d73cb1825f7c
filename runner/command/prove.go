package command

import (
	"context"
	"io"
	"runtime"
	"runtime/debug"

	"vexa-conformance/reports"
	"vexa-conformance/runner/prove"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

type proveCommand struct {
	chosenEdition
	Only     list `placeholder:"PATTERN" help:"Only these faults and variations, by name or clause (* matches anything)."`
	Parallel int  `placeholder:"N" help:"References that run at the same time (six per processor)."`
	Report   list `placeholder:"FORMAT=FILE" help:"json=FILE or html=FILE; repeatable."`
	Quiet    bool `short:"q" help:"Print only the figures and the problems."`
	Verbose  bool `short:"v" help:"Print every fault with the checks that caught it."`
}

// Help is shown under the flags.
func (*proveCommand) Help() string {
	return `Breaks the reference in every known way, one fault at a time. The checks of the broken clause must find the fault, no other check
may, each check must find at least one, and no legal variation may be called a failure.

    vexa-conformance prove --edition v0.12 --only 'bots.*' --verbose

Exit: 0 proven, 1 not, 2 usage, 5 harness failed, 130 interrupted.`
}

// Run proves and reports.
func (c *proveCommand) Run(ctx context.Context, s *env) error {
	wanted, err := reportsWanted(c.Report, reports.ProofFormats())
	if err != nil {
		return err
	}
	if c.Parallel < 0 {
		return mistake("--parallel %d: at least one deployment must be judged at a time", c.Parallel)
	}
	// Thousands of short runs leave little behind and allocate much: collecting a quarter as often saves a sixth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	show := newProgress(s.stderr, c.Quiet)
	config := prove.Config{Only: c.Only, Parallel: c.Parallel, Version: Version(), Progress: func(_, _ int, f result.ProvenFault) {
		show.ended(0, 0, result.Check{ID: f.Name})
	}}
	if config.Parallel == 0 {
		config.Parallel = 6 * runtime.GOMAXPROCS(0) // most of them wait, for bots or for a Retry-After
	}
	for _, r := range spec.Revisions() {
		if e := c.Edition.edition(); e == "" || e == r.Edition {
			config.Editions = append(config.Editions, r.Edition)
		}
	}
	proof, err := prove.Run(ctx, config)
	show.clear()
	if err != nil {
		return err
	}
	s.exit = proof.ExitCode
	return s.deliver(wanted, func(w io.Writer, format string) error { return reports.EncodeProof(w, format, proof) }, func() error {
		return reports.ProofTerminal(s.stdout, proof, s.stdout.options(c.Quiet, c.Verbose))
	})
}
