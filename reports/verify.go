package reports

import (
	"fmt"
	"slices"

	"vexa-conformance/runner/result"
)

// Verify recomputes what a report says of itself from its checks: the verdict of each clause, the counts and the exit codes. It returns
// what does not add up, and nothing for a report that does.
func Verify(r result.Report) []string {
	var wrong []string
	for _, run := range r.Runs {
		say := func(format string, args ...any) {
			wrong = append(wrong, labelOf(run)+": "+fmt.Sprintf(format, args...))
		}
		for _, clause := range run.Clauses {
			again := result.Clause{Verdict: result.Skip}
			for _, check := range run.Checks {
				if slices.Contains(check.Clauses, clause.ID) {
					again.MergeVerdict(check)
				}
			}
			if again.Verdict != clause.Verdict {
				say("%s is %s, and its checks come to %s", clause.ID, clause.Verdict, again.Verdict)
			}
			if (clause.Known == "") != (again.KnownReason(run.Checks) == "") {
				say("%s is excused, and not each of its failures is", clause.ID)
			}
		}
		summary := result.Summarize(run)
		summary.Exchanges, summary.Throttled, summary.Allow = run.Summary.Exchanges, run.Summary.Throttled, run.Summary.Allow
		if one, other := fmt.Sprintf("%+v", run.Summary), fmt.Sprintf("%+v", summary); one != other {
			say("the summary is %s, and the clauses and checks come to %s", one, other)
		}
		if run.Summary = summary; run.ExitCode != run.Exit() {
			say("the exit code is %d, and the clauses come to %d", run.ExitCode, run.Exit())
		}
	}
	if exit := result.WorstExit(r.Runs); len(r.Runs) > 1 && r.ExitCode != exit {
		wrong = append(wrong, fmt.Sprintf("the exit code of all runs is %d, and theirs come to %d", r.ExitCode, exit))
	}
	return wrong
}
