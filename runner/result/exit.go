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
