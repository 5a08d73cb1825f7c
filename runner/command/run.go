package command

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/reports"
	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

type runCommand struct {
	options

	Report     []string                                  `env:"VEXA_REPORT" placeholder:"FORMAT=FILE" help:"json, junit, html, markdown, har, badge or svg; repeatable."`
	KnownWrite string                                    `name:"known-write" env:"VEXA_KNOWN_WRITE" type:"path" placeholder:"FILE" help:"Write what failed as such a list."`
	Quiet      bool                                      `short:"q" env:"VEXA_QUIET" help:"Print only the verdicts."`
	Verbose    bool                                      `short:"v" env:"VEXA_VERBOSE" help:"Print every check."`
	wrap       func(http.RoundTripper) http.RoundTripper // see runner.Config
}

// Help is shown under the flags.
func (*runCommand) Help() string {
	return `Secrets come from the environment or --config: VEXA_ADMIN_TOKEN, or VEXA_API_KEY, VEXA_API_KEY_BOT, _TX, _BROWSER, _OTHER.
Each flag also as VEXA_NAME (VEXA_BASE_URL for --target).

  VEXA_ADMIN_TOKEN=... vexa-conformance run --target http://localhost:18056 --report junit=conformance.xml

Exit: 0 kept, 1 broken, 2 usage, 3 unreachable, 4 inconclusive, 5 harness failed, 130 interrupted.`
}

// job is one target to be judged against one edition.
type job struct {
	config runner.Config
	checks []suites.Check
}

// Run judges and reports.
func (c *runCommand) Run(ctx context.Context, s *surroundings, f *file) error {
	if err := c.check(); err != nil {
		return err
	}
	wanted, err := reportsWanted(c.Report, reports.Formats())
	if err != nil {
		return err
	}
	jobs, done, err := c.jobs(ctx, f)
	if err != nil {
		return err
	}
	defer done()
	if err := c.excuse(jobs); err != nil {
		return err
	}
	report := result.Report{Tool: result.Tool{Name: "vexa-conformance", Version: Version()}, Started: time.Now().UTC()}
	if report.Runs, err = c.judge(ctx, s, jobs); err != nil {
		return err
	}
	report.Finished = time.Now().UTC()
	report.ExitCode = worst(report.Runs)
	s.exit = report.ExitCode
	if err := reports.Terminal(s.stdout, report, terminal(s.stdout, c.Quiet, c.Verbose)); err != nil {
		return fmt.Errorf("print the verdicts: %w", err)
	}
	annotate(s.stdout, report)
	if c.KnownWrite != "" {
		if err := runner.WriteKnown(c.KnownWrite, report.Runs); err != nil {
			return err
		}
	}
	return write(wanted, func(one wantedReport) error { return reports.Write(one.format, one.path, report) })
}

// excuse gives the jobs the list of known failures.
func (c *runCommand) excuse(jobs []job) error {
	if c.Known == "" {
		return nil
	}
	known, err := runner.ReadKnown(c.Known)
	if err != nil {
		return usage{err}
	}
	checks := map[string][]suites.Check{}
	for i := range jobs {
		jobs[i].config.Known = known
		checks[string(jobs[i].config.Contract.Edition())] = jobs[i].checks
	}
	return runner.CheckKnown(known, checks)
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
	base.Target = runner.Target{BaseURL: c.Target, AdminURL: c.AdminURL, AgentURL: c.AgentURL, Hosted: c.Hosted}
	if err := f.ask(ctx); err != nil {
		return nil, nil, err
	}
	given := f.given()
	if given.none() {
		return nil, nil, fmt.Errorf("%w for %s: there are none; set VEXA_ADMIN_TOKEN, or VEXA_API_KEY and its like", fixtures.ErrRefused, c.Target)
	}
	if base.Contract, err = c.edition(ctx, base, contracts); err != nil {
		return nil, nil, err
	}
	base.Tenants = fixtures.NewTenants(base.Seed, given.AdminToken, given.keys())
	if err := checkOwn(base); err != nil {
		return nil, nil, err
	}
	if base.Journal = c.Journal; base.Journal == "" {
		if base.Journal, err = runner.DefaultJournals(); err != nil {
			return nil, nil, err
		}
	}
	return []job{{base, suites.All(base.Contract)}}, func() {}, nil
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

func (c *runCommand) edition(ctx context.Context, base runner.Config, contracts []*spec.Contract) (*spec.Contract, error) {
	for _, contract := range contracts {
		if string(contract.Edition()) == c.Edition {
			return contract, nil
		}
	}
	return runner.Detect(ctx, base, contracts)
}

func (c *runCommand) referenceJobs(ctx context.Context, base runner.Config, contracts []*spec.Contract) (jobs []job, done func(), err error) {
	var started []*reference.Deployment
	folder, err := os.MkdirTemp("", "vexa-conformance")
	if err != nil {
		return nil, nil, fmt.Errorf("make room for the reference's outages: %w", err)
	}
	done = func() {
		_ = os.RemoveAll(folder) // as below
		for _, d := range started {
			_ = d.Close() // the process ends with it; nothing is left to be told
		}
	}
	for _, contract := range contracts {
		if c.Edition != "auto" && string(contract.Edition()) != c.Edition {
			continue
		}
		for _, hosted := range kinds(contract, c.Hosted) {
			outage := filepath.Join(folder, string(contract.Edition()))
			d, err := reference.Start(ctx, reference.Options{Edition: string(contract.Edition()), Hosted: hosted, Outage: outage})
			if err != nil {
				done()
				return nil, nil, fmt.Errorf("start the reference: %w", err)
			}
			started = append(started, d)
			base.Outage = runner.OutageFile(outage)
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

func referenceJob(base runner.Config, contract *spec.Contract, d *reference.Deployment, hosted bool) job {
	name := "the reference"
	if hosted {
		name = "the reference, hosted"
	}
	base.Contract, base.Disposable = contract, fixtures.Disposable{} // it has nothing of the operator's
	base.Target = runner.Target{Name: name, BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Hosted: hosted, Reference: true}
	base.Tenants = fixtures.NewTenants(base.Seed, d.AdminToken, fixtures.Keys{})
	return job{base, suites.All(contract)}
}

// judge runs the jobs at once and returns their results in order. A job that judged nothing is the mistake of them all.
func (c *runCommand) judge(ctx context.Context, s *surroundings, jobs []job) ([]result.Run, error) {
	runs, errs := make([]result.Run, len(jobs)), make([]error, len(jobs))
	show := newProgress(s.stderr, c.Quiet)
	var all sync.WaitGroup
	for i, j := range jobs {
		all.Go(func() {
			j.config.Progress = show.ended
			runs[i], errs[i] = runner.Run(ctx, j.config, j.checks)
		})
	}
	all.Wait()
	show.clear()
	for i, err := range errs {
		if err != nil {
			return nil, runner.Hide(err, jobs[i].config.Tenants)
		}
	}
	return runs, nil
}

// worst is the exit code of several runs: a broken clause is told first, then an interrupt, then what else went wrong.
func worst(runs []result.Run) int {
	for _, code := range []int{result.ExitBroken, result.ExitHarness, result.ExitInterrupted, result.ExitInconclusive} {
		for _, r := range runs {
			if r.ExitCode == code {
				return code
			}
		}
	}
	return result.ExitKept
}

func terminal(w io.Writer, quiet, verbose bool) reports.TerminalOptions {
	o := reports.TerminalOptions{Quiet: quiet, Verbose: verbose, Width: 100}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		_, none := os.LookupEnv("NO_COLOR") // https://no-color.org: present and not empty
		o.Color = !none || os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			o.Width = min(width, 120)
		}
	}
	return o
}

// wantedReport is one --report FORMAT=FILE.
type wantedReport struct{ format, path string }

func reportsWanted(given, formats []string) ([]wantedReport, error) {
	var wanted []wantedReport
	for _, one := range given {
		format, path, ok := strings.Cut(one, "=")
		if !ok || path == "" {
			return nil, mistake("--report %s: give it as FORMAT=FILE, such as json=report.json", one)
		}
		if !slices.Contains(formats, format) {
			return nil, mistake("--report %s: there is no report format %q: use %s", one, format, strings.Join(formats, " or "))
		}
		wanted = append(wanted, wantedReport{format, path})
	}
	return wanted, nil
}

// write writes every report that it can; one that cannot be written does not keep the others from it.
func write(wanted []wantedReport, report func(wantedReport) error) error {
	var failed error
	for _, one := range wanted {
		if err := report(one); err != nil && failed == nil {
			failed = fmt.Errorf("write the report: %w", err)
		}
	}
	return failed
}
