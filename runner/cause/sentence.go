package cause

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vexa-conformance/runner/result"
)

// maxSentence is how many characters a sentence should have at most: two lines of a terminal.
const maxSentence = 160

// sentenceOf says what a group of failures has in common. Best is the failure that shows it best. A sentence that is
// too long loses its example of an operation first, and then the ends of what it quotes.
func sentenceOf(group []failed, best failed, c result.Cause, routes map[string]route) string {
	w := wording{group: group, best: best, operations: c.Operations, routes: routes}
	text := ""
	for _, w.example = range []bool{true, false} {
		for _, w.quotes = range []quotes{{120, 120}, {60, 60}, {40, 60}, {30, 60}, {30, 40}, {30, 30}} {
			if text = w.sentence(); utf8.RuneCountInString(text) <= maxSentence+5 { // a word more is better than a cut one
				return text
			}
			if w.example && len(c.Operations) > 1 {
				break // without the example it may not need to be cut
			}
		}
	}
	return cut(text, maxSentence)
}

// wording is a sentence under way.
type wording struct {
	group      []failed
	best       failed
	operations []string
	routes     map[string]route
	// example names one operation of many.
	example bool
	quotes  quotes
}

// quotes are how many characters are quoted at most: of what came, and of what was expected.
type quotes struct{ actual, expected int }

func (w wording) sentence() string {
	best := w.best
	if best.program {
		return w.gotInstead(best.Clause)
	}
	who := clauseList(best)
	if best.root != nil {
		who = w.subject(nameOf(best.root.Operation, w.routes))
		if best.root.Inbound {
			who = "the deployment"
		}
	}
	if best.root == nil || best.root.Response == nil {
		return w.inWords(who)
	}
	answers := who + " " + inNumber("answers", len(w.operations)) + " "
	when := occasionOf(w.group)
	response := *best.root.Response
	says := func(format string, args ...any) string {
		return who + " " + inNumber(fmt.Sprintf(format, args...), len(w.operations))
	}
	switch {
	case strings.HasPrefix(best.difference, acceptsRequest):
		return says("accepts requests %s", strings.TrimPrefix(best.difference, acceptsRequest+" "))
	case best.Clause == adminFronted:
		return fmt.Sprintf("the admin routes are not at the public base URL, which answers %d as for an unknown path",
			response.Status)
	case surfaceClause(best.Clause):
		return says("is not at the public base URL, which answers %d as for an unknown path", response.Status)
	case best.rank == rankConsequence && best.Clause == leavesNothing:
		return says("leaves something behind when a request is refused")
	case best.rank == rankServerError, best.rank == rankOutage:
		answer := answers + w.response(response, false)
		if body := bodyText(w.group); body != "" {
			answer += " `" + body + "`"
		}
		return joined(answer, when)
	case best.rank == rankForm && best.Clause == streamOpens:
		return w.inWords(who)
	case best.rank == rankForm:
		return joined(answers+w.form(response), when) + wantedForm(best)
	case best.rank == rankUnlisted, best.Clause == documentedStatus:
		answer := fmt.Sprint(answers, response.Status)
		return joined(answer, when) + ", a status that the page does not list"
	case len(parse(best.Expected).statuses) > 0:
		return joined(answers+w.answer(response), when) + ", where " + w.wanted(response) + " is documented"
	default:
		return w.inWords(who)
	}
}

// answer is the response beside what is documented.
func (w wording) answer(r result.Response) string {
	expected := parse(w.best.Expected)
	text := slices.Contains(expected.statuses, r.Status) || w.best.rank == rankGuard
	return w.response(r, text) + retryAfter(r, expected)
}

// inWords is the sentence for what was expected in words and not as a response.
func (w wording) inWords(who string) string {
	if says := phraseOf(w.best); says != "" {
		return who + " " + inNumber(says, len(w.operations))
	}
	return w.gotInstead(who)
}

// gotInstead quotes what was expected and what came. The bodies that the words quote stand in the clause list.
func (w wording) gotInstead(who string) string {
	expected := strings.TrimRight(head(w.best.Expected), ": ")
	if expected == "" {
		return fmt.Sprintf("%s: %s", who, quote(w.best.Actual, w.quotes.actual))
	}
	return fmt.Sprintf("%s: expected: %s; got: %s", who, quote(expected, w.quotes.expected), quote(w.best.Actual, w.quotes.actual))
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
func (w wording) subject(one string) string {
	switch n := len(w.operations); {
	case n <= 1:
		return one
	case n <= maxNamed && w.example:
		return strings.Join(w.operations[:n-1], ", ") + " and " + w.operations[n-1]
	case w.example:
		return fmt.Sprintf("%d operations (such as %s)", n, one)
	default:
		return fmt.Sprintf("%d operations", n)
	}
}

// occasionOf says what kind of request it is about: that of the most telling clause, if one kind is.
func occasionOf(group []failed) string {
	var all []string
	for _, f := range group {
		if o := occasion(f.Clause); o != "" && f.Clause != badInput {
			all = append(all, o)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 0 {
		if slices.ContainsFunc(group, func(f failed) bool { return f.Clause == badInput }) {
			return occasion(badInput)
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

// response is a response in a few words: its status, and what it says if that matters.
func (w wording) response(r result.Response, text bool) string {
	status := fmt.Sprint(r.Status)
	if mediaType := mediaTypeOf(r); mediaType != "" && mediaType != "application/json" {
		return status + " " + mediaType
	}
	if detail := detailText(r); text && detail != "" {
		return fmt.Sprintf("%s %q", status, quote(detail, w.quotes.actual))
	}
	return status
}

func (w wording) form(r result.Response) string {
	if mediaType := mediaTypeOf(r); mediaType != "" && mediaType != "application/json" {
		return w.response(r, false)
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

// wanted is the documented answer: its statuses, unless the response has the only one, and what else the document says
// of it.
func (w wording) wanted(r result.Response) string {
	expected := parse(w.best.Expected)
	if detail, ok := expected.detail(); ok {
		if expected.statuses[0] == r.Status && mediaTypeOf(r) == "application/json" {
			return fmt.Sprintf("%q", quote(detail, w.quotes.expected))
		}
		return fmt.Sprintf("%d %q", expected.statuses[0], quote(detail, w.quotes.expected))
	}
	if strings.Contains(expected.text, "{") || strings.Contains(expected.text, " with ") {
		return quote(expected.text, w.quotes.expected)
	}
	return expected.codes()
}

// quote is the beginning of a text, in one line and in whole characters.
func quote(text string, characters int) string {
	return cut(strings.Join(strings.Fields(text), " "), characters)
}

// maxWord is the longest word that is left out rather than cut.
const maxWord = 16

func cut(text string, characters int) string {
	if utf8.RuneCountInString(text) <= characters {
		return text
	}
	begin := string([]rune(text)[:characters-1])
	if space := strings.LastIndex(begin, " "); space > len(begin)-maxWord {
		begin = begin[:space] // in whole words, unless one is very long
	}
	return strings.TrimRight(begin, " ") + "…"
}
