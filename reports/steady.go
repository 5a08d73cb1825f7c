package reports

import "regexp"

// steady is an answer without what differs from run to run: ids, times, tokens, e-mail addresses, and the words of meetings.
// What is left says whether two failures are the same one.
func steady(answer string) string {
	for _, rule := range []struct{ pattern, stands string }{
		{`\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?`, "TIME"},
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "UUID"},
		{`[\w.+-]+@[\w.-]+`, "EMAIL"},
		{`\b[a-z]{3}-[a-z]{4}-[a-z]{3}\b`, "MEETING"},
		{`\$?(SECRET|VEXA)_\w+`, "SECRET"},
		// Three digits alone are a status, which matters; anything else is a count or an id.
		{`\b(\d{1,2}|\d{4,})(\.\d+)?\b`, "NUMBER"},
	} {
		answer = regexp.MustCompile(rule.pattern).ReplaceAllString(answer, rule.stands)
	}
	return answer
}
