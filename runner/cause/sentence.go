package cause

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vexa-conformance/runner/result"
)

// sentenceOf says what a group of failures has in common. Best is the failure that shows it best.
func sentenceOf(group []failed, best failed, c result.Cause, routes map[string]route) string {
	if best.program {
		return gotInstead(best.Clause, best)
	}
	who := clauseList(best)
	if best.root != nil {
		who = subject(c.Operations, nameOf(best.root.Operation, routes))
	}
	if best.root == nil || best.root.Response == nil {
		return gotInstead(who, best)
	}
	verb := func(one, several string) string {
		if len(c.Operations) == 1 {
			return one
		}
		return several
	}
	answers := who + " " + verb("answers ", "answer ")
	when := occasionOf(group)
	expected := parse(best.Expected)
	switch {
	case strings.HasPrefix(best.difference, letIn):
		return fmt.Sprintf("%s %s requests %s", who, verb("accepts", "accept"), strings.TrimPrefix(best.difference, letIn+" "))
	case surfaceClause(best.Clause):
		return fmt.Sprintf("%s %s not at the public base URL, which answers %s", who, verb("is", "are"), short(best.Actual))
	case best.rank == rankConsequence && best.Clause == leavesNothing:
		return fmt.Sprintf("%s %s something behind when a request is refused", who, verb("leaves", "leave"))
	case best.rank == rankServerError, best.rank == rankOutage:
		return joined(answers+responseText(*best.root.Response, false), when)
	case best.rank == rankForm:
		return joined(answers+formText(*best.root.Response), when) + wantedForm(best)
	case best.rank == rankUnlisted, best.Clause == documentedStatus:
		answer := fmt.Sprint(answers, best.root.Response.Status)
		return joined(answer, when) + ", a status that the page does not list"
	case len(expected.statuses) > 0:
		text := slices.Contains(expected.statuses, best.root.Response.Status) || best.rank == rankGuard
		answer := responseText(*best.root.Response, text) + retryAfter(*best.root.Response, expected)
		return joined(answers+answer, when) + ", where " + wanted(expected) + " is documented"
	default:
		return gotInstead(who, best)
	}
}

// gotInstead is the sentence for what was expected in words and not as a response. The bodies that the words quote
// stand in the clause list.
func gotInstead(who string, f failed) string {
	expected := strings.TrimRight(head(f.Expected), ": ")
	if expected == "" {
		return fmt.Sprintf("%s: %s", who, short(f.Actual))
	}
	return fmt.Sprintf("%s: expected: %s; got: %s", who, short(expected), short(f.Actual))
}

// clauseList names the promise where no operation does.
func clauseList(f failed) string {
	if f.Clause != "" {
		return f.Clause
	}
	return strings.Join(f.check.Clauses, ", ")
}

const maxNamed = 3

// subject names the operations, or says how many they are and names one.
func subject(operations []string, one string) string {
	switch n := len(operations); {
	case n <= 1:
		return one
	case n <= maxNamed:
		return strings.Join(operations[:n-1], ", ") + " and " + operations[n-1]
	default:
		return fmt.Sprintf("%d operations (such as %s)", n, one)
	}
}

// occasionOf says what kind of request it is about: that of the most telling clause, if one kind is.
func occasionOf(group []failed) string {
	var all []string
	for _, f := range group {
		if o := occasion(f.Clause); o != "" && f.Clause != "envelope.bad-input-is-not-500" {
			all = append(all, o)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 0 {
		if slices.ContainsFunc(group, func(f failed) bool { return f.Clause == "envelope.bad-input-is-not-500" }) {
			return occasion("envelope.bad-input-is-not-500")
		}
		return ""
	}
	if len(all) > 2 {
		return ""
	}
	return strings.Join(all, " and ")
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// responseText is a response in a few words: its status, and what it says if that matters.
func responseText(r result.Response, text bool) string {
	status := fmt.Sprint(r.Status)
	if mediaType := mediaTypeOf(r); mediaType != "" && mediaType != "application/json" {
		return status + " " + mediaType
	}
	if detail := detailText(r); text && detail != "" {
		return fmt.Sprintf(`%s {"detail": %q}`, status, short(detail))
	}
	return status
}

func formText(r result.Response) string {
	if mediaType := mediaTypeOf(r); mediaType != "" && mediaType != "application/json" {
		return responseText(r, false)
	}
	return fmt.Sprintf("%d with %s", r.Status, shapeOf(r))
}

func wantedForm(f failed) string {
	switch f.Clause {
	case "envelope.validation-detail-is-list":
		return ", where a list of field errors is documented"
	case "envelope.detail-is-text":
		return ", where a detail that is a text is documented"
	default:
		return ", where a JSON object with a detail is documented"
	}
}

// wanted is the expected answer: its statuses, and what else the document says of it.
func wanted(expected expectation) string {
	if strings.Contains(expected.text, "{") || strings.Contains(expected.text, " with ") {
		return short(expected.text)
	}
	return expected.codes()
}

const maxShort = 120

// short is the beginning of a text, in one line and in whole characters.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= maxShort {
		return text
	}
	return string([]rune(text)[:maxShort]) + "…"
}
