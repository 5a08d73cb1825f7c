package suites

import (
	"slices"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// outage takes a backend down, looks at the routes that need it, and waits until they are back. The runner runs it
// alone.
func outage(*spec.Contract) []Check {
	return []Check{{
		ID: outageCheck, Clauses: []string{"outage.gateway-error"}, Effect: spec.Write, Alone: true, Run: gatewayError,
	}}
}

// outageCheck provokes answers whose form it judges itself.
const outageCheck = "outage/gateway-error"

// gatewayError looks at every route that is named, and reports each that breaks the promise: while the backend is down,
// and once it is back.
func gatewayError(t T, d Deployment) {
	var routes []*spec.Operation
	d.Outage(t, func(named []string) {
		for _, route := range named {
			routes = append(routes, mustOperation(d.Contract(), route))
		}
		// A backend that is ending may respond a little longer.
		awaitAll(t, d, routes, func(op *spec.Operation, a spec.Response) string {
			if !a.GatewayError() {
				return "502, 503 or 504 while the backend is down"
			}
			for _, m := range d.Contract().Envelope(op, a) {
				if m.Clause == "envelope.detail" {
					return m.Expected
				}
			}
			return ""
		}).report(t)
	})
	awaitAll(t, d, routes, func(op *spec.Operation, a spec.Response) string {
		if a.Success() || !fixtures.HarmlessIsRight(op) && a.ClientError() {
			return ""
		}
		return "the response that the route had before, once its backend is back"
	}).report(t)
}

// findings are the routes that break a promise, with the response that shows the first.
type findings struct {
	first            spec.Response
	expected, actual []string
}

// awaitAll sends to all routes until nothing is wrong with any, all in one patience, and returns those with which
// something still is.
func awaitAll(t T, d Deployment, routes []*spec.Operation, wrong func(*spec.Operation, spec.Response) string) findings {
	t.Helper()
	last, pending := map[*spec.Operation]spec.Response{}, slices.Clone(routes)
	d.Await(t, func() bool {
		pending = slices.DeleteFunc(pending, func(op *spec.Operation) bool {
			call := d.Fixtures().Owned(op)
			call.GatewayErrors = true // what is polled in any case needs no retries
			last[op] = d.Call(t, call)
			return wrong(op, last[op]) == ""
		})
		return len(pending) == 0
	})
	var f findings
	for _, op := range pending {
		a := last[op]
		if len(f.actual) == 0 {
			f.first = a
		}
		if expected := wrong(op, a); !slices.Contains(f.expected, expected) {
			f.expected = append(f.expected, expected)
		}
		f.actual = append(f.actual, op.Method+" "+op.Path+": "+a.String())
	}
	return f
}

func (f findings) report(t T) {
	t.Helper()
	if len(f.actual) > 0 {
		broken(t, f.first, "outage.gateway-error", strings.Join(f.expected, "; "), "%s", strings.Join(f.actual, "; "))
	}
}
