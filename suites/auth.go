package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// auth refuses each bad key at every keyed operation of the document. The request is harmless by construction: what
// stands behind the guard would refuse it, or it only reads.
func auth(c *spec.Contract) []Check {
	var checks []Check
	for _, row := range []struct {
		name   string
		caller spec.Caller
		// one of them must fit: a page may see an empty key as missing or as unknown
		clauses []string
	}{
		{"missing-key", spec.Nobody, []string{"auth.missing-key"}},
		{"empty-key", spec.Empty, []string{"auth.missing-key", "auth.unknown-key"}},
		{"unknown-key", spec.Unknown, []string{"auth.unknown-key"}},
		{"revoked-key", spec.Revoked, []string{"auth.revoked-key"}},
	} {
		for _, op := range keyed(c) {
			checks = append(checks, Check{
				ID:         "auth/" + row.name + "/" + op.ID,
				Clauses:    row.clauses[:1],
				Effect:     max(effectOf(c, row.clauses[0]), fixtures.HarmlessEffect(op)),
				Operations: []string{op.ID},
				OwnTenant:  changesOwner(op),
				Revokes:    row.caller == spec.Revoked,
				Run: func(t T, d Deployment) {
					if give := d.MissingKey(t, op.ID, op.Authorized()); give != "" && row.caller != spec.Revoked {
						judgeAlone(t, d, op, row.caller, give, row.clauses...)
						return
					}
					guardOpens(t, d, op)
					expectClause(t, d, d.GuardProbe(t, op.ID, row.caller), row.clauses...)
				},
			})
		}
	}
	return checks
}

// keyed are the operations that want a key, sockets aside: those refuse in a message of their own.
func keyed(c *spec.Contract) []*spec.Operation {
	var ops []*spec.Operation
	for _, op := range c.Operations() {
		if op.Guard == spec.KeyGuard && !op.Socket {
			ops = append(ops, op)
		}
	}
	return ops
}

func effectOf(c *spec.Contract, clause string) spec.Effect {
	found, _ := c.Clause(clause) // a clause that does not bind here has no checks: see bound
	return found.Effect
}
