package suites

import (
	"slices"
	"strings"

	"vexa-conformance/spec"
)

// envelope judges every answer of the run, whatever its check was looking for, and provokes validation errors on purpose
// so that there are some to judge.
func envelope(c *spec.Contract) []Check {
	var checks []Check
	for _, clause := range []string{"envelope.detail", "envelope.detail-is-text", "envelope.validation-detail-is-list", "envelope.documented-status"} {
		checks = append(checks, Check{
			ID: "envelope/every-answer/" + clause[len("envelope."):], Clauses: []string{clause}, Effect: spec.Observe,
			Final: func(t T, d Deployment, all []Observation) { everyResponse(t, d, all, clause) },
		})
	}
	for _, op := range keyed(c) {
		if len(typed(op)) == 0 || len(op.Conditions("envelope.validation-detail-is-list")) == 0 {
			continue // what it refuses, it refuses as something else than a failed validation
		}
		checks = append(checks, Check{
			ID: "envelope/validation-detail-is-list/" + op.ID, Clauses: []string{"envelope.validation-detail-is-list"},
			Effect: op.Effect, Operations: []string{op.ID}, Needs: staging(c, op), OwnTenant: changesOwner(op),
			Run: func(t T, d Deployment) { wrongTypeIsList(t, d, op) },
		})
	}
	return checks
}

// everyResponse reports each operation's first answer that breaks the clause, and how many more did.
func everyResponse(t T, d Deployment, all []Observation, clause string) {
	judged, more := 0, map[string]int{}
	elsewhere := accusedStatuses(all)
	for _, seen := range all {
		if seen.Response.Success() && clause != "envelope.documented-status" {
			continue
		}
		judged++
		if othersJudge(seen, clause, elsewhere) {
			continue
		}
		for _, m := range d.Contract().Envelope(seen.Operation, seen.Response) {
			if m.Clause != clause {
				continue
			}
			if more[seen.Operation.ID]++; more[seen.Operation.ID] == 1 {
				m.Actual = seen.Operation.Method + " " + seen.Operation.Path + " by " + string(seen.Call.Caller) + ": " + m.Actual
				t.Broken(seen.Response, m)
			}
		}
	}
	if judged == 0 {
		t.Blocked("the run got no response to test")
	}
}

// statusOf is an operation's answers with a status.
type statusOf struct {
	operation string
	status    int
}

// accusedStatuses are the statuses that another check has called wrong at an operation.
func accusedStatuses(all []Observation) map[statusOf]bool {
	accused := map[statusOf]bool{}
	for _, seen := range all {
		if seen.Accused {
			accused[statusOf{seen.Operation.ID, seen.Response.Status}] = true
		}
	}
	return accused
}

// othersJudge says whether an answer is another clause's: a status that it calls wrong at this operation, or what a
// gateway says while a backend is down, whose form the clause about that promises too.
func othersJudge(seen Observation, clause string, elsewhere map[statusOf]bool) bool {
	if clause == "envelope.documented-status" {
		return elsewhere[statusOf{seen.Operation.ID, seen.Response.Status}]
	}
	return seen.Check == outageCheck && seen.Response.GatewayError()
}

// typed are the documented members of a request body that are texts, so that there is a wrong type: those at the top, which may be
// judged each by code of its own.
func typed(op *spec.Operation) []spec.Field {
	return slices.DeleteFunc(slices.Clone(op.Fields), func(f spec.Field) bool { return f.Type != "string" || strings.Contains(f.Path, ".") })
}

// wrongTypeIsList judges only answers 422 with a detail: that a wrong type is refused, and in the envelope, is for other
// clauses.
func wrongTypeIsList(t T, d Deployment, op *spec.Operation) {
	pastGuard(t, d, op.ID)
	for _, field := range typed(op) {
		call := stage(t, d, op)
		call.Body, call.Wrong = d.Fixtures().Replaced(op, field.Path, `{"wrong":["type"]}`), field.Path+" is an object"
		a := sendBad(t, d, op, call)
		list := a.JSON().Get("detail")
		outside := slices.ContainsFunc(d.Contract().Envelope(op, a), func(m spec.Mismatch) bool { return m.Clause == "envelope.detail" })
		if d.Contract().Refuses(op, "envelope.validation-detail-is-list", a) && !outside && !list.IsArray() {
			broken(t, a, "envelope.validation-detail-is-list", "detail is a list of field errors for a "+field.Path+" of the wrong type", "%s", a)
		}
	}
}
