package command

import (
	"context"
	"os/exec"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/client"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

type clientCommand struct {
	chosenEdition
	choice
	verdicts

	Actions  list          `placeholder:"ACTION" help:"Actions of the client (all): read-status, read-meetings, put-webhook, create-bot, delete-meeting, delete-recording, chat, follow-meeting."`
	Parallel int           `default:"16" placeholder:"N" help:"Scenarios that run at the same time (16)."`
	Patience time.Duration `default:"30s" placeholder:"D" help:"Time limit of the command for one scenario (30s)."`
	Repeat   int           `default:"1" placeholder:"N" help:"Test the client N times: report the worst run, and the checks whose verdict changes."`
	Config   string        `env:"VEXA_CONFIG" type:"path" placeholder:"FILE" help:"YAML file with flags and secrets."`
	Command  []string      `arg:"" optional:"" passthrough:"" help:"The client's command and its arguments, after --."`
}

// Help is shown under the flags.
func (*clientCommand) Help() string {
	return `Runs the command once for each scenario, against a scripted deployment on loopback. VEXA_BASE_URL, VEXA_API_KEY, VEXA_SCENARIO,
VEXA_ACTION and what the action needs are in its environment. The command does that one action with the client under test, and exits 0
if it thinks that it succeeded. See docs/clients.md.

  vexa-conformance client --actions read-status,create-bot -- node my-client.js

Exit: 0 kept, 1 broken, 2 usage, 4 inconclusive, 5 harness failed, 130 interrupted.`
}

// Run judges the client and reports.
func (c *clientCommand) Run(ctx context.Context, s *env, f *file) error {
	if len(c.Command) > 0 && c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	actions, err := c.actions()
	if err == nil {
		err = c.found()
	}
	switch {
	case err != nil:
		return err
	case c.Parallel < 1:
		return mistake("--parallel %d: at least one scenario must run at a time", c.Parallel)
	case c.Repeat < 1:
		return mistake("--repeat %d: give a number of runs, such as 5", c.Repeat)
	case c.Patience <= 0:
		return mistake("--patience %s: give a time longer than nothing, such as 30s", c.Patience)
	}
	contracts, err := c.contracts(ctx)
	if err != nil {
		return err
	}
	return c.verdicts.run(ctx, s, c.Known, func() ([]job, func(), error) { return c.jobs(contracts, actions, f), func() {}, nil })
}

// found looks for the program as the shell would, so that a missing one is reported once.
func (c *clientCommand) found() error {
	if len(c.Command) == 0 {
		return mistake("no command: give it after --")
	}
	if _, err := exec.LookPath(c.Command[0]); err != nil {
		return mistake("the command cannot be run: %w", err)
	}
	return nil
}

func (c *clientCommand) actions() ([]fixtures.Action, error) {
	if len(c.Actions) == 0 {
		return fixtures.Actions(), nil
	}
	var all []fixtures.Action
	for _, name := range c.Actions {
		a, err := fixtures.ParseAction(name)
		if err != nil {
			return nil, mistake("--actions: %w", err)
		}
		all = append(all, a)
	}
	return all, nil
}

// jobs are a run for each edition, since each has clauses of its own.
func (c *clientCommand) jobs(contracts []*spec.Contract, actions []fixtures.Action, f *file) []job {
	var jobs []job
	for _, contract := range contracts {
		jobs = append(jobs, job{
			Selection: plan.Selection{
				Contract: contract, Binds: spec.Client, Actions: actions, Strength: spec.Strength(c.Strength), Only: c.Only, Skip: c.Skip,
			},
			checks: suites.Of(contract, spec.Client), secrets: f.tenants().Secrets(),
			judge: func(ctx context.Context, j job) (result.Run, error) {
				return client.Repeat(ctx, client.Config{
					Selection: j.Selection, Command: c.Command, Parallel: c.Parallel, Patience: c.Patience, Secrets: j.secrets, Progress: j.progress,
				}, c.Repeat)
			},
		})
	}
	return jobs
}
