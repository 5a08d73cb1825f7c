package reports

import (
	"fmt"
	"slices"

	"vexa-conformance/runner/result"
)

// Verify recomputes what a report says of itself from its checks: the verdict of each clause, the summary, the exit code, the
// coverage; and looks whether the causes fit the failures. It returns what does not add up, and nothing for a report that does.
func Verify(r result.Report) []string {
	var wrong []string
	for _, run := range r.Runs {
		say := func(format string, args ...any) {
			wrong = append(wrong, labelOf(run)+": "+fmt.Sprintf(format, args...))
		}
		verifyClauses(run, say)
		verifyCauses(run, say)
		verifySummary(run, say)
		verifyCoverage(run, say)
		if exit := exitOf(run); run.ExitCode != exit {
			say("the exit code is %d, and the clauses come to %d", run.ExitCode, exit)
		}
	}
	if exit := worstOf(r.Runs); len(r.Runs) > 1 && r.ExitCode != exit {
		wrong = append(wrong, fmt.Sprintf("the exit code of all runs is %d, and theirs come to %d", r.ExitCode, exit))
	}
	return wrong
}

func verifyClauses(run result.Run, say func(string, ...any)) {
	known := map[string]bool{}
	for _, clause := range run.Clauses {
		known[clause.ID] = true
		verdict, excused, any, applies := result.Skip, true, false, false
		for _, check := range run.Checks {
			if !slices.Contains(check.Clauses, clause.ID) {
				continue
			}
			if !slices.Contains(clause.Checks, check.ID) {
				say("%s does not name its check %s", clause.ID, check.ID)
			}
			if !any || check.Verdict.Worse(verdict) {
				verdict = check.Verdict
			}
			any = true
			applies = applies || !check.NotApplicable
			excused = excused && (check.Verdict != result.Fail || check.Known != "")
		}
		if verdict != clause.Verdict {
			say("%s is %s, and its checks come to %s", clause.ID, clause.Verdict, verdict)
		}
		if clause.NotApplicable && (applies || !any) {
			say("%s does not apply, and one of its checks does", clause.ID)
		}
		if (clause.Known != "") != (verdict == result.Fail && excused) {
			say("%s is excused, and not each of its failures is", clause.ID)
		}
	}
	for _, check := range run.Checks {
		for _, id := range check.Clauses {
			if !known[id] {
				say("the check %s is of the clause %s, which the report does not have", check.ID, id)
			}
		}
	}
}

// verifyCauses says where the causes and the failures do not fit together. A report that names no causes is of an older version.
func verifyCauses(run result.Run, say func(string, ...any)) {
	if run.Causes == nil {
		return
	}
	failed, explained, ids := map[string]result.Check{}, map[string]bool{}, map[string]bool{}
	for _, check := range run.Checks {
		if check.Verdict == result.Fail {
			failed[check.ID] = check
		}
	}
	for _, c := range run.Causes {
		if ids[c.ID] {
			say("the cause %s is there twice", c.ID)
		}
		ids[c.ID] = true
		all, each := true, true
		for _, id := range c.Checks {
			check, ok := failed[id]
			if !ok {
				say("the cause %s names the check %s, which did not fail", c.ID, id)
			}
			explained[id] = true
			some := slices.ContainsFunc(check.Failures, func(f result.Failure) bool { return f.Known != "" })
			all, each = all && check.Known != "", each && (check.Known != "" || some)
		}
		for _, clause := range c.Clauses {
			if !slices.ContainsFunc(c.Checks, func(id string) bool { return slices.Contains(failed[id].Clauses, clause) }) {
				say("the cause %s names the clause %s, which none of its checks failed", c.ID, clause)
			}
		}
		if c.Known == "" && all || c.Known != "" && !each { // a check may have failures of several causes, some of them known
			say("the cause %s is excused, and not each of its failures is", c.ID)
		}
	}
	for _, check := range run.Checks {
		if check.Verdict == result.Fail && !explained[check.ID] {
			say("the check %s failed, and no cause names it", check.ID)
		}
	}
}

func verifySummary(run result.Run, say func(string, ...any)) {
	checks, clauses, known, none, more := map[result.Verdict]int{}, map[result.Verdict]int{}, 0, 0, 0
	for _, check := range run.Checks {
		checks[check.Verdict]++
	}
	for _, clause := range run.Clauses {
		clauses[clause.Verdict]++
		if clause.Known != "" {
			known++
		}
		if clause.NotApplicable {
			none++
		}
		if clause.NeedsAllow != "" {
			more++
		}
	}
	for _, v := range result.Verdicts() {
		if run.Summary.Checks[v] != checks[v] {
			say("the summary counts %d checks as %s, and there are %d", run.Summary.Checks[v], v, checks[v])
		}
		if run.Summary.Clauses[v] != clauses[v] {
			say("the summary counts %d clauses as %s, and there are %d", run.Summary.Clauses[v], v, clauses[v])
		}
	}
	if run.Summary.Known != known {
		say("the summary counts %d clauses as excused, and there are %d", run.Summary.Known, known)
	}
	if run.Summary.NotApplicable != none || run.Summary.NeedAllow != more {
		say("the summary counts %d clauses that do not apply and %d that need more effects, and there are %d and %d",
			run.Summary.NotApplicable, run.Summary.NeedAllow, none, more)
	}
}

func verifyCoverage(run result.Run, say func(string, ...any)) {
	for _, row := range run.Coverage {
		answer := fmt.Sprintf("%s %d%s", row.Operation, row.Status, row.Scope)
		switch {
		case row.State == result.Judged && (row.Seen == 0 || len(row.Clauses) == 0):
			say("%s counts as judged, and was not seen", answer)
		case row.State == result.Excluded && row.Reason == "":
			say("%s is excluded without a reason", answer)
		case row.State == result.Judged && !slices.ContainsFunc(run.Clauses, func(c result.Clause) bool {
			return slices.Contains(row.Clauses, c.ID) && slices.ContainsFunc(run.Checks, func(check result.Check) bool {
				return slices.Contains(check.Clauses, c.ID) && (check.Verdict == result.Pass || check.Verdict == result.Fail)
			})
		}):
			say("%s counts as judged, and no check of its clauses has a verdict", answer)
		}
	}
}

// exitOf and worstOf are written anew, from design.md, so that the runner's mistake is not repeated here.
func exitOf(run result.Run) int {
	failed, errors, blocked, judged := false, false, false, false
	for _, clause := range run.Clauses {
		failed = failed || clause.Verdict == result.Fail && clause.Known == ""
		errors = errors || clause.Verdict == result.Error
		blocked = blocked || clause.Verdict == result.Blocked
		judged = judged || clause.Verdict == result.Pass || clause.Verdict == result.Fail
	}
	switch {
	case failed || len(run.Stale) > 0:
		return result.ExitBroken
	case errors:
		return result.ExitHarness
	case run.Interrupted:
		return result.ExitInterrupted
	case blocked || !judged || len(run.Unmet) > 0:
		return result.ExitInconclusive
	default:
		return result.ExitKept
	}
}

func worstOf(runs []result.Run) int {
	order := []int{result.ExitKept, result.ExitInconclusive, result.ExitInterrupted, result.ExitHarness, result.ExitBroken}
	worst := result.ExitKept
	for _, run := range runs {
		if slices.Index(order, run.ExitCode) > slices.Index(order, worst) {
			worst = run.ExitCode
		}
	}
	return worst
}
