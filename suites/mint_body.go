package suites

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// mintsByBody are the checks of minting with the scopes in a JSON body, where the document has that form beside the query.
func mintsByBody(c *spec.Contract) []Check {
	if op, ok := c.Operation("mintToken"); !ok || len(op.Fields) == 0 {
		return nil
	}
	check := func(id, clause string, effect spec.Effect, own bool, run func(T, Deployment)) Check {
		return Check{
			ID: "admin/" + id, Clauses: []string{clause}, Effect: effect, Operations: []string{"mintToken"}, OwnTenant: own,
			Run: func(t T, d Deployment) {
				enoughAdmin(t, d)
				run(t, d)
			},
		}
	}
	checks := []Check{
		check("mint-unknown-user/body", "admin.mint-unknown-user", spec.Observe, false, func(t T, d Deployment) {
			pastGuard(t, d, "mintToken")
			expectClause(t, d, d.Call(t, mintBody(d.Fixtures().Number(), "bot")), "admin.mint-unknown-user")
		}),
		check("mint-invalid-scope/body", "admin.mint-invalid-scope", spec.Write, true, func(t T, d Deployment) {
			pastGuard(t, d, "mintToken")
			call := mintBody(madeUser(t, d), "foo")
			call.Wrong = "an unknown scope"
			a := d.Call(t, call)
			undoMint(d, a)
			expectClause(t, d, a, "admin.mint-invalid-scope")
		}),
	}
	// tx alone is not what a deployment mints that does not read the body, and of two scopes none is left out.
	for _, scopes := range [][]spec.Scope{{spec.ScopeTx}, {spec.ScopeBot, spec.ScopeTx}} {
		checks = append(checks, check("mint/body/"+joinScopes(scopes, "-and-"), "admin.mint", spec.Write, true, func(t T, d Deployment) {
			mintedByBody(t, d, scopes)
		}))
	}
	return checks
}

// enoughAdmin skips a check if the operator allows no more than a dozen requests with the admin token, which the run's users
// and the other checks need.
func enoughAdmin(t T, d Deployment) {
	t.Helper()
	if !d.Allows(spec.Bots) && !d.Allows(spec.Exhaust) {
		t.Skipf("needs more admin requests than the dozen of a default run: add --allow +bots or +exhaust")
	}
}

// mintBody mints with the scopes in the body.
func mintBody(user string, scopes ...string) spec.Call {
	return spec.Call{
		Operation: "mintToken", Caller: spec.Admin,
		Path: map[string]string{"user_id": user}, Body: fixtures.Body(map[string]any{"scopes": scopes}),
	}
}

// mintedByBody judges what the deployment says of a key that is minted by a body, and what the key opens.
func mintedByBody(t T, d Deployment, scopes []spec.Scope) {
	const clause = "admin.mint"
	names := strings.Split(joinScopes(scopes, ","), ",")
	a := d.Call(t, mintBody(madeUser(t, d), names...))
	undoMint(d, a)
	if !expectClause(t, d, a, clause) {
		return
	}
	if given := a.JSON().Get("scopes"); given.Exists() && !sameNames(given, names) {
		broken(t, a, clause, fmt.Sprintf("a key with the scopes that the body names: %v", names), "scopes %s", given.Raw)
		return
	}
	key := a.JSON().Get("token").String()
	me := d.Call(t, spec.Call{Operation: "getMe", Caller: spec.Minted, Key: key})
	if !me.Success() {
		broken(t, me, clause, "the new key works", "GET /auth/me with it returns %s", me)
		return
	}
	opensAsMinted(t, d, key, scopes)
}

// opensAsMinted compares what a key opens with what the run's own keys of its scopes open, which were minted by the query:
// that each of those opens what it should is for scope.matrix.
func opensAsMinted(t T, d Deployment, key string, scopes []spec.Scope) {
	t.Helper()
	for _, operation := range []string{"getBotsStatus", "listMeetings"} {
		op := mustOperation(d.Contract(), operation)
		want := slices.ContainsFunc(scopes, func(s spec.Scope) bool {
			return d.Contract().Passed(d.Probe(t, operation, spec.KeyOf(s)))
		})
		a := d.Call(t, spec.Call{Operation: operation, Caller: spec.Minted, Key: key})
		if a.ServerError() {
			t.Blocked("%s %s with the new key returns %s", op.Method, op.Path, a)
		}
		if d.Contract().Passed(a) == want {
			continue
		}
		expected := "lets in"
		if !want {
			expected = "refuses"
		}
		broken(t, a, "admin.mint", fmt.Sprintf("%s %s %s a key with the scopes %s, as it does those minted by the query", op.Method, op.Path,
			expected, joinScopes(scopes, ",")), "%s", a)
		return
	}
}

func joinScopes(scopes []spec.Scope, separator string) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, separator)
}

// sameNames says whether a list holds exactly these names, in any order.
func sameNames(list gjson.Result, names []string) bool {
	var given []string
	for _, one := range list.Array() {
		given = append(given, one.String())
	}
	slices.Sort(given)
	return list.IsArray() && slices.Equal(given, slices.Sorted(slices.Values(names)))
}
