package suites

import (
	"net/url"

	"vexa-conformance/spec"
)

// admin is the surface that makes users and keys. It is frugal: a deployment may allow 30 of these calls a minute, so
// what the run's own users needed is evidence too.
func admin(c *spec.Contract) []Check {
	var checks []Check
	for _, op := range c.Operations() {
		if op.Guard != spec.AdminGuard {
			continue
		}
		for _, row := range []struct {
			name, clause string
			caller       spec.Caller
		}{
			{"missing-token", "admin.missing-token", spec.Nobody},
			{"wrong-token", "admin.wrong-token", spec.Unknown},
			{"users-key", "admin.wrong-token", spec.Owner},
		} {
			checks = append(checks, Check{
				ID: "admin/" + row.name + "/" + op.ID, Clauses: []string{row.clause}, Effect: spec.Observe, Operations: []string{op.ID},
				Revokes: op.ID == "deleteToken",
				Run:     func(t T, d Deployment) { noAdmin(t, d, op, row.caller, row.clause) },
			})
		}
	}
	for _, s := range spec.Scopes() {
		checks = append(checks, Check{
			ID: "admin/mint/" + string(s), Clauses: []string{"admin.mint"}, Effect: spec.Write, Operations: []string{"mintToken"}, OwnTenant: true,
			Run: func(t T, d Deployment) { mintedKeyWorks(t, d, s) },
		})
	}
	checks = append(checks, mintsByBody(c)...)
	return append(checks, []Check{
		{ID: "admin/delete-token", Clauses: []string{"admin.delete-token"}, Effect: spec.Write, Operations: []string{"deleteToken"}, OwnTenant: true, Revokes: true, Run: tokenDeleted},
		{ID: "admin/mint-unknown-user", Clauses: []string{"admin.mint-unknown-user"}, Effect: spec.Observe, Operations: []string{"mintToken"}, Run: mintForNobody},
		{ID: "admin/mint-invalid-scope", Clauses: []string{"admin.mint-invalid-scope"}, Effect: spec.Write, Operations: []string{"mintToken"}, OwnTenant: true, Run: mintInvalidScope},
		{ID: "admin/fronted", Clauses: []string{"admin.fronted"}, Effect: spec.Observe, Operations: []string{"getUser"}, Run: adminFronted},
	}...)
}

// noAdmin asks without the admin token. Readings alone have no control request in what made the run's users; where the
// operator allows no more than a dozen calls with the admin token, which that took, a refusal of theirs counts only
// where it is broken. If the guard is not judged at the port at which the users were made, one reading of a user, for
// all operations, shows that the admin token opens it there.
func noAdmin(t T, d Deployment, op *spec.Operation, caller spec.Caller, clause string) {
	if give := d.MissingKey(t, op.ID, spec.Admin); give != "" {
		judgeAlone(t, d, op, caller, give, clause)
		return
	}
	spare := op.Method == "GET" && d.Allows(spec.Write) && !d.Allows(spec.Exhaust)
	switch {
	case d.GuardElsewhere(t, op.ID):
		guardOpens(t, d, mustOperation(d.Contract(), "getUser"))
		spare = false
	case !spare:
		pastGuard(t, d, op.ID)
	}
	if expectClause(t, d, d.GuardProbe(t, op.ID, caller), clause) && spare {
		t.Skipf("refused as documented, but without an accepted control request: that needs one more admin request than " +
			"the dozen that a run sends: add exhaust to --allow, or allow only observe")
	}
}

// mintedKeyWorks judges the minting of the run's own key of one scope, and lets the key say what it is.
func mintedKeyWorks(t T, d Deployment, s spec.Scope) {
	for _, seen := range d.Provisioning(t, spec.KeyOf(s)) {
		if seen.Operation.ID != "mintToken" || seen.Call.Query.Get("scopes") != string(s) {
			continue
		}
		if !expectClause(t, d, seen.Response, "admin.mint") {
			return
		}
		me := d.Call(t, spec.Call{Operation: "getMe", Caller: spec.KeyOf(s)})
		if !me.Success() {
			broken(t, me, "admin.mint", "the new key works", "GET /auth/me with it returns %s", me)
		}
		return
	}
	t.Blocked("the run minted no key with the scope %s", s)
}

func tokenDeleted(t T, d Deployment) {
	for _, seen := range d.Provisioning(t, spec.Revoked) {
		if seen.Operation.ID == "deleteToken" {
			expectClause(t, d, seen.Response, "admin.delete-token")
			return
		}
	}
	t.Blocked("the run deleted no token")
}

// mintForNobody has its control request in the keys that the run minted for its own users.
func mintForNobody(t T, d Deployment) {
	pastGuard(t, d, "mintToken")
	expectClause(t, d, d.Call(t, mint(d.Fixtures().Number(), "bot")), "admin.mint-unknown-user")
}

func mintInvalidScope(t T, d Deployment) {
	pastGuard(t, d, "mintToken")
	call := mint(madeUser(t, d), "foo")
	call.Wrong = "an unknown scope"
	a := d.Call(t, call)
	undoMint(d, a)
	expectClause(t, d, a, "admin.mint-invalid-scope")
}

// madeUser is the id of a user that the run has made.
func madeUser(t T, d Deployment) string {
	t.Helper()
	for _, seen := range d.Provisioning(t) {
		if seen.Operation.ID == "createUser" && seen.Response.Success() {
			return seen.Response.JSON().Get("id").Raw
		}
	}
	t.Blocked("the run has no user of its own to mint for")
	return ""
}

// undoMint has a key revoked at the end of the check, if one was minted.
func undoMint(d Deployment, a spec.Response) {
	if id := a.JSON().Get("id"); a.Success() && id.Exists() {
		d.Undo(spec.Call{Operation: "deleteToken", Caller: spec.Admin, Path: map[string]string{"token_id": id.Raw}})
	}
}

func mint(user, scopes string) spec.Call {
	return spec.Call{
		Operation: "mintToken", Caller: spec.Admin,
		Path: map[string]string{"user_id": user}, Query: url.Values{"scopes": {scopes}},
	}
}

// adminFronted looks for any of the routes at the public base URL.
func adminFronted(t T, d Deployment) {
	var last spec.Response
	for _, op := range d.Contract().Operations() {
		if op.Surface != spec.AdminSurface {
			continue
		}
		var ok bool
		if last, ok = d.Public(t, op.ID); ok {
			return
		}
	}
	broken(t, last, "admin.fronted", "the /admin/ routes at the public base URL", "%s, as for an unknown path", last)
}
