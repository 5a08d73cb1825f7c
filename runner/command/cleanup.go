package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

type cleanupCommand struct {
	Target   string        `placeholder:"URL" help:"Clean up only after runs against this base URL."`
	Forget   bool          `help:"Delete the journals without contacting the target; needs --target if there are several."`
	Journal  string        `env:"VEXA_JOURNAL" type:"path" placeholder:"DIR" help:"Folder of the journals, as for run."`
	Timeout  time.Duration `default:"10s" placeholder:"D" help:"Time limit for a response (10s)."`
	Patience time.Duration `default:"80s" placeholder:"D" help:"Time limit for bots to leave (80s)."`
	Config   string        `env:"VEXA_CONFIG" type:"path" placeholder:"FILE" help:"YAML file with secrets, as for run."`

	trust
}

// Help is shown under the flags.
func (*cleanupCommand) Help() string {
	return `A run records in a journal what it creates, before it creates it. If a run was killed, cleanup reads the journal, revokes the run's
keys, stops its bots and deletes its plans and recordings. No route deletes users: cleanup lists them. It leaves runs alone that are
still going on. It takes two minutes per target at most, and reports what is left, why, and what to do.

  VEXA_ADMIN_TOKEN=... vexa-conformance cleanup
  vexa-conformance cleanup --forget --target http://gone:8056     if the target no longer exists

Several targets are cleaned up independently; the worst exit code counts.
Exit: 0 nothing is left, 2 usage, 3 unreachable, 4 something is left.`
}

// Run cleans up by each journal.
func (c *cleanupCommand) Run(ctx context.Context, s *env, f *file) error {
	folder := c.Journal
	if folder == "" {
		var err error
		if folder, err = journal.DefaultFolder(); err != nil {
			return err
		}
	}
	tls, err := c.tls()
	if err != nil {
		return err
	}
	o := options{Target: c.Target, Parallel: 1, Timeout: c.Timeout}
	if err := o.check(); err != nil {
		return err
	}
	only, err := o.readTarget(f)
	if err != nil {
		return err
	}
	c.Target = only.BaseURL
	journals, running, err := journal.Find(folder)
	if err != nil {
		return err
	}
	if running > 0 {
		fmt.Fprintf(s.stdout, "%d runs still go on and are left alone\n", running)
	}
	targets, others := c.choose(journals)
	for _, journal := range others {
		if err := journal.Keep(); err != nil {
			return err
		}
	}
	switch {
	case len(targets) > 0:
	case len(others) > 0:
		fmt.Fprintf(s.stdout, "nothing is left of runs against %s; there are journals of runs against %s\n", c.Target, strings.Join(baseURLs(others), ", "))
		return nil
	default:
		fmt.Fprintf(s.stdout, "nothing to clean up: no journal of an interrupted run in %s\n", folder)
		return nil
	}
	if c.Forget {
		return c.forget(s.stdout, targets)
	}
	return c.all(ctx, s, f, tls, targets)
}

// choose groups the journals by their targets, those of runs that ended before they made anything first, and separates those of other
// targets than the one that the command names.
func (c *cleanupCommand) choose(journals []journal.Unfinished) (targets [][]journal.Unfinished, others []journal.Unfinished) {
	for _, one := range journals {
		if c.Target != "" && !sameURL(c.Target, one.Target.BaseURL) && one.Edition != "" {
			others = append(others, one)
			continue
		}
		at := slices.IndexFunc(targets, func(all []journal.Unfinished) bool { return sameURL(all[0].Target.BaseURL, one.Target.BaseURL) })
		if at < 0 {
			targets, at = append(targets, nil), len(targets)
		}
		targets[at] = append(targets[at], one)
	}
	return targets, others
}

func sameURL(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// baseURLs are the base URLs of journals.
func baseURLs(journals []journal.Unfinished) []string {
	var urls []string
	for _, journal := range journals {
		if url := journal.Target.BaseURL; url != "" && !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	return urls
}

// all cleans up the targets at once, so that one that hangs does not hold up the others, and prints what became of each in order.
func (c *cleanupCommand) all(ctx context.Context, s *env, f *file, tls *tls.Config, targets [][]journal.Unfinished) error {
	if err := f.runTokenCommand(ctx); err != nil {
		for _, journal := range slices.Concat(targets...) {
			err = errors.Join(err, journal.Keep())
		}
		return err
	}
	printed, codes := make([]bytes.Buffer, len(targets)), make([]int, len(targets))
	var all parallel.Group
	for i, journals := range targets {
		all.Go(func() {
			// The journals of one target share its time, and none is tried where another one has found nobody there.
			ctx, cancel := context.WithTimeout(ctx, max(deployment.CleanupBound, c.Patience+deployment.CleanupBound/2))
			defer cancel()
			var gone error
			for _, journal := range journals {
				var code int
				code, gone = c.one(ctx, &printed[i], s, f, tls, journal, gone)
				codes[i] = worse(codes[i], code)
			}
		})
	}
	all.Wait()
	for i := range printed {
		if _, err := printed[i].WriteTo(s.stdout); err != nil {
			return fmt.Errorf("print what is left: %w", err)
		}
		s.exit = worse(s.exit, codes[i])
	}
	return nil
}

// worse is the exit code that says more of what is wrong.
func worse(a, b int) int {
	order := []int{result.ExitKept, result.ExitInconclusive, result.ExitUnreachable, result.ExitUsage, result.ExitHarness, result.ExitInterrupted}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// one cleans up after one journal and returns its exit code. Gone is why the target could not be reached, for this journal or an
// earlier one.
func (c *cleanupCommand) one(
	ctx context.Context, w io.Writer, s *env, f *file, tls *tls.Config, journal journal.Unfinished, gone error,
) (code int, unreachable error) {
	if journal.Edition == "" {
		fmt.Fprintln(w, heading(journal))
		return exitOfLeft(w, s, journal.Discard(), journal.Path), gone
	}
	fmt.Fprintln(w, heading(journal))
	left, err := []string(nil), gone
	if gone == nil {
		left, err = c.cleanUp(ctx, w, f, tls, journal)
	}
	switch {
	case err != nil:
		code = exitOfLeft(w, s, errors.Join(err, journal.Keep()), journal.Path)
	case len(left) > 0:
		code = max(result.ExitInconclusive, exitOfLeft(w, s, journal.Keep(), journal.Path))
	default:
		code = exitOfLeft(w, s, journal.Discard(), journal.Path)
	}
	if errors.Is(err, transport.ErrUnreachable) {
		return code, err
	}
	return code, nil
}

// exitOfLeft prints an error, which leaves the journal, and returns its exit code.
func exitOfLeft(w io.Writer, s *env, err error, path string) int {
	if err == nil {
		return result.ExitKept
	}
	fmt.Fprintf(w, "  LEFT  %s\n        the journal stays: %s\n", oneLine(s.hide(err)), path)
	return exitOf(err)
}

func heading(journal journal.Unfinished) string {
	if journal.Edition == "" {
		return journal.Path + ": the run ended before it made anything"
	}
	return fmt.Sprintf("%s of %s, against %s:", journal.Edition, journal.Started.Format("2006-01-02 15:04:05 UTC"), journal.Target.BaseURL)
}

// cleanUp prints what was done and what is left, and returns the latter.
func (c *cleanupCommand) cleanUp(ctx context.Context, w io.Writer, f *file, tls *tls.Config, journal journal.Unfinished) (left []string, err error) {
	contract, err := spec.Load(ctx, journal.Edition)
	if err != nil {
		return nil, err
	}
	given := f.given()
	if given.none() && len(journal.Traces) > 0 {
		return nil, mistake("cleanup: set VEXA_ADMIN_TOKEN, or the keys that the run had")
	}
	done, left, err := deployment.CleanUp(ctx, deployment.Config{
		Selection: plan.Selection{Contract: contract},
		Options:   transport.Options{Target: journal.Target, Headers: f.headers, Timeout: c.Timeout, TLS: tls, Version: Version()},
		Patience:  c.Patience, Parallel: 1, Outage: &f.extra.Outage,
	}, given.AdminToken, given.keys(), journal)
	for _, line := range done {
		fmt.Fprintf(w, "  %s\n", line)
	}
	for _, line := range left {
		fmt.Fprintf(w, "  LEFT  %s\n", line)
	}
	return left, err
}

// forget drops the journals of one target, after it has said what is in them.
func (c *cleanupCommand) forget(w io.Writer, targets [][]journal.Unfinished) (err error) {
	all := slices.Concat(targets...)
	if urls := baseURLs(all); len(urls) > 1 {
		for _, journal := range all {
			err = errors.Join(err, journal.Keep())
		}
		return cmp.Or(err, mistake("cleanup --forget: there are journals of runs against %s: name one with --target", strings.Join(urls, ", ")))
	}
	for _, journal := range all {
		fmt.Fprintln(w, heading(journal))
		for _, line := range contents(journal.Traces) {
			fmt.Fprintf(w, "  %s\n", line)
		}
		if err := journal.Discard(); err != nil {
			return fmt.Errorf("drop the journal %s: %w", journal.Path, err)
		}
		fmt.Fprintf(w, "  dropped the journal %s; nothing was cleaned up\n", journal.Path)
	}
	return nil
}

// contents are what the run created according to its journal, a line for each kind.
func contents(traces []fixtures.Trace) []string {
	kinds := []struct{ operation, name string }{
		{"createUser", "users"}, {"mintToken", "tokens minted"}, {"deleteToken", "tokens deleted"}, {"createBot", "bots"},
		{"planMeeting", "meetings planned"}, {"deletePlan", "plans deleted"}, {"putWebhook", "webhook settings"}, {"initWorkspace", "workspaces"},
		{fixtures.OutageTrace, "outages"},
	}
	var lines []string
	for _, kind := range kinds {
		var all []string
		for _, t := range traces {
			if t.Operation == kind.operation && (!t.Answered || t.Status/100 == 2) {
				all = append(all, subject(t))
			}
		}
		if len(all) > 0 {
			lines = append(lines, fmt.Sprintf("%d %s: %s", len(all), kind.name, strings.Join(all, ", ")))
		}
	}
	return lines
}

// subject names what a trace is about.
func subject(t fixtures.Trace) string {
	name := cmp.Or(
		gjson.GetBytes(t.Body, "email").Str, strings.Trim(fixtures.MeetingOf(t.Body).String(), "/"), gjson.GetBytes(t.Body, "meeting_url").Str,
		gjson.GetBytes(t.Body, "webhook_url").Str, t.Path["token_id"], t.Path["meeting_id"],
	)
	switch {
	case !t.Answered:
		return strings.TrimSpace(name + " (its answer was lost)")
	case t.ID != "" && name != "":
		return name + " (id " + t.ID + ")"
	default:
		return cmp.Or(name, t.ID, "one")
	}
}
