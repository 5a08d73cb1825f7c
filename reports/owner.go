package reports

import (
	"cmp"

	"vexa-conformance/runner/result"
)

// expired says of a failure that its excuse is over, and with which reason it was excused; empty if there was none.
func expired(reason string) string {
	if reason == "" {
		return ""
	}
	return "EXPIRED known failure: " + reason
}

// knownReason says of a check that its failure is a known one, or was until a day that is over.
func knownReason(check result.Check) string {
	if check.Known == "" {
		return expired(check.Expired)
	}
	return "known failure: " + check.Known
}

// nextOf are whose blocked checks with a reason look like, and what to do.
func nextOf(run result.Run, reason string) string {
	line := ""
	for _, check := range run.Checks {
		if check.Verdict == result.Blocked && check.Reason == reason {
			line = cmp.Or(line, check.Owner.Advice(check.Next))
		}
	}
	return line
}

// cutCurl is a curl line that fits into three lines of a narrow terminal, or its beginning and where the rest is: one
// that is cut cannot be sent again.
func cutCurl(line string) string {
	if short := cutText(line, maxCurl); short != line {
		return short + " (cut; see the JSON or HTML report for all of it)"
	}
	return line
}
