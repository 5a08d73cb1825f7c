package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/result"
)

// Excuse is a finished run with the failures of a list marked as known: its clauses, summary, exit code and causes are
// those that the run would have had with --known. A failure that the run itself excused stays so.
func Excuse(r result.Run, known []Known) result.Run {
	r.Checks, r.Clauses, r.Notes = slices.Clone(r.Checks), slices.Clone(r.Clauses), slices.Clone(r.Notes)
	for i := range r.Checks {
		r.Checks[i].Failures, r.Checks[i].Exchanges = slices.Clone(r.Checks[i].Failures), slices.Clone(r.Checks[i].Exchanges)
	}
	MarkKnown(&r, known)
	r.Summary.Known = 0
	for i := range r.Clauses {
		clause := &r.Clauses[i]
		if clause.Known = clause.KnownReason(r.Checks); clause.Known != "" {
			clause.Expired = ""
			r.Summary.Known++
		}
	}
	r.ExitCode = r.Exit()
	r.Causes = cause.Of(r)
	return r
}

// MarkKnown marks the failures that are known and those that were so until a day that is over, and names the entries whose
// failures pass now: those of the operator's own list fail the run, and those of a release's list are reported, since what
// a release is known to do depends on how it is configured.
func MarkKnown(r *result.Run, known []Known) {
	var passing, failing []string
	for _, k := range known {
		if k.Release != "" && r.Release == nil {
			r.Release = &result.Release{Name: k.Release}
		}
		if !k.excuses(r.Edition, r.Started) {
			expire(r, k)
			continue
		}
		switch failed, passed := k.mark(r); {
		case failed > 0:
			failing = append(failing, k.ID)
		case passed == 0:
		case k.Release == "":
			r.Stale = append(r.Stale, k.ID)
		case !slices.Contains(passing, k.ID):
			passing = append(passing, k.ID)
		}
	}
	for i := range r.Checks {
		applyKnown(&r.Checks[i])
	}
	if r.Release == nil {
		return
	}
	passing = slices.DeleteFunc(passing, func(id string) bool { return slices.Contains(failing, id) })
	if r.Release.Passes = passing; len(passing) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("passes here: %s. %s is known to break it, and not in each configuration.",
			strings.Join(passing, ", "), r.Release.Name))
	}
}

// mark marks the failures that an entry is about, and counts the checks of it that fail so and those that pass.
func (k Known) mark(r *result.Run) (failed, passed int) {
	for i := range r.Checks {
		check := &r.Checks[i]
		switch {
		case !k.matches(asChecked(*check)):
		case check.Verdict == result.Pass:
			passed++
		case check.Verdict == result.Fail:
			about := k.failures(check)
			if len(about) > 0 {
				failed++
			}
			for _, f := range about {
				if f.Known == "" {
					f.Known = k.text()
					check.Release = cmp.Or(check.Release, k.Release)
				}
			}
		}
	}
	return failed, passed
}

// failures are those of a failed check that the entry is about.
func (k Known) failures(check *result.Check) []*result.Failure {
	if len(check.Failures) == 0 { // a report of a version that named the first one only
		shown := slices.IndexFunc(check.Exchanges, func(e result.Exchange) bool { return e.Evidence })
		check.Failures = []result.Failure{{Expected: check.Expected, Actual: check.Actual, Exchange: shown + 1}}
	}
	var all []*result.Failure
	for i := range check.Failures {
		if f := &check.Failures[i]; k.Actual == "" || Glob(k.Actual, f.Actual) {
			all = append(all, f)
		}
	}
	return all
}

// applyKnown has a check whose failures are all known be known itself. A check with other failures shows those.
func applyKnown(check *result.Check) {
	var open []result.Failure
	for _, f := range check.Failures {
		if f.Known == "" {
			open = append(open, f)
		}
	}
	switch {
	case check.Verdict != result.Fail || len(check.Failures) == 0 || check.Known != "":
	case len(open) == 0:
		check.Known, check.Expired = check.Failures[0].Known, ""
	case len(open) < len(check.Failures):
		check.Expected, check.Actual = open[0].Expected, open[0].Actual
		check.Reason = otherFailures(open, len(check.Failures)-len(open))
		for i := range check.Exchanges {
			check.Exchanges[i].Evidence = slices.ContainsFunc(open, func(f result.Failure) bool { return f.Exchange == i+1 })
		}
	}
}

// otherFailures tells of the failures of a check after the first that nothing excuses.
func otherFailures(open []result.Failure, known int) string {
	reason := fmt.Sprintf("beside %d known", known)
	if len(open) == 1 {
		return reason
	}
	return reason + ", " + result.Others(open)
}
