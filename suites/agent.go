package suites

import (
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
				if row.refused {
					acceptedDispatch(t, d, row.operation)
				}
				call := spec.Call{Operation: row.operation, Caller: spec.Owner, Body: row.body(d.Fixtures())}
				keeps(t, d, row.operation, d.Call(t, call), row.clause)
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
	refused                 bool
	body                    func(*fixtures.Kit) []byte
}

func agentRows() []agentRow {
	invocation := func(change func(map[string]any)) func(*fixtures.Kit) []byte {
		return func(k *fixtures.Kit) []byte { return changed(k.Invocation(), change) }
	}
	event := func(change func(map[string]any)) func(*fixtures.Kit) []byte {
		return func(k *fixtures.Kit) []byte { return changed(k.Event(), change) }
	}
	const (
		badUnit  = "agent.invocation-not-conformant"
		badEvent = "agent.event-not-conformant"
	)
	// A deployment that takes a broken envelope for a good one starts an agent turn, so these rows are worth one each.
	rows := []agentRow{
		{"invocation-accepted", "agent.invocation-accepted", "createInvocation", spec.Agent, false, invocation(as)},
		{"invocation-not-conformant/empty", badUnit, "createInvocation", spec.Observe, true, func(*fixtures.Kit) []byte { return []byte(`{}`) }},
		{"invocation-not-conformant/no-identity", badUnit, "createInvocation", spec.Agent, true, invocation(dropped("identity"))},
		{"invocation-not-conformant/no-start", badUnit, "createInvocation", spec.Agent, true, invocation(dropped("start"))},
		{"invocation-not-conformant/identity-is-text", badUnit, "createInvocation", spec.Agent, true, invocation(set("identity", "me"))},
		{"invocation-not-conformant/workspace-mode", badUnit, "createInvocation", spec.Agent, true,
			invocation(set("workspaces", []any{map[string]any{"id": "vexa-conformance", "mode": "sometimes"}}))},
		{"event-not-conformant/empty", badEvent, "createEvent", spec.Observe, true, func(*fixtures.Kit) []byte { return []byte(`{}`) }},
		{"event-not-conformant/no-name", badEvent, "createEvent", spec.Agent, true, event(dropped("name"))},
		{"event-not-conformant/source-is-text", badEvent, "createEvent", spec.Agent, true, event(set("source", "here"))},
		{"event-without-plan", "agent.event-without-plan", "createEvent", spec.Observe, true, event(dropped("plan"))},
	}
	return rows
}

// acceptedDispatch is the twin of a refused envelope: a conformant one is accepted. It runs an agent, so where the
// operator allows none, it is enough that the key is let in.
func acceptedDispatch(t T, d Deployment, operation string) {
	t.Helper()
	if !d.Allows(spec.Agent) {
		expectAuthorized(t, d, mustOperation(d.Contract(), operation))
		return
	}
	needs(t, d.Twin(t, operation, func(k *fixtures.Kit) spec.Answer {
		right := k.Invocation
		if operation == "createEvent" {
			right = k.Event
		}
		return d.Call(t, spec.Call{Operation: operation, Caller: spec.Owner, Body: fixtures.Body(right())})
	}), operation+" with nothing wrong in it")
}

func changed(right map[string]any, change func(map[string]any)) []byte {
	change(right)
	return fixtures.Body(right)
}

func as(map[string]any) {}

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

// fileAbsent has its twin in a file that every new workspace is seeded with.
func fileAbsent(t T, d Deployment) {
	needs(t, d.Call(t, spec.Call{Operation: "initWorkspace", Caller: spec.Owner, Body: []byte(`{}`)}), "POST /agent/workspace/init")
	op := mustOperation(d.Contract(), "getWorkspaceFile")
	there := d.Fixtures().Harmless(op)
	there.Caller = spec.Owner
	there.Query.Set("path", fixtures.SeededFile)
	needs(t, d.Call(t, there), "reading "+fixtures.SeededFile+", which a new workspace is seeded with,")
	absent := d.Fixtures().Harmless(op)
	absent.Caller = spec.Owner
	keeps(t, d, "getWorkspaceFile", d.Call(t, absent), "agent.file-absent")
}
