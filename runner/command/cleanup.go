package command

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

type cleanupCommand struct {
	Journal  string        `env:"VEXA_JOURNAL" type:"path" placeholder:"DIR" help:"Folder of the journals, as for run."`
	Timeout  time.Duration `default:"10s" placeholder:"D" help:"Longest wait for an answer (10s)."`
	Patience time.Duration `default:"60s" placeholder:"D" help:"Longest wait for a bot to leave (60s)."`
	Config   string        `env:"VEXA_CONFIG" type:"path" placeholder:"FILE" help:"YAML file with secrets, as for run."`

	trust
}

// Help is shown under the flags.
func (*cleanupCommand) Help() string {
	return `Each run against a target writes down what it makes before it makes it. What a killed one left (bots, planned meetings,
keys) is taken back by that journal; users cannot be deleted, and are listed. A run that still goes on is left alone.

  VEXA_ADMIN_TOKEN=... vexa-conformance cleanup

Exit: 0 nothing is left, 2 usage, 3 unreachable, 4 something is left.`
}

// Run takes back what each journal tells of.
func (c *cleanupCommand) Run(ctx context.Context, s *surroundings, f *file) error {
	folder := c.Journal
	if folder == "" {
		var err error
		if folder, err = runner.DefaultJournals(); err != nil {
			return err
		}
	}
	tls, err := c.tls()
	if err != nil {
		return err
	}
	journals, running, err := runner.Unfinished(folder)
	if err != nil {
		return err
	}
	if running > 0 {
		fmt.Fprintf(s.stdout, "%d runs still go on and are left alone\n", running)
	}
	if len(journals) == 0 {
		fmt.Fprintf(s.stdout, "nothing is left: there is no journal of an interrupted run in %s\n", folder)
		return nil
	}
	var failed error
	for _, journal := range journals {
		if err := c.one(ctx, s, f, tls, journal); err != nil {
			failed = errors.Join(failed, err, journal.Keep())
		}
	}
	return failed
}

func (c *cleanupCommand) one(ctx context.Context, s *surroundings, f *file, tls *tls.Config, journal runner.Left) error {
	if journal.Edition == "" {
		fmt.Fprintf(s.stdout, "%s: the run ended before it made anything\n", journal.Path)
		return journal.Discard()
	}
	fmt.Fprintf(s.stdout, "%s of %s, against %s:\n", journal.Edition, journal.Started.Format("2006-01-02 15:04:05 UTC"), journal.Target.BaseURL)
	contract, err := spec.Load(ctx, journal.Edition)
	if err != nil {
		return err
	}
	if err := f.ask(ctx); err != nil {
		return err
	}
	given := f.given()
	if given.none() && len(journal.Traces) > 0 {
		return mistake("cleanup: set VEXA_ADMIN_TOKEN, or the keys that the run had")
	}
	done, left, err := runner.CleanUp(ctx, runner.Config{
		Contract: contract, Target: journal.Target, Timeout: c.Timeout, Patience: c.Patience, TLS: tls, Parallel: 1, Version: Version(), Outage: &f.extra.Outage,
	}, given.AdminToken, given.keys(), journal)
	for _, line := range done {
		fmt.Fprintf(s.stdout, "  %s\n", line)
	}
	if err != nil {
		return err
	}
	for _, line := range left {
		fmt.Fprintf(s.stdout, "  LEFT  %s\n", line)
	}
	if len(left) > 0 {
		s.exit = result.ExitInconclusive
		return journal.Keep()
	}
	return journal.Discard()
}
