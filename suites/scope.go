package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// scope holds every keyed operation against every single-scope key: refused where the document does not name the scope,
// and let through where it does.
func scope(c *spec.Contract) []Check {
	var checks []Check
	for _, op := range keyed(c) {
		for _, s := range spec.Scopes() {
			if !op.Accepts(s) {
				checks = append(checks, scopeDenied(op, s))
			}
			checks = append(checks, scopeMatrix(op, s))
		}
	}
	return checks
}

// scopeDenied judges the form of a refusal: who is refused is scope.matrix's.
func scopeDenied(op *spec.Operation, s spec.Scope) Check {
	return Check{
		ID:         "scope/denied/" + op.ID + "/" + string(s),
		Clauses:    []string{"scope.denied"},
		Effect:     max(spec.Write, fixtures.HarmlessEffect(op)),
		Operations: []string{op.ID},
		OwnTenant:  changesOwner(op),
		Run: func(t T, d Deployment) {
			good := guardOpens(t, d, op)
			a := d.GuardProbe(t, op.ID, spec.KeyOf(s))
			if letThrough(d.Contract(), a, good) {
				t.NotApplicable("the key is let through, so that there is no refusal to judge (see scope.matrix)")
			}
			expectClause(t, d, a, "scope.denied")
		},
	}
}

// scopeMatrix looks only at who is let through: the wording of a refusal is scope.denied's.
func scopeMatrix(op *spec.Operation, s spec.Scope) Check {
	return Check{
		ID:         "scope/matrix/" + op.ID + "/" + string(s),
		Clauses:    []string{"scope.matrix"},
		Effect:     max(spec.Write, fixtures.HarmlessEffect(op)),
		Operations: []string{op.ID},
		OwnTenant:  changesOwner(op),
		Run: func(t T, d Deployment) {
			a := d.GuardProbe(t, op.ID, spec.KeyOf(s))
			refused := !d.Contract().Passed(a)
			switch {
			case op.Accepts(s) && refused:
				if a.ServerError() {
					t.Blocked("a key with the scope %s was answered %s, which says nothing of scopes", s, a)
				}
				broken(t, a, "scope.matrix", "a key with the scope "+string(s)+" is let through", "%s", a)
			case !op.Accepts(s):
				if letThrough(d.Contract(), a, guardOpens(t, d, op)) {
					broken(t, a, "scope.matrix", "a key with only the scope "+string(s)+" is refused", "%s", a)
				}
			}
		},
	}
}

// letThrough says whether an answer shows that a key got past the guard: it is a success, or what a good key is
// answered for the same request. Any other client error is a refusal, of whatever form.
func letThrough(c *spec.Contract, a, good spec.Response) bool {
	return a.Success() || c.Passed(a) && a.Status == good.Status
}
