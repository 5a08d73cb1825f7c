package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Exit is the exit code of a run. A broken promise comes first whatever else happened, the harness's own fault comes next, and a
// run that judged nothing, or less than it set out to, is no success.
func (r Run) Exit() int {
	clauses := r.Summary.Clauses
	switch {
	case clauses[Fail] > r.Summary.Known, len(r.Stale) > 0:
		return ExitBroken
	case clauses[Error] > 0:
		return ExitHarness
	case r.Interrupted:
		return ExitInterrupted
	case clauses[Blocked] > 0, clauses[Pass]+r.Summary.Known == 0, len(r.Unmet) > 0:
		return ExitInconclusive
	default:
		return ExitKept
	}
}

// MergeVerdict adds what one check found out about a clause: the worst counts, and a pass counts more than a skip.
func (c *Clause) MergeVerdict(check Check) {
	if len(c.Checks) == 0 || check.Verdict.Worse(c.Verdict) {
		c.Verdict, c.Reason = check.Verdict, ""
		if check.Verdict != Pass && check.Verdict != Fail {
			c.Reason = check.Reason
		}
	}
	c.Checks = append(c.Checks, check.ID)
}

// KnownReason is the reason for which a broken clause is excused: that of its first failed check, if each has one.
func (c Clause) KnownReason(checks []Check) string {
	reason := ""
	for _, check := range checks {
		if check.Verdict != Fail || c.Verdict != Fail || !slices.Contains(c.Checks, check.ID) {
			continue
		}
		if check.Known == "" {
			return ""
		}
		reason = cmp.Or(reason, check.Known)
	}
	return reason
}

// Others describes the failures after the first, each kind once: the same is found again and again more often than not.
func Others(failures []Failure) string {
	var kinds []string
	seen := map[string]bool{failures[0].Expected: true}
	for _, f := range failures[1:] {
		if !seen[f.Expected] {
			seen[f.Expected] = true
			kinds = append(kinds, "expected "+f.Expected+", got "+f.Actual)
		}
	}
	text := fmt.Sprintf("and %d more", len(failures)-1)
	if len(kinds) == 0 {
		return text + " of the kind"
	}
	return text + ": " + strings.Join(kinds, "; ")
}

// Summarize counts the verdicts of the checks and clauses of a run.
func Summarize(r Run) Summary {
	s := Summary{Checks: map[Verdict]int{}, Clauses: map[Verdict]int{}}
	for _, v := range Verdicts() {
		s.Checks[v], s.Clauses[v] = 0, 0
	}
	for _, c := range r.Checks {
		s.Checks[c.Verdict]++
	}
	for _, c := range r.Clauses {
		s.Clauses[c.Verdict]++
		if c.Known != "" {
			s.Known++
		}
		if c.NotApplicable {
			s.NotApplicable++
		}
		if c.NeedsAllow != "" {
			s.NeedAllow++
		}
	}
	return s
}

// WorstExit is the exit code of several runs: a broken clause comes first, then the harness's own fault, then an interrupt.
func WorstExit(runs []Run) int {
	for _, code := range []int{ExitBroken, ExitHarness, ExitInterrupted, ExitInconclusive} {
		if slices.ContainsFunc(runs, func(r Run) bool { return r.ExitCode == code }) {
			return code
		}
	}
	return ExitKept
}
