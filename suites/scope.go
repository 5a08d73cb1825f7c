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

func scopeDenied(op *spec.Operation, s spec.Scope) Check {
	return Check{
		ID:         "scope/denied/" + op.ID + "/" + string(s),
		Clauses:    []string{"scope.denied"},
		Effect:     max(spec.Write, fixtures.HarmlessEffect(op)),
		Operations: []string{op.ID},
		OwnTenant:  changesOwner(op),
		Run: func(t T, d Deployment) {
			pastGuard(t, d, op.ID)
			keeps(t, d, op.ID, d.Probe(t, op.ID, spec.KeyOf(s)), "scope.denied")
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
			a := d.Probe(t, op.ID, spec.KeyOf(s))
			refused := !d.Contract().Passed(a)
			switch {
			case op.Accepts(s) && refused:
				if a.ServerError() {
					t.Blocked("a key with the scope %s was answered %s, which says nothing of scopes", s, a)
				}
				broken(t, a, "scope.matrix", "a key with the scope "+string(s)+" is let through", "%s", a)
			case !op.Accepts(s):
				pastGuard(t, d, op.ID)
				if !refused {
					broken(t, a, "scope.matrix", "a key with only the scope "+string(s)+" is refused", "%s", a)
				}
			}
		},
	}
}
