package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"vexa-conformance/runner/result"
)

// TerminalOptions say how the result is printed.
type TerminalOptions struct {
	// Color marks verdicts with ANSI colours.
	Color bool
	// Width is where long sentences are wrapped. Curl lines never are, but long ones are cut.
	Width int
	// Quiet prints the verdicts only, Verbose every check too.
	Quiet, Verbose bool
}

// Terminal prints a report for people: the verdict in a sentence, the causes of the failures, the areas, each broken
// clause with its evidence, what has no verdict and why, and the verdict again as the last line, where a log ends.
func Terminal(w io.Writer, r result.Report, o TerminalOptions) error {
	p := &printer{w: w, o: o}
	shown := r.Runs
	if r.OverTime {
		shown = r.Runs[len(r.Runs)-1:] // of the ones before, what they came to
	}
	for _, run := range shown {
		if !o.Quiet {
			p.run(run)
		}
	}
	for _, h := range histories(r) {
		p.history(h)
	}
	for _, run := range shown {
		p.verdict(run)
	}
	return p.err
}

// printer keeps the first error of writing.
type printer struct {
	w   io.Writer
	o   TerminalOptions
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

func (p *printer) paint(colour, s string) string {
	if !p.o.Color {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

func (p *printer) run(run result.Run) {
	p.verdict(run)
	if run.Binds == "" {
		p.printf("allowed: %s; seed %d; ", strings.Join(run.Target.Allowed, ", "), run.Seed)
	}
	p.printf("%d exchanges in %.2f s\n", run.Summary.Exchanges, run.Finished.Sub(run.Started).Seconds())
	if note := contractNote(run); note != "" {
		p.wrap("", note)
	}
	if run.Detected != nil {
		p.wrap("", safe("edition "+run.Detected.String()))
	}
	if better := betterEdition(run); better != "" {
		p.wrap("", p.paint(yellow, better))
	}
	if note := curlNote(run); note != "" {
		p.wrap("", note)
	}
	p.printf("\n")
	p.causes(run)
	p.areas(run)
	if p.o.Verbose {
		p.checks(run)
	}
	for _, clause := range run.Clauses {
		if clause.Verdict == result.Fail && clause.Known == "" {
			p.broken(run, clause)
		}
	}
	p.known(run)
	p.undecided(run)
	p.notJudged(run)
	p.remarks(run)
}

// areas is the table of suites against verdicts.
func (p *printer) areas(run result.Run) {
	table := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "area\t")
	for _, v := range result.Verdicts() {
		fmt.Fprintf(table, "%s\t", v)
	}
	fmt.Fprintln(table)
	for _, row := range areas(run) {
		fmt.Fprintf(table, "%s\t", row.Area)
		for _, v := range result.Verdicts() {
			fmt.Fprintf(table, "%s\t", number(row.Counts[v]))
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.printf("\n")
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func (p *printer) checks(run result.Run) {
	for _, check := range run.Checks {
		p.printf("%s %s (%.1f ms)", p.coloured(check.Verdict), check.ID, check.DurationMS)
		if why := cmp.Or(knownReason(check), firstLine(check.Reason)); why != "" {
			p.printf(": %s", safe(why))
		}
		p.printf("\n")
	}
	p.printf("\n")
}

func (p *printer) coloured(v result.Verdict) string {
	colour := map[result.Verdict]string{result.Pass: green, result.Fail: red, result.Blocked: yellow, result.Error: red, result.Skip: ""}[v]
	if colour == "" {
		return string(v)
	}
	return p.paint(colour, string(v))
}

// maxShown is how much of a text the terminal shows, in bytes; the other reports show all of it.
const maxShown = 320

// shownChecks is how many failing checks of one clause are shown in full: the others are alike more often than not.
const shownChecks = 3

func (p *printer) broken(run result.Run, clause result.Clause) {
	p.printf("%s  %s  (%s, %s)\n", p.paint(red, "BROKEN"), p.paint(bold, clause.ID), clause.Strength, clause.Source)
	p.wrap("  ", clause.Promise)
	if line := expired(clause.Expired); line != "" {
		p.wrap("  ", safe(line))
	}
	failed := failing(run, clause.ID)
	for _, check := range failed[:min(shownChecks, len(failed))] {
		p.printf("  %s\n", check.ID)
		if line := knownReason(check); line != "" && line != expired(clause.Expired) {
			p.wrap("    ", safe(line))
		}
		p.printf("    Expected: %s\n", safe(cutText(check.Expected, maxShown)))
		p.printf("    Actual:   %s\n", safe(cutText(actual(check), maxShown)))
		if check.Reason != "" {
			p.wrap("    ", safe(cutText(check.Reason, maxShown)))
		}
		if line := evidence(run, check); line != "" {
			p.printf("    %s\n", safe(cutCurl(line)))
		}
	}
	if len(failed) > shownChecks {
		var ids []string
		for _, check := range failed[shownChecks:] {
			ids = append(ids, check.ID)
		}
		p.wrap("  ", fmt.Sprintf("and %d more: %s", len(ids), few(ids)))
	}
	p.printf("\n")
}

// failing are the checks that a clause failed, those that nothing excuses first.
func failing(run result.Run, clause string) []result.Check {
	var failed, excused []result.Check
	for _, check := range run.Checks {
		switch {
		case check.Verdict != result.Fail || !slices.Contains(check.Clauses, clause):
		case check.Known != "":
			excused = append(excused, check)
		default:
			failed = append(failed, check)
		}
	}
	return append(failed, excused...)
}

// known are the broken clauses that are excused, and the excuses that nothing needs any more.
func (p *printer) known(run result.Run) {
	for _, clause := range run.Clauses {
		if clause.Known != "" {
			p.wrap(p.paint(yellow, "KNOWN")+"  ", clause.ID+": "+safe(clause.Known))
		}
	}
	for _, id := range run.Stale {
		p.wrap(p.paint(red, "PASSES NOW")+"  ", id+" is a known failure and passes: take it from the list")
	}
	if run.Summary.Known+len(run.Stale) > 0 {
		p.printf("\n")
	}
}

// undecided are the clauses that the run set out to judge and could not, by reason.
func (p *printer) undecided(run result.Run) {
	for _, check := range run.Checks {
		if check.Verdict == result.Error {
			p.printf("%s  %s\n", p.paint(red, "HARNESS ERROR"), check.ID)
			p.printf("  %s\n", strings.ReplaceAll(strings.TrimSpace(check.Reason), "\n", "\n  "))
		}
	}
	ids := map[string][]string{}
	for _, check := range run.Checks {
		if check.Verdict == result.Blocked {
			ids[check.Reason] = append(ids[check.Reason], check.ID)
		}
	}
	for _, reason := range byCount(ids) {
		p.printf("%s  %s could not be tested: ", p.paint(yellow, "BLOCKED"), plural(len(ids[reason]), "check"))
		p.printf("%s\n", safe(reason))
		p.wrap("  ", few(ids[reason]))
		if line := nextOf(run, reason); line != "" {
			p.wrap("  ", safe(line))
		}
	}
	if len(ids) > 0 {
		p.printf("\n")
	}
}

// notJudged are the clauses that were left out, by reason.
func (p *printer) notJudged(run result.Run) {
	ids := map[string][]string{}
	for _, clause := range run.Clauses {
		if clause.Verdict == result.Skip {
			ids[clause.Reason] = append(ids[clause.Reason], clause.ID)
		}
	}
	for _, reason := range byCount(ids) {
		p.wrap("", fmt.Sprintf("Not tested (%d): %s", len(ids[reason]), safe(reason)))
		p.wrap("  ", strings.Join(ids[reason], ", "))
	}
	if len(ids) > 0 {
		p.printf("\n")
	}
}

func (p *printer) remarks(run result.Run) {
	if run.Summary.Throttled > 0 {
		p.printf("%d requests were throttled (429), waited out, and not tested.\n\n", run.Summary.Throttled)
	}
	if len(run.Drift) > 0 {
		p.printf("Drift (informational): fields in successful responses that the contract does not document\n")
		for _, d := range run.Drift[:min(10, len(run.Drift))] {
			p.printf("  %s %d: %s (%d)\n", d.Operation, d.Status, safe(d.Message), d.Count)
		}
		if more := len(run.Drift) - 10; more > 0 {
			p.printf("  and %d more in the JSON report\n", more)
		}
		p.printf("\n")
	}
	if d := run.Described; d != nil && len(d.Missing)+len(d.Undocumented)+len(d.Differences) > 0 {
		p.wrap("", fmt.Sprintf("The target's own description (%s) lacks %s of the edition's, has %d more, and differs in %d: see the JSON or HTML report.",
			d.URL, plural(len(d.Missing), "operation"), len(d.Undocumented), len(d.Differences)))
	}
	for _, note := range run.Notes {
		p.wrap("Note: ", safe(note))
	}
}

// verdict is the sentence that a run comes to.
func (p *printer) verdict(run result.Run) {
	j := newJudgement(run)
	colour := map[tone]string{good: green, bad: red, open: yellow}[j.Tone]
	p.printf("%s  %s  %s%s\n", run.Edition, safe(run.Target.Name), p.paint(colour, j.Word), j.Rest)
}
