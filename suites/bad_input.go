package suites

import (
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// badInput feeds each operation of the document everything that its fields and parameters are not.
func badInput(c *spec.Contract) []Check {
	var checks []Check
	for _, op := range c.Operations() {
		if op.Socket || op.Guard == spec.NoGuard || !hasInput(op) {
			continue
		}
		effect := op.Effect
		if op.Guard == spec.AdminGuard {
			// Each of these is a call with the admin token, of which a deployment may allow 30 a minute: they use up what
			// the operator has, so they come last and alone.
			effect = spec.Exhaust
		}
		checks = append(checks, Check{
			ID: "envelope/bad-input/" + op.ID, Clauses: []string{"envelope.bad-input-is-not-500"}, Effect: effect,
			Operations: []string{op.ID}, Needs: staging(c, op), OwnTenant: changesOwner(op) || op.Guard == spec.AdminGuard,
			Run: func(t T, d Deployment) { feed(t, d, op) },
		})
	}
	return checks
}

func hasInput(op *spec.Operation) bool { return len(op.Params) > 0 || len(op.Fields) > 0 }

// changesOwner says whether a request of the operation changes a setting of its user, who must then be a throwaway one.
func changesOwner(op *spec.Operation) bool { return op.ID == "putWebhook" || op.ID == "initWorkspace" }

// feed sends each bad input by itself and reports all that the deployment blames itself for.
func feed(t T, d Deployment, op *spec.Operation) {
	expectAuthorized(t, d, op)
	right := stage(t, d, op)
	var blamed []string
	var shown spec.Response
	all := d.Fixtures().BadInput(op, right)
	if op.Guard == spec.AdminGuard {
		all = fixtures.OfEachKind(all)
	}
	for _, bad := range all {
		a := sendBad(t, d, op, bad.Call)
		if a.ServerError() && !a.GatewayError() {
			if blamed = append(blamed, bad.Name); len(blamed) == 1 {
				shown = a
			}
		}
	}
	if len(blamed) > 0 {
		broken(t, shown, "envelope.bad-input-is-not-500", "a client error", "%s for %s", shown, strings.Join(blamed, ", "))
	}
}

// stage makes what the right request of an operation needs to exist, so that bad input gets as far as it can.
func stage(t T, d Deployment, op *spec.Operation) spec.Call {
	t.Helper()
	k := d.Fixtures()
	call := k.Harmless(op)
	call.Caller = op.Authorized()
	call.Body = k.Right(op)
	if len(staging(d.Contract(), op)) > 0 {
		m := k.Planned()
		planMeeting(t, d, k.Plan(m))
		call.Path = m.Path()
	}
	return call
}

// staging are the operations by which what an operation asks for is made: where meetings are planned, those are what is changed.
func staging(c *spec.Contract, op *spec.Operation) []string {
	if _, plans := c.Operation("planMeeting"); plans && op.ID == "patchMeeting" {
		return []string{"planMeeting"}
	}
	return nil
}

// sendBad sends a request that should be refused and cleans up what a lenient or broken deployment makes of it.
func sendBad(t T, d Deployment, op *spec.Operation, call spec.Call) spec.Response {
	t.Helper()
	var a spec.Response
	switch op.ID {
	case "createBot":
		a = postBot(t, d, call)
		if a.Success() {
			stopAtOnce(t, d, a)
		}
	case "planMeeting":
		a = d.Call(t, call)
		undoPlan(d, a)
	case "mintToken":
		a = d.Call(t, call)
		if id := a.JSON().Get("id"); a.Success() && id.Exists() {
			d.Undo(spec.Call{Operation: "deleteToken", Caller: spec.Admin, Path: map[string]string{"token_id": id.Raw}})
		}
	default:
		call.Repeatable = op.Method == "PUT" || op.Method == "DELETE" // the page calls both safe to send again
		a = d.Call(t, call)
	}
	return a
}

// stopAtOnce keeps a lenient deployment from running a bot for each bad input: one at a time is enough.
func stopAtOnce(t T, d Deployment, created spec.Response) {
	t.Helper()
	record := created.JSON()
	m := fixtures.Meeting{Platform: record.Get("platform").String(), NativeID: record.Get("native_meeting_id").String()}
	if m.Platform != "" && m.NativeID != "" {
		stop := fixtures.StopCall(spec.Owner, m)
		stop.Fuzz = true // it asks for what the answer says
		d.Call(t, stop)
	}
}
