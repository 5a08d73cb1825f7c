package suites

import "vexa-conformance/spec"

// implemented looks for each operation that a page names. One that a deployment does not implement breaks one clause,
// and every other check of it is skipped. Where agent and admin routes have to be, the fronted checks look.
func implemented(c *spec.Contract) []Check {
	var checks []Check
	for _, op := range c.Operations() {
		if op.PromisedBy == "" || op.PromisedBy == string(op.Surface)+".fronted" {
			continue
		}
		checks = append(checks, Check{
			ID: "implemented/" + op.ID, Clauses: []string{op.PromisedBy}, Effect: spec.Observe,
			Operations: []string{op.ID},
			Run: func(t T, d Deployment) {
				a, ok := d.Implemented(t, op.ID)
				if ok {
					t.NotApplicable("the route exists, which alone does not show that the clause holds: see its other checks")
				}
				broken(t, a, op.PromisedBy, op.Method+" "+op.Path+" is implemented",
					"%s, as for an unknown path or method", a)
			},
		})
	}
	return checks
}
