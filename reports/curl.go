package reports

import (
	"regexp"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// keyVariable is the name under which a curl line has a key of the run.
var keyVariable = regexp.MustCompile(`\$VEXA_API_KEY(_[A-Z]+)?\b`)

// curlNote says what a curl line of the report needs before it works again: the keys that the run made are revoked. It
// is empty if no line of a failure has such a key, or if the keys are the operator's own.
func curlNote(run result.Run) string {
	if !run.OwnKeys {
		return ""
	}
	var names []string
	for _, check := range run.Checks {
		if check.Verdict != result.Fail {
			continue
		}
		for _, name := range keyVariable.FindAllString(evidence(run, check), -1) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	note := "The run's keys are revoked: for the curl lines set " + strings.Join(names, ", ") + " to keys of your own"
	if slices.Contains(names, "$VEXA_API_KEY_REVOKED") {
		note += " ($VEXA_API_KEY_REVOKED to one that is deleted)"
	}
	return note + "."
}
