package suites

import (
	"slices"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// agent is the agent API where it answers with one response: envelopes and events dispatched or refused, files read.
func agent(c *spec.Contract) []Check {
	var checks []Check
	for _, row := range agentRows() {
		checks = append(checks, Check{
			ID: "agent/" + row.name, Clauses: []string{row.clause}, Effect: max(effectOf(c, row.clause), row.effect), Operations: []string{row.operation},
			Run: func(t T, d Deployment) {
				call := spec.Call{Operation: row.operation, Caller: spec.Owner, Body: row.body(d.Fixtures()), Wrong: row.wrong}
				if row.clause == "agent.invocation-accepted" {
					expectClause(t, d, d.Call(t, call), row.clause)
					return
				}
				control := acceptedDispatch(t, d, row.operation)
				judgeRefusal(t, d, control, d.Call(t, call), row.clause)
			},
		})
	}
	return append(checks, []Check{
		{ID: "agent/fronted/createInvocation", Clauses: []string{"agent.fronted"}, Effect: spec.Observe, Operations: []string{"createInvocation"}, Run: fronted("createInvocation")},
		{ID: "agent/fronted/createEvent", Clauses: []string{"agent.fronted"}, Effect: spec.Observe, Operations: []string{"createEvent"}, Run: fronted("createEvent")},
		{ID: "agent/file-absent", Clauses: []string{"agent.file-absent"}, Effect: spec.Write, Operations: []string{"getWorkspaceFile", "initWorkspace"}, OwnTenant: true, Run: fileAbsent},
	}...)
}

type agentRow struct {
	name, clause, operation string
	effect                  spec.Effect
	// wrong says what unit.v1 or event.v1 does not allow in the body; empty is a body that it allows.
	wrong string
	body  func(*fixtures.Kit) []byte
}

const (
	goodUnit  = "agent.invocation-accepted"
	badUnit   = "agent.invocation-not-conformant"
	badEvent  = "agent.event-not-conformant"
	emptyBody = "{}"
)

// agentRows are one difference each from a minimal envelope or event. A deployment that takes a broken one for a good one
// starts an agent turn, so these rows are worth one each.
func agentRows() []agentRow {
	rows := []agentRow{
		{"event-without-plan", "agent.event-without-plan", "createEvent", spec.Observe, "", event(dropped("plan"))},
		{"invocation-not-conformant/empty", badUnit, "createInvocation", spec.Observe, "no member", empty},
		{"event-not-conformant/empty", badEvent, "createEvent", spec.Observe, "no member", empty},
		{"invocation-accepted", goodUnit, "createInvocation", spec.Agent, "", invocation(asIs)},
	}
	for name, change := range rightUnits() {
		rows = append(rows, agentRow{"invocation-accepted/" + name, goodUnit, "createInvocation", spec.Agent, "", invocation(change)})
	}
	for name, change := range wrongUnits() {
		rows = append(rows, agentRow{"invocation-not-conformant/" + name, badUnit, "createInvocation", spec.Agent, name, invocation(change)})
	}
	for name, change := range wrongEvents() {
		rows = append(rows, agentRow{"event-not-conformant/" + name, badEvent, "createEvent", spec.Agent, name, event(change)})
	}
	slices.SortFunc(rows, func(a, b agentRow) int { return strings.Compare(a.name, b.name) })
	return rows
}

// rightUnits have, between them, each trigger, each way to start and each optional member of unit.v1. What context.meeting and
// context.ref hold is not documented, so they are left out.
func rightUnits() map[string]func(map[string]any) {
	return map[string]func(map[string]any){
		"trigger-scheduled":     set("trigger", "scheduled"),
		"trigger-event":         set("trigger", "event"),
		"trigger-transcription": set("trigger", "transcription"),
		"session":               set("start", map[string]any{"session": map[string]any{"ref": "vexa-conformance"}}),
		"optional-members": func(unit map[string]any) {
			unit["tools"] = []any{"read"}
			unit["context"] = map[string]any{"kind": "none"}
			unit["identity"].(map[string]any)["token"] = "none"
			unit["workspaces"].([]any)[0].(map[string]any)["mode"] = "rw"
		},
	}
}

func wrongUnits() map[string]func(map[string]any) {
	inline := map[string]any{"inline": "Say hello and stop."}
	return map[string]func(map[string]any){
		"no-identity":      dropped("identity"),
		"no-start":         dropped("start"),
		"identity-is-text": set("identity", "me"),
		"workspace-mode":   set("workspaces", []any{map[string]any{"id": "vexa-conformance", "mode": "sometimes"}}),
		"no-workspace":     set("workspaces", []any{}),
		"unknown-member":   set("vexa_conformance", true),
		"unknown-trigger":  set("trigger", "manual"),
		"unknown-context":  set("context", map[string]any{"kind": "weather"}),
		"two-starts":       set("start", map[string]any{"entrypoint": inline, "session": map[string]any{"ref": "vexa-conformance"}}),
		"neither-start":    set("start", map[string]any{}),
		"empty-entrypoint": set("start", map[string]any{"entrypoint": map[string]any{}}),
	}
}

func wrongEvents() map[string]func(map[string]any) {
	return map[string]func(map[string]any){
		"no-name":            dropped("name"),
		"no-subject":         dropped("subject"),
		"source-is-text":     set("source", "here"),
		"source-without-uri": set("source", map[string]any{"etag": "1"}),
		"unknown-member":     set("vexa_conformance", true),
	}
}

func empty(*fixtures.Kit) []byte { return []byte(emptyBody) }

func invocation(change func(map[string]any)) func(*fixtures.Kit) []byte {
	return func(k *fixtures.Kit) []byte { return changed(k.Invocation(), change) }
}

func event(change func(map[string]any)) func(*fixtures.Kit) []byte {
	return func(k *fixtures.Kit) []byte { return changed(k.Event(), change) }
}

// acceptedDispatch sends the control request of a refused envelope: a conformant one. It runs an agent, so where the
// operator allows none, it is enough that the key is let in, and there is no answer to compare with.
func acceptedDispatch(t T, d Deployment, operation string) *spec.Response {
	t.Helper()
	if !d.Allows(spec.Agent) {
		expectAuthorized(t, d, mustOperation(d.Contract(), operation))
		return nil
	}
	a := d.Control(t, operation, func(k *fixtures.Kit) spec.Response {
		right := k.Invocation
		if operation == "createEvent" {
			right = k.Event
		}
		return d.Call(t, spec.Call{Operation: operation, Caller: spec.Owner, Body: fixtures.Body(right())})
	})
	return &a
}

func changed(right map[string]any, change func(map[string]any)) []byte {
	change(right)
	return fixtures.Body(right)
}

func asIs(map[string]any) {}

func dropped(member string) func(map[string]any) {
	return func(v map[string]any) { delete(v, member) }
}

func set(member string, value any) func(map[string]any) {
	return func(v map[string]any) { v[member] = value }
}

// fronted asks the public base URL, with the prefix of the surface and without.
func fronted(operation string) func(T, Deployment) {
	return func(t T, d Deployment) {
		a, ok := d.Public(t, operation)
		if ok {
			return
		}
		op := mustOperation(d.Contract(), operation)
		paths := strings.Join(append([]string{op.Path}, op.Aliases...), " or ")
		broken(t, a, "agent.fronted", op.Method+" "+paths+" at the public base URL", "%s, as for an unknown path", a)
	}
}

// fileAbsent has its control request in a file that every new workspace is seeded with.
func fileAbsent(t T, d Deployment) {
	requireSuccess(t, d.Call(t, spec.Call{Operation: "initWorkspace", Caller: spec.Owner, Body: []byte(`{}`)}), "POST /agent/workspace/init")
	op := mustOperation(d.Contract(), "getWorkspaceFile")
	there := d.Fixtures().Harmless(op)
	there.Caller = spec.Owner
	there.Query.Set("path", fixtures.SeededFile)
	requireSuccess(t, d.Call(t, there), "reading "+fixtures.SeededFile+", which a new workspace is seeded with,")
	absent := d.Fixtures().Harmless(op)
	absent.Caller = spec.Owner
	expectClause(t, d, d.Call(t, absent), "agent.file-absent")
}
