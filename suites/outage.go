package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// outage takes a backend down, looks at the routes that need it, and waits until they are back. The runner runs it alone.
func outage(*spec.Contract) []Check {
	return []Check{{
		ID: outageCheck, Clauses: []string{"outage.gateway-error"}, Effect: spec.Write, Alone: true, Run: gatewayError,
	}}
}

// outageCheck provokes answers whose form it judges itself.
const outageCheck = "outage/gateway-error"

func gatewayError(t T, d Deployment) {
	const clause = "outage.gateway-error"
	var routes []string
	d.Outage(t, func(down []string) {
		routes = down
		for _, route := range routes {
			op := mustOperation(d.Contract(), route)
			var last spec.Answer
			// A backend that was told to end may answer a little longer.
			if !d.Await(t, func() bool {
				call := d.Fixtures().Owned(op)
				call.GatewayErrors = true
				last = d.Call(t, call)
				return last.GatewayError()
			}) {
				broken(t, last, clause, "502, 503 or 504 of "+op.Method+" "+op.Path+" while its backend is down", "%s", last)
				return
			}
			for _, m := range d.Contract().Envelope(op, last) {
				if m.Clause == "envelope.detail" {
					broken(t, last, clause, m.Expected, "%s", last)
					return
				}
			}
		}
	})
	for _, route := range routes {
		op := mustOperation(d.Contract(), route)
		var last spec.Answer
		if !d.Await(t, func() bool {
			call := d.Fixtures().Owned(op)
			call.GatewayErrors = true // what is polled in any case needs no retries
			last = d.Call(t, call)
			return last.Success() || !fixtures.HarmlessIsRight(op) && last.ClientError()
		}) {
			broken(t, last, clause, "the answer that "+op.Method+" "+op.Path+" had before, once its backend is back", "%s", last)
		}
	}
}
