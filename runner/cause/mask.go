package cause

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/result"
)

// expectation is what a check expected, as far as its text names statuses: `401 {"detail": "Missing API key"} or 422
// …`.
type expectation struct {
	text     string
	statuses []int
}

var statusForm = regexp.MustCompile(`^([1-5]\d\d)( [A-Z{][^\n]*)?$`)

func parse(expected string) expectation {
	e := expectation{text: expected}
	for _, part := range strings.Split(expected, " or ") {
		match := statusForm.FindStringSubmatch(part)
		if match == nil {
			continue
		}
		if status, err := strconv.Atoi(match[1]); err == nil && !slices.Contains(e.statuses, status) {
			e.statuses = append(e.statuses, status)
		}
	}
	if !statusForm.MatchString(strings.Split(expected, " or ")[0]) {
		e.statuses = nil // a sentence that happens to hold a number
	}
	return e
}

// refusal says that a guard or a limiter was expected to answer.
func (e expectation) refusal() bool {
	other := func(s int) bool { return s != 401 && s != 403 && s != 429 }
	return len(e.statuses) > 0 && !slices.ContainsFunc(e.statuses, other)
}

func (e expectation) onlySuccess() bool {
	return len(e.statuses) > 0 && !slices.ContainsFunc(e.statuses, func(s int) bool { return s >= 300 })
}

// detail is the text that is expected, if it is all that is expected beside one status.
func (e expectation) detail() (string, bool) {
	_, body, found := strings.Cut(e.text, " ")
	if len(e.statuses) != 1 || !found || !gjson.Valid(body) {
		return "", false
	}
	detail := gjson.Get(body, "detail")
	return detail.Str, detail.Type == gjson.String
}

// codes are the statuses alone.
func (e expectation) codes() string {
	var all []string
	for _, s := range e.statuses {
		all = append(all, strconv.Itoa(s))
	}
	return strings.Join(all, " or ")
}

// head is a text up to the first body that it quotes: bodies are full of what differs from run to run.
func head(text string) string {
	if i := strings.IndexAny(text, "{["); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSpace(text)
}

var masks = []struct {
	pattern *regexp.Regexp
	stands  string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:?\d\d)?`), "TIME"},
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "ID"},
	{regexp.MustCompile(`[\w.+-]+@[\w.-]+`), "EMAIL"},
	{regexp.MustCompile(`https?://[^\s"']+`), "URL"},
	{regexp.MustCompile(`\b[a-z]{3}-[a-z]{4}-[a-z]{3}\b`), "MEETING"},
	{regexp.MustCompile(`\$\w+`), "SECRET"},
	{regexp.MustCompile(`\b[A-Za-z]*\d[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*\b`), "ID"}, // letters and digits mixed
	// Three digits alone are a status, which matters; anything else is a count or an id.
	{regexp.MustCompile(`\b(\d{1,2}|\d{4,})(\.\d+)?\b`), "NUMBER"},
}

var quoted = regexp.MustCompile(`'([^']+)'|"([^"]+)"`)

// mask is a text without what differs from run to run: ids, times, numbers, and the values of the request that it
// quotes.
func mask(text string, e *result.Exchange) string {
	if e != nil {
		text = quoted.ReplaceAllStringFunc(text, func(q string) string {
			value := q[1 : len(q)-1]
			if strings.Contains(e.Request.Body, `"`+value+`"`) || strings.Contains(e.Request.URL, value) {
				return q[:1] + "VALUE" + q[:1]
			}
			return q
		})
	}
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.stands)
	}
	return text
}
