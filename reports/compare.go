package reports

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/result"
)

// Deviation is a request that two deployments answer in different ways.
type Deviation struct {
	Check     string `json:"check"`
	Operation string `json:"operation"`
	Caller    string `json:"caller"`
	// A and B are the kinds of answers that only one of them gave, without ids, times and tokens.
	A []string `json:"a"`
	B []string `json:"b"`
}

// Deviations are the differences of meaning between the answers that two deployments gave to the same requests: ids, times,
// tokens, and the order of members are set aside. How often something was asked, while a bot was waited for, does not count.
func Deviations(a, b result.Run) []Deviation {
	all := []Deviation{}
	others := map[string]result.Check{}
	for _, check := range b.Checks {
		others[check.ID] = check
	}
	seen := map[string]bool{}
	for _, check := range a.Checks {
		other, ok := others[check.ID]
		if !ok || check.Verdict == result.Skip || other.Verdict == result.Skip {
			continue
		}
		left, right := answersOf(check), answersOf(other)
		for _, asked := range slices.Sorted(maps.Keys(left)) {
			onlyA, onlyB := without(left[asked], right[asked]), without(right[asked], left[asked])
			operation, caller, _ := strings.Cut(asked, " by ")
			// The same answers to the same caller are told once, whichever checks met them.
			id := asked + strings.Join(onlyA, "\n") + "\x00" + strings.Join(onlyB, "\n")
			if len(right[asked]) > 0 && len(onlyA)+len(onlyB) > 0 && !seen[id] {
				seen[id] = true
				all = append(all, Deviation{check.ID, operation, caller, onlyA, onlyB})
			}
		}
	}
	return all
}

// answersOf are the kinds of answers that a check got, by operation and caller.
func answersOf(check result.Check) map[string][]string {
	all := map[string][]string{}
	for _, e := range check.Exchanges {
		if e.Response == nil || e.Inbound || e.Throttled || e.Retried || e.Nowhere {
			continue
		}
		asked := e.Operation + " by " + e.Caller
		if answer := meaning(*e.Response); !slices.Contains(all[asked], answer) {
			all[asked] = append(all[asked], answer)
		}
	}
	return all
}

func without(some, others []string) []string {
	left := []string{}
	for _, s := range some {
		if !slices.Contains(others, s) {
			left = append(left, s)
		}
	}
	return left
}

// meaning is what an answer says, without what differs each time.
func meaning(r result.Response) string {
	media, _, _ := strings.Cut(strings.ToLower(first(r.Headers, "Content-Type")), ";")
	text := fmt.Sprintf("%d %s", r.Status, strings.TrimSpace(media))
	if first(r.Headers, "Retry-After") != "" {
		text += " with Retry-After"
	}
	if gjson.Valid(r.Body) {
		return text + " " + form(gjson.Parse(r.Body))
	}
	return text + " " + steady(cutText(r.Body, maxQuoted))
}

// form is a JSON value with its members sorted, its numbers and words made steady, and of a list each kind of item once.
func form(v gjson.Result) string {
	switch {
	case v.IsObject():
		members := v.Map()
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(members)) {
			parts = append(parts, name+": "+form(members[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case v.IsArray():
		var kinds []string
		for _, item := range v.Array() {
			if kind := form(item); !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
		slices.Sort(kinds)
		return "[" + strings.Join(kinds, ", ") + "]"
	case v.Type == gjson.Number:
		return "NUMBER"
	case v.Type == gjson.String:
		// No status stands in a member, so that three digits are an id here like any others.
		return regexp.MustCompile(`\d+`).ReplaceAllString(steady(v.Raw), "NUMBER")
	default:
		return v.Raw
	}
}

// DeviationsTerminal prints what two deployments answer differently.
func DeviationsTerminal(w io.Writer, a, b string, all []Deviation, o TerminalOptions) error {
	p := &printer{w: w, o: o}
	for _, d := range all {
		p.printf("%s by %s  (%s)\n", p.paint(bold, d.Operation), d.Caller, d.Check)
		for _, side := range []struct {
			name    string
			answers []string
		}{{"A", d.A}, {"B", d.B}} {
			for _, answer := range side.answers {
				p.printf("  only %s: %s\n", side.name, safe(cutText(answer, maxQuoted)))
			}
		}
	}
	verdict := p.paint(green, "the same answers")
	if len(all) > 0 {
		verdict = p.paint(red, "different answers") + fmt.Sprintf(" to %s", plural(len(all), "kind")+" of request")
	}
	p.printf("A %s\nB %s\n%s\n", safe(a), safe(b), verdict)
	return p.err
}

// DeviationsJSON writes them as "vexa-conformance/compare/v1".
func DeviationsJSON(w io.Writer, a, b string, all []Deviation) error {
	return encode(w, map[string]any{"schema": "vexa-conformance/compare/v1", "a": a, "b": b, "deviations": all})
}
