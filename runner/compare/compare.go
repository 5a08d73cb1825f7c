// Package compare finds what two deployments answer differently to the same requests, also where no clause says what is
// right. Start with [Deviations].
package compare

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// Deviations are the differences between the answers of two deployments, from one run or more on each. Of several runs on a side,
// with the same checks and other seeds, the places at which their answers differ are left out of all answers; and an answer that
// not each of these runs had, while a bot was waited for, say, is none that the other side must have. How often something was asked does not
// count.
func Deviations(a, b []result.Run) []result.Deviation {
	masks := learn(a)
	for operation, mask := range learn(b) {
		masks[operation] = mask.Union(masks[operation])
	}
	left, right := sideOf(a, masks), sideOf(b, masks)
	all := []result.Deviation{}
	for _, check := range a[0].Checks {
		for _, asked := range left.asked(check.ID) {
			some, others := left.answers[asked], right.answers[asked]
			if len(some) < len(a) || len(others) < len(b) {
				continue // it was not asked of both each time
			}
			d := result.Deviation{
				Check: check.ID, Operation: asked.operation, Caller: asked.caller,
				A: without(always(some), slices.Concat(others...)), B: without(always(others), slices.Concat(some...)),
			}
			if len(d.A)+len(d.B) > 0 {
				all = append(all, d)
			}
		}
	}
	return all
}

// Checks are those that met deviations: they are to be run again on both sides, to learn what differs each time.
func Checks(all []result.Deviation) []string {
	var checks []string
	for _, d := range all {
		if !slices.Contains(checks, d.Check) {
			checks = append(checks, d.Check)
		}
	}
	return checks
}

// Once leaves of the same answers to the same caller the first, whichever checks met them.
func Once(all []result.Deviation) []result.Deviation {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(d result.Deviation) bool {
		id := fmt.Sprintf("%q %q %q %q", d.Operation, d.Caller, d.A, d.B)
		defer func() { seen[id] = true }()
		return seen[id]
	})
}

// asked is by whom and for what a check has asked.
type asked struct{ check, operation, caller string }

// side is one of the two deployments: for what was asked, the kinds of answers in each of its runs.
type side struct{ answers map[asked][][]string }

func sideOf(runs []result.Run, masks map[string]spec.Mask) side {
	s := side{answers: map[asked][][]string{}}
	for _, run := range runs {
		for what, responses := range responsesOf(run) {
			var kinds []string
			for _, r := range responses {
				if k := kind(r, masks[place(what, r)]); !slices.Contains(kinds, k) {
					kinds = append(kinds, k)
				}
			}
			s.answers[what] = append(s.answers[what], kinds)
		}
	}
	return s
}

// asked is what a check asked for, in a fixed order.
func (s side) asked(check string) []asked {
	var all []asked
	for what := range maps.Keys(s.answers) {
		if what.check == check {
			all = append(all, what)
		}
	}
	slices.SortFunc(all, func(a, b asked) int { return strings.Compare(a.operation+" "+a.caller, b.operation+" "+b.caller) })
	return all
}

// responsesOf are the answers that the deployment gave of its own accord to what the checks asked, by what that was.
func responsesOf(run result.Run) map[asked][]result.Response {
	all := map[asked][]result.Response{}
	for _, check := range run.Checks {
		for _, e := range check.Exchanges {
			if check.Verdict != result.Skip && e.Response != nil && !e.Inbound && !e.Throttled && !e.Nowhere {
				what := asked{check.ID, e.Operation, e.Caller}
				all[what] = append(all[what], *e.Response)
			}
		}
	}
	return all
}

// always are the kinds that each of a side's runs has.
func always(runs [][]string) []string {
	return slices.DeleteFunc(slices.Clone(runs[0]), func(k string) bool {
		return slices.ContainsFunc(runs[1:], func(run []string) bool { return !slices.Contains(run, k) })
	})
}

func without(some, others []string) []string {
	return slices.DeleteFunc(some, func(s string) bool { return slices.Contains(others, s) })
}

// kind is what an answer says, without the places of a mask.
func kind(r result.Response, m spec.Mask) string {
	a := answerOf(r)
	text := strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, a.MediaType()))
	if a.Header.Get("Retry-After") != "" {
		text += " with Retry-After"
	}
	return text + " " + spec.CanonicalKinds(a.Value(), m)
}

// secret is what stands in a run's report for a secret: its number is that of the exchange.
var secret = regexp.MustCompile(`\$(SECRET|VEXA)_\w+`)

func answerOf(r result.Response) spec.Response {
	a := spec.Response{Status: r.Status, Header: map[string][]string{}, Body: []byte(secret.ReplaceAllString(r.Body, "SECRET"))}
	for name, values := range r.Headers {
		for _, value := range values {
			a.Header.Add(name, value)
		}
	}
	return a
}
