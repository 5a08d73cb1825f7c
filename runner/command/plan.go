package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// planCommand rehearses a run on the embedded reference: the same checks with the same permissions, so that what is
// counted is what was really sent.
type planCommand struct {
	options
	Verbose bool `short:"v" help:"Print every request."`
}

// Help is shown under the flags.
func (*planCommand) Help() string {
	return `Rehearses the run on the embedded reference and prints its requests, what it creates, how long it takes and what it skips. The
target gets only the few requests without a key that detect its edition, and none with --edition. Give the credentials of the run:
they decide what a run can do; plan sends none of them. A slow target gets more requests than shown, since a run polls while it waits.

  VEXA_ADMIN_TOKEN=... vexa-conformance plan --edition v0.12 --target http://localhost:18056 --allow observe,write,bots`
}

// Run prints what a run would send and make.
func (c *planCommand) Run(ctx context.Context, s *env, f *file) error {
	if err := c.check(); err != nil {
		return err
	}
	watch := &stopwatch{}
	command := &runCommand{options: c.options, wrap: watch.wrap, quiet: true}
	jobs, done, err := command.jobs(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	for _, j := range jobs {
		run, err := rehearse(ctx, j)
		if err != nil {
			return fmt.Errorf("rehearse the run on the reference: %w", err)
		}
		if err := printPlan(s.stdout, run, j, watch, c.Verbose); err != nil {
			return fmt.Errorf("print the plan: %w", err)
		}
	}
	return nil
}

// rehearse runs a job on a reference of its own, with keys of the kind that the operator has given.
func rehearse(ctx context.Context, j job) (result.Run, error) {
	edition := string(j.Contract.Edition())
	o := reference.Options{Edition: edition, Hosted: j.config.Target.Hosted}
	for _, m := range j.Disposable.Meetings {
		o.Finished = append(o.Finished, [2]string{m.Platform, m.NativeID})
	}
	for _, id := range j.Disposable.Recordings {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return result.Run{}, mistake("disposable: recordings: %s is not the number of a recording", id)
		}
		o.Recordings = append(o.Recordings, n)
	}
	d, err := reference.Start(ctx, o)
	if err != nil {
		return result.Run{}, err
	}
	defer func() { _ = d.Close() }() // nothing of it is kept
	target := j.config.Target
	j.config.Target = transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Hosted: target.Hosted}
	j.config.Tenants = j.config.Tenants.Like(d.AdminToken, fixtures.Keys(d.Keys))
	j.config.Patience = referencePatience
	// Nothing of the operator's is touched by a rehearsal: no journal, no outage, no certificate.
	j.config.JournalFolder, j.config.Outage, j.config.TLS, j.config.Rate, j.config.Wrap = "", nil, nil, 0, nil
	run, err := deployment.Run(ctx, j.deployment(), suites.All(j.Contract))
	run.Target.Name = cmp.Or(target.Name, target.BaseURL)
	return run, err
}

func printPlan(w io.Writer, run result.Run, j job, watch *stopwatch, verbose bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "A run of %s against %s, allowed: %s\n", run.Edition, run.Target.Name, strings.Join(run.Target.Allowed, ", "))
	switch {
	case run.Detected != nil:
		fmt.Fprintf(table, "  the edition is %s\n", run.Detected)
		fmt.Fprintf(table, "  sent the target a few requests without a key to detect it; rehearsed the rest on the reference\n")
	case !j.config.Target.Reference:
		fmt.Fprintf(table, "  sent the target nothing; rehearsed everything on the reference\n")
	}
	if given := credentials(j.config.Tenants); given != "" && !j.config.Target.Reference {
		fmt.Fprintf(table, "  credentials: %s\n", given)
	}
	sent, made := count(run)
	fmt.Fprintf(table, "  %d requests, in %d checks of %d clauses\n", run.Summary.Exchanges,
		len(run.Checks)-run.Summary.Checks[result.Skip], len(run.Clauses)-run.Summary.Clauses[result.Skip])
	fmt.Fprintf(table, "  creates and deletes: %d users (they stay, without a key), %d keys, %d bots, %d plans, %d agent turns\n",
		made["createUser"], made["mintToken"], made["createBot"], made["planMeeting"], turns(made))
	fmt.Fprintf(table, "  sends %d requests with the admin token, %d of them for users and keys\n", asAdmin(exchanges(run)), asAdmin(run.Setup))
	if err := printOwn(table, j); err != nil {
		return err
	}
	printDuration(table, run, j, watch)
	for _, operation := range slices.Sorted(maps.Keys(sent)) {
		fmt.Fprintf(table, "    %s\t%d\n", operation, sent[operation])
	}
	skipped := map[string]int{}
	for _, check := range run.Checks {
		if check.Verdict == result.Skip {
			skipped[check.Reason]++
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(table, "  skips %d of the checks: %s\n", skipped[reason], reason)
	}
	if verbose {
		printRequests(table, run)
	}
	fmt.Fprintln(table)
	return table.Flush()
}

// count counts each operation's requests, and those that made something.
func count(run result.Run) (sent, made map[string]int) {
	sent, made = map[string]int{}, map[string]int{}
	for _, e := range exchanges(run) {
		sent[e.Operation]++
		if e.Response != nil && (spec.Response{Status: e.Response.Status}).Success() {
			made[e.Operation]++
		}
	}
	return sent, made
}

// asAdmin counts the requests with the admin token; deployments allow few of them.
func asAdmin(all []result.Exchange) int {
	n := 0
	for _, e := range all {
		if e.Caller == string(spec.Admin) {
			n++
		}
	}
	return n
}

// exchanges are those of a run in the order in which they were sent, each once though several checks look at it.
func exchanges(run result.Run) []result.Exchange {
	all := slices.Clone(run.Setup)
	for _, check := range run.Checks {
		all = append(all, check.Exchanges...)
	}
	slices.SortStableFunc(all, func(a, b result.Exchange) int { return a.Started.Compare(b.Started) })
	return slices.CompactFunc(all, func(a, b result.Exchange) bool {
		return a.Started.Equal(b.Started) && a.Request.URL == b.Request.URL && a.Caller == b.Caller
	})
}

func printRequests(w io.Writer, run result.Run) {
	for _, e := range exchanges(run) {
		fmt.Fprintf(w, "    %s\t%s\t%s\n", e.Request.Method, e.Operation, e.Caller)
	}
}

// credentials are those of the operator's that a run would use, by the names of their variables.
func credentials(t *fixtures.Tenants) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.Secrets())) {
		names = append(names, strings.TrimPrefix(name, "$"))
	}
	return strings.Join(names, ", ")
}
