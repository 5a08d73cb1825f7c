package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// leftovers looks, after each way to be refused at POST /bots, that nothing is left of the refused request.
func leftovers(c *spec.Contract) []Check {
	var checks []Check
	_, revokes := c.Clause("auth.revoked-key")
	for _, row := range []struct {
		name   string
		caller spec.Caller
		body   func(right map[string]any) []byte
		wrong  string
	}{
		{"missing-key", spec.Nobody, fixtures.Body, ""},
		{"unknown-key", spec.Unknown, fixtures.Body, ""},
		{"revoked-key", spec.Revoked, fixtures.Body, ""},
		{"wrong-scope", spec.TxKey, fixtures.Body, ""},
		{"wrong-type", spec.Owner, with("bot_name", map[string]any{"first": "Vexa"}), "bot_name is an object"},
		{"wrong-flag", spec.Owner, with("recording_enabled", []any{true}), "recording_enabled is a list"},
		{"malformed-id", spec.Owner, malformed("not a meeting"), "native_meeting_id is words"},
	} {
		if row.caller == spec.Revoked && !revokes {
			continue
		}
		checks = append(checks, Check{
			ID: "envelope/refused-leaves-nothing/" + row.name, Clauses: []string{"envelope.refused-leaves-nothing"}, Effect: spec.Bots,
			Operations: []string{"createBot", "getBotsStatus", "listMeetings"}, Revokes: row.caller == spec.Revoked,
			Run: func(t T, d Deployment) {
				right := d.Fixtures().Bot(d.Fixtures().Meeting())
				m := fixtures.MeetingOf(fixtures.Body(right))
				body := row.body(d.Fixtures().Bot(m))
				leavesNothing(t, d, m, spec.Call{Operation: "createBot", Caller: row.caller, Body: body, Wrong: row.wrong}, right)
			},
		})
	}
	return checks
}

func leavesNothing(t T, d Deployment, m fixtures.Meeting, wrong spec.Call, right map[string]any) {
	pastGuard(t, d, "createBot") // somebody must be there in whose name a broken deployment could do it
	refused := postBot(t, d, wrong)
	if refused.Success() {
		t.NotApplicable("the request was accepted, so no refusal could leave anything behind: %s", refused)
	}
	leaves := func(shown spec.Response, expected, actual string) {
		t.Helper()
		t.Broken(shown, spec.Mismatch{
			Clause: "envelope.refused-leaves-nothing", Expected: expected, Actual: actual, Follows: refused.Seq,
		})
	}
	if entries, a := shown(t, d, spec.Owner, m); len(entries) > 0 {
		leaves(a, "no bot after "+refused.String(), a.String())
	}
	if rows := listed(t, d, spec.Owner, m); len(rows) > 0 {
		leaves(refused, "no meeting after the refusal", rows[0].Raw)
	}
	if a := createBot(t, d, spec.Owner, right); !a.Success() {
		leaves(a, "the same request made right is accepted", a.String())
	}
}
