package suites

import (
	"fmt"
	"net/http"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// expectClause compares a response with what the document says of a clause at the response's operation, and reports a broken
// promise if they differ. Of several clauses one must fit: a key that is empty may count as missing or as unknown.
func expectClause(t T, d Deployment, a spec.Response, clauses ...string) bool {
	t.Helper()
	op := mustOperation(d.Contract(), a.Operation)
	var first *spec.Mismatch
	for _, clause := range clauses {
		mismatch, err := d.Contract().Match(op, clause, a)
		if err != nil {
			panic(fmt.Sprintf("check asks for a condition that the document does not have: %v", err))
		}
		if mismatch == nil {
			return true
		}
		if first == nil {
			first = mismatch
		}
	}
	t.Broken(a, *first)
	return false
}

// broken reports a promise that the document cannot express as one answer.
func broken(t T, shown spec.Response, clause, expected, actual string, args ...any) {
	t.Helper()
	t.Broken(shown, spec.Mismatch{Clause: clause, Expected: expected, Actual: fmt.Sprintf(actual, args...)})
}

// requireSuccess ends the check unless a response that it needs is a success.
func requireSuccess(t T, a spec.Response, step string) spec.Response {
	t.Helper()
	if !a.Success() {
		t.Blocked("%s got %s", step, a)
	}
	return a
}

// pastGuard is the control request of a refusal: the same harmless request from a caller who has what is needed gets
// past the guard. Without it, a deployment that refuses everybody would pass.
func pastGuard(t T, d Deployment, operation string) {
	t.Helper()
	op := mustOperation(d.Contract(), operation)
	if op.Guard == spec.AdminGuard && provisioned(t, d, operation) {
		return
	}
	expectPassed(t, d, op, d.Probe)
}

// guardOpens is pastGuard where the guard itself is judged: at the public base URL.
func guardOpens(t T, d Deployment, op *spec.Operation) spec.Response {
	t.Helper()
	return expectPassed(t, d, op, d.GuardProbe)
}

// judgeAlone judges the refusal of a caller without a good credential if there is none for the control request. That
// the guard lets the caller through, or refuses in another way than promised, is seen without it; that it refuses as
// promised counts only beside a request that is accepted. What else is answered may have another reason than the guard.
func judgeAlone(t T, d Deployment, op *spec.Operation, caller spec.Caller, give string, clauses ...string) {
	t.Helper()
	a := d.GuardProbe(t, op.ID, caller)
	switch {
	case a.Status == http.StatusMethodNotAllowed, a.Status == http.StatusNotFound && d.AsUnknownPath(t, op.ID, caller):
		t.Skipf("responds %d, and without a valid key nobody can see whether the route exists: set %s", a.Status, give)
	case a.ServerError(), a.Redirect():
		t.Blocked("responds %s, which says nothing about keys", a)
	case expectClause(t, d, a, clauses...):
		t.Skipf("refused as documented, but without an accepted control request, which needs a valid key: set %s", give)
	}
}

// expectPassed returns the first answer that shows a good key to get past the guard. If that refuses one of the scopes
// that the operation accepts, which breaks scope.matrix, another one will do.
func expectPassed(t T, d Deployment, op *spec.Operation, probe func(T, string, spec.Caller) spec.Response) spec.Response {
	t.Helper()
	a := probe(t, op.ID, op.Authorized())
	for _, s := range op.Scopes {
		if a.Unauthorized() && d.OwnTenant() {
			a = probe(t, op.ID, spec.KeyOf(s))
		}
	}
	if !d.Contract().Passed(a) || fixtures.HarmlessIsRight(op) && !a.Success() {
		t.Blocked("the control request with a valid key got %s, so a refusal proves nothing", a)
	}
	return a
}

// expectAuthorized is the control request of a refusal of what a request asks for, where the operator does not allow to
// send the right one: a good key is let in. That the deployment then fails is for the check to judge.
func expectAuthorized(t T, d Deployment, op *spec.Operation) {
	t.Helper()
	if a := d.Probe(t, op.ID, op.Authorized()); a.Unauthorized() || a.GatewayError() {
		t.Blocked("a valid key got %s, so a refusal proves nothing", a)
	}
}

// provisioned says whether the operation was accepted when the run's users and keys were made: a control request that costs nothing.
func provisioned(t T, d Deployment, operation string) bool {
	t.Helper()
	whose := map[string][]spec.Caller{"mintToken": {spec.BotKey}, "deleteToken": {spec.Revoked}}
	for _, seen := range d.Provisioning(t, whose[operation]...) {
		if seen.Operation.ID == operation && seen.Response.Success() {
			return true
		}
	}
	return false
}

// acceptedBot sends the control request of a refusal of POST /bots: one with nothing wrong in it. It starts a bot, so
// where the operator allows none, it is enough that the key gets past the guard, and there is no answer to compare with.
func acceptedBot(t T, d Deployment) *spec.Response {
	t.Helper()
	if !d.Allows(spec.Bots) {
		pastGuard(t, d, "createBot")
		return nil
	}
	a := d.Control(t, "createBot", func(k *fixtures.Kit) spec.Response {
		return createBot(t, d, spec.Owner, k.Bot(k.Meeting()))
	})
	return &a
}

// judgeRefusal judges the answer to a wrong request beside that to its control request, the same with nothing wrong in it. If
// both are refused alike, the refusal says nothing of what is wrong, and there is no verdict: that the right one is refused is
// for the clause that promises its acceptance. A refusal of another kind, and an acceptance, are judged in any case; but where
// no clause promises that the right one is accepted, nobody else would tell, and the refusal alone is no evidence.
func judgeRefusal(t T, d Deployment, control *spec.Response, wrong spec.Response, clause string) {
	t.Helper()
	if control != nil && !control.Success() && refusedAlike(*control, wrong) {
		t.Blocked("the control request, with nothing wrong in it, is refused in the same way, so a refusal proves nothing: %s", control)
	}
	if expectClause(t, d, wrong, clause) && control != nil && !control.Success() && !promisesAcceptance(mustOperation(d.Contract(), wrong.Operation)) {
		t.Blocked("refused as documented, but so is the control request with nothing wrong in it, in another way: %s", control)
	}
}

// promisesAcceptance says whether a clause promises a success of the operation.
func promisesAcceptance(op *spec.Operation) bool {
	return slices.ContainsFunc(op.AllConditions(), func(c spec.Condition) bool { return c.Status/100 == 2 })
}

// refusedAlike says whether two answers have the same status and detail.
func refusedAlike(a, b spec.Response) bool {
	return a.Status == b.Status && spec.CanonicalJSON(a.JSON().Get("detail"), nil) == spec.CanonicalJSON(b.JSON().Get("detail"), nil)
}

func mustOperation(c *spec.Contract, id string) *spec.Operation {
	op, ok := c.Operation(id)
	if !ok {
		panic("check asks for an operation that the document does not have: " + id)
	}
	return op
}
