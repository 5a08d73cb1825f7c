package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"vexa-conformance/reports"
	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
)

// readReport reads a JSON report that --report json=FILE wrote.
func readReport(path string) (result.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return result.Report{}, mistake("read the report: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	report, err := reports.ReadJSON(file)
	if err != nil {
		return report, mistake("%s: %w", path, err)
	}
	for i := range report.Runs {
		if report.Runs[i].Causes == nil { // a version that named none wrote it
			report.Runs[i].Causes = cause.Of(report.Runs[i])
		}
	}
	return report, nil
}

// readAll puts the runs of several reports into one: editions, or targets, beside each other.
func readAll(paths []string) (result.Report, error) {
	all, err := readReport(paths[0])
	if err != nil {
		return all, err
	}
	for _, path := range paths[1:] {
		more, err := readReport(path)
		if err != nil {
			return all, err
		}
		all.Runs = append(all.Runs, more.Runs...)
		if more.Finished.After(all.Finished) {
			all.Finished = more.Finished
		}
	}
	all.ExitCode = result.WorstExit(all.Runs)
	return all, nil
}

type reportCommand struct {
	In     []string `arg:"" type:"path" help:"JSON report of a run, or a folder of reports; several are shown side by side."`
	Report list     `placeholder:"FORMAT=FILE" help:"Format and file to write: json, junit, html, markdown, har, badge, svg; repeatable."`
	Quiet  bool     `short:"q" help:"Print only the verdicts."`
}

// Help is shown under the flags.
func (*reportCommand) Help() string {
	return `Converts a JSON report to any format and prints what the run printed. Several reports become a grid of clauses by runs, with what
changed between them; a folder becomes the history of a gate: pass rate, regressions, duration.

  vexa-conformance report conformance.json --report html=conformance.html
  vexa-conformance report v0.10.6.json v0.12.23.json --report html=grid.html
  vexa-conformance report nightly/ --report html=history.html`
}

// Run writes the formats.
func (c *reportCommand) Run(s *env) error {
	wanted, err := reportsWanted(c.Report, reports.Formats())
	if err != nil {
		return err
	}
	report, err := s.readGiven(c.In)
	if err != nil {
		return err
	}
	return s.deliver(wanted, func(w io.Writer, format string) error { return reports.Encode(w, format, report) }, func() error {
		return reports.Terminal(s.stdout, report, s.stdout.options(c.Quiet, false))
	})
}

type verifyCommand struct {
	In string `arg:"" type:"path" help:"JSON report of a run."`
}

// Help is shown under the flags.
func (*verifyCommand) Help() string {
	return `Recomputes summary, coverage and exit code from the checks. Exit 1 if the report contradicts itself.

  vexa-conformance verify conformance.json`
}

// Run verifies.
func (c *verifyCommand) Run(s *env) error {
	report, err := readReport(c.In)
	if err != nil {
		return err
	}
	wrong := reports.Verify(report)
	for _, one := range wrong {
		fmt.Fprintln(s.stdout, one)
	}
	if len(wrong) > 0 {
		s.exit = result.ExitBroken
		fmt.Fprintf(s.stdout, "%s does not add up\n", c.In)
		return nil
	}
	fmt.Fprintf(s.stdout, "%s adds up: exit code %d\n", c.In, report.ExitCode)
	return nil
}

type diffCommand struct {
	Old           string `arg:"" type:"path" help:"JSON report of the earlier run."`
	New           string `arg:"" type:"path" help:"JSON report of the later run."`
	AllowVanished list   `name:"allow-vanished" placeholder:"ID" help:"Clauses and checks that may be missing from NEW (* matches anything)."`
	StrictNew     bool   `name:"strict-new" help:"Also fail on clauses that NEW breaks and OLD did not test."`
	AllowMissing  bool   `name:"allow-missing-baseline" help:"If OLD does not exist, this is a first release: exit 0."`
	Known         list   `env:"VEXA_KNOWN" placeholder:"LIST" help:"Known failures of NEW, as for run."`
	Report        list   `placeholder:"FORMAT=FILE" help:"json=FILE or markdown=FILE; repeatable."`
	Quiet         bool   `short:"q" help:"Print only the summary."`
}

// Help is shown under the flags.
func (*diffCommand) Help() string {
	return `Compares two targets or two releases, also if different versions of this program wrote the reports. Exit 1 if NEW breaks a clause
that OLD kept, or no longer tests it. Failures that NEW excuses, or that --known excuses here, do not count.

  vexa-conformance diff last-release.json this-release.json --report markdown=diff.md`
}

// Run compares.
func (c *diffCommand) Run(ctx context.Context, s *env) error {
	wanted, err := reportsWanted(c.Report, []string{"json", "markdown"})
	if err != nil {
		return err
	}
	before, first, err := c.baseline()
	if err != nil {
		return err
	}
	after, err := readReport(c.New)
	if err != nil {
		return err
	}
	if err := markKnownIn(ctx, &after, c.Known); err != nil {
		return err
	}
	if first {
		return s.deliver(wanted, encodeDiff(reports.FirstRelease(after)), func() error {
			_, err := fmt.Fprintf(s.stdout, "%s: no baseline at %s: a first release, nothing to compare\n", c.New, c.Old)
			return err
		})
	}
	used := map[string]bool{}
	comparison := reports.Diff(before, after, reports.DiffOptions{StrictNew: c.StrictNew, Allowed: func(id string) bool {
		for _, pattern := range c.AllowVanished {
			if plan.Glob(pattern, id) {
				used[pattern] = true
				return true
			}
		}
		return false
	}})
	for _, pattern := range c.AllowVanished {
		if !used[pattern] {
			return mistake("--allow-vanished %s: nothing that vanished has that id", pattern)
		}
	}
	if comparison.Failed {
		s.exit = result.ExitBroken
	}
	return s.deliver(wanted, encodeDiff(comparison), func() error {
		return reports.DiffTerminal(s.stdout, comparison, s.stdout.options(c.Quiet, false))
	})
}

// baseline reads the earlier report. First says that it does not exist and is not needed.
func (c *diffCommand) baseline() (before result.Report, first bool, err error) {
	switch _, err := os.Stat(c.Old); {
	case !errors.Is(err, fs.ErrNotExist):
		before, err = readReport(c.Old)
		return before, false, err
	case c.AllowMissing:
		return before, true, nil
	default:
		return before, false, mistake("no baseline at %s: give --allow-missing-baseline for a first release", c.Old)
	}
}

func encodeDiff(c reports.Comparison) func(io.Writer, string) error {
	return func(w io.Writer, format string) error {
		if format == "json" {
			return reports.DiffJSON(w, c)
		}
		return reports.DiffMarkdown(w, c)
	}
}

// annotate prints an annotation for each broken clause (Workflow commands), if it runs in GitHub Actions.
func annotate(w io.Writer, r result.Report) {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, run := range r.Runs {
		if level := levelOf(run); level != "" {
			fmt.Fprintf(w, "::%s title=%s::%s\n", level, property.Replace(run.Edition), escape.Replace(reports.Sentence(run)))
		}
		for _, clause := range run.Clauses {
			if clause.Verdict != result.Fail {
				continue
			}
			level, text := "error", clause.Promise
			if clause.Known != "" {
				level, text = "notice", text+"\nKnown failure: "+clause.Known
			}
			if clause.Expired != "" {
				text += "\nEXPIRED known failure: " + clause.Expired
			}
			for _, c := range run.Causes {
				if slices.Contains(c.Clauses, clause.ID) {
					text += "\nCause: " + c.Sentence
					if c.Owner != "" {
						text += " (" + c.Owner.Advice(c.Next) + ")"
					}
					break
				}
			}
			for _, check := range run.Checks {
				if check.Verdict == result.Fail && slices.Contains(check.Clauses, clause.ID) {
					text += "\nExpected: " + check.Expected + "\nActual: " + check.Actual
					break
				}
			}
			fmt.Fprintf(w, "::%s title=%s::%s\n", level, property.Replace(run.Edition+" "+clause.ID), escape.Replace(text))
		}
	}
}

// levelOf is how loud a run's own sentence is among the annotations: a run that broke nothing and left something out
// says how much, and one that is inconclusive warns. It is empty if the clauses say all.
func levelOf(run result.Run) string {
	switch s := run.Summary; {
	case run.ExitCode == result.ExitInconclusive:
		return "warning"
	case run.ExitCode == result.ExitKept && s.Clauses[result.Skip] > s.NotApplicable:
		return "notice"
	default:
		return ""
	}
}
