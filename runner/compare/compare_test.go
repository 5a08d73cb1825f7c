package compare_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/compare"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestDeviationsSetAside: what was not asked of both, or is no answer of the deployment's own accord, is not compared; what
// comes after it is.
func TestDeviationsSetAside(t *testing.T) {
	t.Parallel()
	answer := func(change func(*result.Exchange)) result.Exchange {
		e := result.Exchange{Operation: "getMe", Caller: "owner", Response: &result.Response{Status: 200, Body: `{}`}}
		if change != nil {
			change(&e)
		}
		return e
	}
	status := func(e *result.Exchange) { e.Response.Status = 201 }
	asked := func(v result.Verdict, exchanges ...result.Exchange) result.Check {
		return result.Check{ID: "auth/a", Verdict: v, Exchanges: exchanges}
	}
	for name, row := range map[string]struct {
		a, b result.Check
		n    int
	}{
		"an answer":             {asked(result.Pass, answer(status)), asked(result.Fail, answer(nil)), 1},
		"skipped here":          {asked(result.Skip, answer(status)), asked(result.Pass, answer(nil)), 0},
		"skipped there":         {asked(result.Pass, answer(status)), asked(result.Skip, answer(nil)), 0},
		"not asked there":       {asked(result.Pass, answer(status)), asked(result.Pass), 0},
		"no answer":             {asked(result.Pass, answer(nil), answer(func(e *result.Exchange) { e.Response = nil })), asked(result.Pass, answer(nil)), 0},
		"a webhook":             {asked(result.Pass, answer(nil), answer(func(e *result.Exchange) { status(e); e.Inbound = true })), asked(result.Pass, answer(nil)), 0},
		"throttled":             {asked(result.Pass, answer(nil), answer(func(e *result.Exchange) { status(e); e.Throttled = true })), asked(result.Pass, answer(nil)), 0},
		"nowhere":               {asked(result.Pass, answer(nil), answer(func(e *result.Exchange) { status(e); e.Nowhere = true })), asked(result.Pass, answer(nil)), 0},
		"what follows":          {asked(result.Pass, answer(func(e *result.Exchange) { e.Throttled = true }), answer(status)), asked(result.Pass, answer(nil)), 1},
		"a header that matters": {asked(result.Pass, answer(func(e *result.Exchange) { e.Response.Headers = result.Header{"Retry-After": {"3"}} })), asked(result.Pass, answer(nil)), 1},
		"how long to wait": {
			asked(result.Pass, answer(func(e *result.Exchange) { e.Response.Headers = result.Header{"Retry-After": {"3"}} })),
			asked(result.Pass, answer(func(e *result.Exchange) { e.Response.Headers = result.Header{"retry-after": {"9"}} })), 0,
		},
		"another's answer": {asked(result.Pass, answer(func(e *result.Exchange) { status(e); e.Caller = "admin" })), asked(result.Pass, answer(nil)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := result.Check{ID: "auth/only-here", Verdict: result.Pass, Exchanges: []result.Exchange{answer(status)}}
			all := compare.Deviations([]result.Run{{Checks: []result.Check{first, row.a}}}, []result.Run{{Checks: []result.Check{row.b}}})
			assert.Len(t, all, row.n, "%v", all)
		})
	}
}

// answers is a run whose one check got these answers.
func answers(status int, bodies ...string) result.Run {
	c := result.Check{ID: "auth/a", Verdict: result.Pass}
	for _, body := range bodies {
		c.Exchanges = append(c.Exchanges, result.Exchange{Operation: "getMe", Caller: "owner", Response: &result.Response{
			Status: status, Headers: result.Header{"Content-Type": {"application/json"}}, Body: body,
		}})
	}
	return result.Run{Checks: []result.Check{c}}
}

// TestDeviations: what differs from one asking to the next on one side is set aside, and nothing else.
func TestDeviations(t *testing.T) {
	t.Parallel()
	ask := func(format string, n ...int) (runs []result.Run) {
		for _, n := range n {
			runs = append(runs, answers(200, fmt.Sprintf(format, n)))
		}
		return runs
	}
	of := func(runs ...result.Run) []result.Run { return runs }
	const item = `{"list":[{"id":"%08x","on":true}]}`
	for name, row := range map[string]struct {
		a, b []result.Run
		want []string // only A and only B
	}{
		"ids in hex":            {ask(`{"id":"%08x"}`, 7<<20, 8<<20), ask(`{"id":"%08x"}`, 9<<20, 11<<20), nil},
		"once asked":            {ask(`{"id":"%08x"}`, 7), ask(`{"id":"%08x"}`, 9), []string{`200 application/json {"id":"00000007"}`, `200 application/json {"id":"00000009"}`}},
		"a container's name":    {ask(`{"by":"vexa-gateway-%x"}`, 0xa1, 0xb2), ask(`{"by":"vexa-gateway-%x"}`, 0xc3, 0xd4), nil},
		"volatile on one side":  {ask(`{"a":1,"n":%d}`, 7, 8), ask(`{"a":1,"n":%d}`, 7, 7), nil},
		"a counter":             {ask(`{"n":%d}`, 1, 2), ask(`{"n":%d}`, 12, 14), nil},
		"a detail with an id":   {ask(`{"detail":"No meeting %d here"}`, 1, 2), ask(`{"detail":"No meeting %d here"}`, 12, 14), nil},
		"a detail reworded":     {ask(`{"detail":"No meeting %d here"}`, 1, 2), ask(`{"detail":"Not found: %d here"}`, 12, 14), []string{`200 application/json {"detail":"No meeting … here"}`, `200 application/json {"detail":"Not found: … here"}`}},
		"times":                 {ask(`{"at":"2026-11-24T12:00:00Z","n":%d}`, 1, 1), ask(`{"at":"2026-11-25T12:00:00.5+00:00","n":%d}`, 1, 1), nil},
		"secrets":               {ask(`{"key":"$SECRET_%d"}`, 1, 1), ask(`{"key":"$SECRET_%d"}`, 2, 2), nil},
		"more items of a kind":  {of(answers(200, `{"l":[1]}`), answers(200, `{"l":[1]}`)), of(answers(200, `{"l":[1,1]}`), answers(200, `{"l":[1,1]}`)), nil},
		"ids of items":          {ask(item, 1<<30, 2<<29+1), ask(item, 5<<20, 6<<20), nil},
		"a flag of an item":     {ask(item, 1<<30, 2<<29+1), ask(`{"list":[{"id":"%08x","on":false}]}`, 5<<20, 6<<20), []string{`200 application/json {"list":[{"on":true}]}`, `200 application/json {"list":[{"on":false}]}`}},
		"lists of other length": {of(answers(200, `[{"id":1}]`), answers(200, `[{"id":2},{"id":3}]`)), of(answers(200, `[{"id":4}]`), answers(200, `[{"id":5}]`)), nil},
		"an answer by chance":   {of(answers(200, `{"a":1}`, `{"b":1}`), answers(200, `{"a":1}`)), of(answers(200, `{"a":1}`), answers(200, `{"a":1}`)), nil},
		"an answer each time":   {of(answers(200, `{"a":1}`, `{"b":1}`), answers(200, `{"a":1}`, `{"b":1}`)), of(answers(200, `{"a":1}`), answers(200, `{"a":1}`)), []string{`200 application/json {"b":1}`}},
		"another status":        {of(answers(404, `{}`), answers(404, `{}`)), of(answers(403, `{}`), answers(403, `{}`)), []string{`404 application/json {}`, `403 application/json {}`}},
		"a member more":         {ask(`{"id":%d}`, 1, 2), ask(`{"id":%d,"more":null}`, 3, 4), []string{`200 application/json {}`, `200 application/json {"more":null}`}},
		"not asked again there": {ask(`{"a":%d}`, 1, 1), of(answers(200, `{"a":2}`), result.Run{}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range compare.Deviations(row.a, row.b) {
				got = append(append(got, d.A...), d.B...)
			}
			assert.Equal(t, row.want, got)
		})
	}
}

// TestADeviationIsReportedOnce, whichever checks met it; each of them is run again.
func TestADeviationIsReportedOnce(t *testing.T) {
	t.Parallel()
	of := func(status int) []result.Run {
		run := answers(status, `{}`)
		other := run.Checks[0]
		other.ID = "auth/b"
		run.Checks = append(run.Checks, other)
		return []result.Run{run}
	}
	all := compare.Deviations(of(401), of(403))
	assert.Equal(t, []string{"auth/a", "auth/b"}, compare.Checks(all))
	assert.Equal(t, []result.Deviation{{
		Check: "auth/a", Operation: "getMe", Caller: "owner", A: []string{"401 application/json {}"}, B: []string{"403 application/json {}"},
	}}, compare.Once(all))
}

// TestADeploymentAndItself answer the same, although each answer holds ids, signatures and times that differ each time; and a detail
// in other words is found beside them.
func TestADeploymentAndItself(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		contract, err := spec.Load(t.Context(), edition)
		require.NoError(t, err)
		only := []string{"auth.missing-key", "transcripts.never-started"}
		if edition == spec.V012 {
			only = append(only, "tenancy/planned-meeting") // v0.10 plans none
		}
		var volatile []wire.Variation
		for _, v := range wire.Variations(contract, false) {
			switch v.Name {
			case "request-ids", "requests-numbered", "trace-ids", "signed-anew", "times-of-the-answer":
				volatile = append(volatile, v)
			}
		}
		for fault, want := range map[string]int{"": 0, "missing-key-detail": 1} {
			t.Run(string(edition)+"/"+fault, func(t *testing.T) {
				t.Parallel()
				var faults []string
				if fault != "" {
					faults = append(faults, fault)
				}
				var sides [2][]result.Run
				started := [2]*reference.Deployment{}
				for i, faults := range [][]string{nil, faults} {
					o := reference.Options{Edition: string(edition), Middleware: wire.Middleware(volatile...), Faults: faults}
					d := referencetest.Start(t, o)
					started[i] = d
				}
				for seed := range uint64(2) { // in turn, as the command does: what differs by the second then differs on one side
					for i, d := range started {
						run, err := deployment.Run(t.Context(), deployment.Config{
							Selection: plan.Selection{Contract: contract, Allow: []spec.Effect{spec.Observe, spec.Write}, Only: only, Strength: spec.Should},
							Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL}, Timeout: 5 * time.Second, Version: "test"},
							Tenants:   fixtures.NewTenants(seed, d.AdminToken, fixtures.Keys{}), Parallel: 1, Patience: time.Second, Seed: seed,
						}, suites.All(contract))
						require.NoError(t, err)
						sides[i] = append(sides[i], run)
					}
				}
				all := compare.Deviations(sides[0], sides[1])
				if want == 0 {
					assert.Empty(t, all)
				} else {
					assert.NotEmpty(t, all)
				}
			})
		}
	}
}
