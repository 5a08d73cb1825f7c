package plan

import (
	"fmt"
	"strings"

	"vexa-conformance/runner/result"
)

// The flags that demand that something is judged.
const (
	requireFlag      = "--require"
	requireShareFlag = "--require-share"
)

// Unmet says which demands on how much is judged a run does not meet. What does not apply cannot be judged, and is left
// out, but something that a pattern chooses must have a verdict.
func (s Selection) Unmet(r result.Run) []string {
	var unmet []string
	for _, pattern := range s.Require {
		judged, missing := 0, []string(nil)
		count := func(id string, v result.Verdict, notApplicable bool) {
			switch {
			case v == result.Pass || v == result.Fail:
				judged++
			case !notApplicable:
				missing = append(missing, id)
			}
		}
		for _, clause := range r.Clauses {
			if Glob(pattern, clause.ID) {
				count(clause.ID, clause.Verdict, clause.NotApplicable)
			}
		}
		for _, check := range r.Checks {
			if Glob(pattern, check.ID) || Glob(pattern+"/*", check.ID) {
				count(check.ID, check.Verdict, check.NotApplicable)
			}
		}
		switch {
		case len(missing) > 0:
			unmet = append(unmet, fmt.Sprintf("%s %s: no verdict on %s", requireFlag, pattern, firstOf(missing)))
		case judged == 0:
			unmet = append(unmet, fmt.Sprintf("%s %s: nothing of it applies here or was chosen", requireFlag, pattern))
		}
	}
	judged := r.Summary.Clauses[result.Pass] + r.Summary.Clauses[result.Fail]
	applies := len(r.Clauses) - r.Summary.NotApplicable
	if share := 100 * float64(judged) / float64(max(1, applies)); share < s.RequireShare {
		unmet = append(unmet, fmt.Sprintf("%s %g%%: %d of %d clauses were judged, %.0f%%", requireShareFlag, s.RequireShare, judged, applies, share))
	}
	return unmet
}

// firstOf names the first of many ids.
func firstOf(ids []string) string {
	const shown = 3
	if len(ids) <= shown {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:shown], ", "), len(ids)-shown)
}
