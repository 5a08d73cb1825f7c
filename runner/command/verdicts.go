package command

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"vexa-conformance/reports"
	"vexa-conformance/runner"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/suites"
)

// verdicts are the flags that say how to report verdicts.
type verdicts struct {
	Report       list    `env:"VEXA_REPORT" placeholder:"FORMAT=FILE" help:"Write a report: json, junit, html, markdown, har, badge or svg; FILE - is standard output; repeatable."`
	KnownWrite   string  `name:"known-write" env:"VEXA_KNOWN_WRITE" type:"path" placeholder:"FILE" help:"Write the failures of this run as a list for --known; entries that still apply are kept."`
	Require      list    `env:"VEXA_REQUIRE" placeholder:"PATTERN" help:"Exit 4 if one of these checks or clauses has no verdict; repeatable."`
	RequireShare percent `name:"require-share" env:"VEXA_REQUIRE_SHARE" placeholder:"SHARE" help:"Exit 4 if less than this share of what applies was tested, such as 90%."`
	Quiet        bool    `short:"q" env:"VEXA_QUIET" help:"Print only the verdicts."`
	Verbose      bool    `short:"v" env:"VEXA_VERBOSE" help:"Print every check."`
}

// job is one party to be judged by one edition.
type job struct {
	plan.Selection
	checks []suites.Check
	// config is that of a deployment, without the selection: see [job.deployment].
	config deployment.Config
	// secrets are the operator's, by the names under which reports show them.
	secrets map[string]string
	judge   func(context.Context, job) (result.Run, error)
	// progress and waiting, if set, follow the run.
	progress runner.Progress
	waiting  func(time.Duration)
}

// deployment is the configuration of a run of a deployment.
func (j job) deployment() deployment.Config {
	c := j.config
	c.Selection, c.Progress, c.Waiting = j.Selection, j.progress, j.waiting
	return c
}

// run judges the jobs and reports. It calls start only after it has checked the flags.
func (v *verdicts) run(ctx context.Context, s *env, known []string, start func() (jobs []job, done func(), err error)) error {
	wanted, err := reportsWanted(v.Report, reports.Formats())
	if err != nil {
		return err
	}
	written, err := v.readWritten()
	if err != nil {
		return err
	}
	jobs, done, err := start()
	if err != nil {
		return err
	}
	defer done()
	for i := range jobs {
		jobs[i].Require, jobs[i].RequireShare = v.Require, float64(v.RequireShare)
	}
	if jobs, err = narrow(jobs); err != nil {
		return err
	}
	if err := addKnown(jobs, known); err != nil {
		return err
	}
	report := result.Report{Tool: result.Tool{Name: "vexa-conformance", Version: Version()}, Started: time.Now().UTC()}
	if report.Runs, err = v.runJobs(ctx, s, jobs); err != nil {
		return err
	}
	report.Finished = time.Now().UTC()
	report.ExitCode = result.WorstExit(report.Runs)
	s.exit = report.ExitCode
	var failed error
	if v.KnownWrite != "" {
		failed = plan.WriteKnown(v.KnownWrite, report.Runs, append(written, jobs[0].Known...))
	}
	return errors.Join(failed, s.deliver(wanted, func(w io.Writer, format string) error { return reports.Encode(w, format, report) }, func() error {
		err := reports.Terminal(s.stdout, report, s.stdout.options(v.Quiet, v.Verbose))
		annotate(s.stdout, report)
		return err
	}))
}

// readWritten reads the entries of a list before it is written again.
func (v *verdicts) readWritten() ([]plan.Known, error) {
	if v.KnownWrite == "" {
		return nil, nil
	}
	written, err := plan.WrittenKnown(v.KnownWrite)
	if err != nil {
		return nil, mistake("--known-write: %w", err)
	}
	return written, nil
}

// runJobs runs the jobs at once and returns their results in order. A job that judged nothing is the mistake of them all.
func (v *verdicts) runJobs(ctx context.Context, s *env, jobs []job) ([]result.Run, error) {
	runs, errs := make([]result.Run, len(jobs)), make([]error, len(jobs))
	show := newProgress(s.stderr, v.Quiet)
	var all parallel.Group
	for i, j := range jobs {
		all.Go(func() {
			j.progress, j.waiting = show.ended, show.waiting
			runs[i], errs[i] = j.judge(ctx, j)
		})
	}
	all.Wait()
	show.clear()
	for i, err := range errs {
		if err != nil {
			return nil, redact.Error(err, jobs[i].secrets)
		}
	}
	return runs, nil
}

func reportsWanted(given, formats []string) ([]wantedReport, error) {
	var wanted []wantedReport
	for _, one := range given {
		format, path, ok := strings.Cut(one, "=")
		if !ok || path == "" {
			return nil, mistake("--report %s: give it as FORMAT=FILE, such as json=report.json", one)
		}
		if !slices.Contains(formats, format) {
			return nil, mistake("--report %s: unknown report format %q: use %s", one, format, strings.Join(formats, " or "))
		}
		wanted = append(wanted, wantedReport{format, path})
	}
	return wanted, nil
}

// narrow leaves each job the patterns of --only, --skip and --require that match there, and leaves out the jobs that
// --only leaves nothing of: editions differ. A pattern that matches nowhere is a mistake.
func narrow(jobs []job) ([]job, error) {
	var kept []job
	for _, j := range jobs {
		asked := len(j.Only) > 0
		j.Only, j.Skip, j.Require = j.matching(j.Only), j.matching(j.Skip), j.matching(j.Require)
		if !asked || len(j.Only) > 0 {
			kept = append(kept, j)
		}
	}
	for _, patterns := range []struct {
		flag string
		all  []string
	}{{"--only", jobs[0].Only}, {"--skip", jobs[0].Skip}, {"--require", jobs[0].Require}} {
		for _, pattern := range patterns.all {
			if !slices.ContainsFunc(jobs, func(j job) bool { return len(j.matching([]string{pattern})) > 0 }) {
				return nil, unknown(patterns.flag, pattern, jobs)
			}
		}
	}
	return kept, nil
}

func (j job) matching(patterns []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool {
		return !slices.ContainsFunc(j.checks, func(c suites.Check) bool { return plan.Matches(pattern, c) })
	})
}

func unknown(flag, pattern string, jobs []job) error {
	var ids []string
	for _, j := range jobs {
		ids = append(ids, plan.IDs(j.checks)...)
	}
	return &plan.UnknownPattern{Flag: flag, Pattern: pattern, Of: "no check and no clause of this edition", Nearest: plan.Nearest(pattern, ids)}
}
