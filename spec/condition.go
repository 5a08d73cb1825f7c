package spec

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Condition is one documented answer, named after the clause that promises it.
type Condition struct {
	Clause string
	Status int
	// Detail is the example's; Exact says that it is promised to the letter.
	Detail string
	Exact  bool
	// Headers are those that the answer must have; Seconds says that Retry-After must be a number of seconds, and no date.
	Headers []string
	Seconds bool
}

// Mismatch is an answer that breaks a promise, in words.
type Mismatch struct {
	Clause, Expected, Actual string
	// Follows is the number (Answer.Seq) of the answer that the mismatch is a consequence of, 0 if there is none: the refusal
	// that left something behind, for example.
	Follows int
}

// Conditions are the answers that the document names after a clause at the operation.
func (o *Operation) Conditions(clause string) []Condition {
	var all []Condition
	for _, c := range o.known {
		if c.Clause == clause {
			all = append(all, c)
		}
	}
	return all
}

// AllConditions are all that the document names at the operation.
func (o *Operation) AllConditions() []Condition { return slices.Clone(o.known) }

func readConditions(op *openapi3.Operation) ([]Condition, error) {
	var all []Condition
	for key, response := range op.Responses.Map() {
		status, ok := statusOf(key)
		if !ok {
			continue
		}
		var headers []string
		seconds := false
		for name, header := range response.Value.Headers {
			if header.Value.Required {
				headers = append(headers, name)
				seconds = seconds || name == "Retry-After" && header.Value.Schema.Value.Type.Is(openapi3.TypeInteger)
			}
		}
		if _, ok := response.Value.Extensions["x-conditions"]; ok {
			var clauses []string
			if err := extension(response.Value.Extensions, "x-conditions", &clauses); err != nil {
				return nil, err
			}
			for _, clause := range clauses {
				all = append(all, Condition{Clause: clause, Status: status, Headers: headers, Seconds: seconds})
			}
		}
		for _, media := range response.Value.Content {
			for name, example := range media.Examples {
				c := Condition{Clause: name, Status: status, Headers: headers, Seconds: seconds}
				if body, ok := example.Value.Value.(map[string]any); ok {
					c.Detail, _ = body["detail"].(string)
				}
				c.Exact, _ = example.Value.Extensions["x-detail-exact"].(bool)
				all = append(all, c)
			}
		}
	}
	slices.SortFunc(all, func(a, b Condition) int { return cmp.Or(cmp.Compare(a.Clause, b.Clause), a.Status-b.Status) })
	return all, nil
}

// Match holds an answer against what the document says of a clause at an operation: the status, the detail where it is
// promised to the letter, the headers. It returns nil where one of the documented answers fits, and fails where the
// document says nothing of the clause there.
func (c *Contract) Match(op *Operation, clause string, a Response) (*Mismatch, error) {
	conditions := op.Conditions(clause)
	if len(conditions) == 0 {
		return nil, fmt.Errorf("the document of %s has no condition %s at %s", c.edition, clause, op.ID)
	}
	var expected []string
	for _, condition := range conditions {
		if condition.fits(a) {
			return nil, nil
		}
		expected = append(expected, condition.String())
	}
	return &Mismatch{Clause: clause, Expected: strings.Join(expected, " or "), Actual: shownWith(a, conditions[0].Headers)}, nil
}

func (c Condition) fits(a Response) bool {
	if a.Status != c.Status {
		return false
	}
	for _, name := range c.Headers {
		if !c.validHeader(a, name) {
			return false
		}
	}
	// The words of an answer that is not in the envelope cannot be judged: it breaks a clause of the envelope alone.
	return !c.Exact || a.JSON().Get("detail").String() == c.Detail || a.outsideEnvelope() != nil
}

// String is the condition in words.
func (c Condition) String() string {
	text := strings.TrimSpace(fmt.Sprint(c.Status, " ", http.StatusText(c.Status)))
	if c.Exact {
		text = fmt.Sprintf(`%d {"detail": %s}`, c.Status, strconv.Quote(c.Detail))
	}
	if len(c.Headers) > 0 {
		text += " with " + strings.Join(c.Headers, " and ")
		switch {
		case c.Seconds:
			text += " in seconds"
		case slices.Contains(c.Headers, "Retry-After"):
			text += " in seconds or as an HTTP date"
		}
	}
	return text
}

// shownWith is an answer with the headers that it was judged by.
func shownWith(a Response, headers []string) string {
	text := a.String()
	for _, name := range headers {
		if values := a.Header.Values(name); len(values) > 0 {
			text += fmt.Sprintf(", %s: %s", name, strings.Join(values, ", "+name+": "))
		} else {
			text += ", without " + name
		}
	}
	return text
}

func (c Condition) validHeader(a Response, name string) bool {
	if name == "Retry-After" {
		_, given, err := a.RetryAfter()
		return given && err == nil && (!c.Seconds || isDigits(strings.Trim(a.Header.Get(name), " \t")))
	}
	return a.Header.Get(name) != ""
}

// Refuses says whether an answer has a status that the document names after a clause at the operation, whatever else it
// says.
func (c *Contract) Refuses(op *Operation, clause string, a Response) bool {
	return slices.ContainsFunc(op.Conditions(clause), func(c Condition) bool { return c.Status == a.Status })
}

// Passed says whether an answer got past the guards of key, scope and admin token: it is a success, or a client error with
// which none of them refuses.
func (c *Contract) Passed(a Response) bool {
	guarded := a.Unauthorized() || a.Throttled() || a.Status == http.StatusMethodNotAllowed
	return a.Success() || a.ClientError() && !guarded
}
