package record

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func answered(operation string, caller spec.Caller, status int) result.Exchange {
	return result.Exchange{Operation: operation, Caller: string(caller), Response: &result.Response{Status: status}}
}

// TestCovered: a row of the ledger is judged where a check of one of its clauses came to a verdict and looked at such an answer.
func TestCovered(t *testing.T) {
	t.Parallel()
	row := suites.Covered{Operation: &spec.Operation{ID: "getMe", Method: "GET", Path: "/auth/me"}, Status: 401, Clauses: []string{"auth.missing-key"}}
	check := func(change func(*result.Check)) result.Check {
		c := result.Check{Clauses: []string{"auth.missing-key"}, Verdict: result.Pass, Exchanges: []result.Exchange{answered("getMe", spec.Nobody, 401)}}
		if change != nil {
			change(&c)
		}
		return c
	}
	unseen := func(c *result.Check) { c.Exchanges = nil }
	skipped := func(c *result.Check) { c.Verdict, c.Exchanges, c.Reason = result.Skip, nil, "not allowed" }
	here := suites.Check{Operations: []string{"getMe"}}
	over := suites.Check{Final: func(suites.T, suites.Deployment, []suites.Observation) {}}
	for name, row := range map[string]struct {
		row    suites.Covered
		plan   []suites.Check
		checks []result.Check
		setup  []result.Exchange
		state  result.State
		reason string
		seen   int
	}{
		"judged":                    {row, []suites.Check{here}, []result.Check{check(nil)}, nil, result.Judged, "", 1},
		"broken is judged":          {row, []suites.Check{here}, []result.Check{check(func(c *result.Check) { c.Verdict = result.Fail })}, nil, result.Judged, "", 1},
		"of another clause":         {row, []suites.Check{here}, []result.Check{check(func(c *result.Check) { c.Clauses = []string{"auth.unknown-key"} })}, nil, result.Unseen, "", 1},
		"another answer":            {row, []suites.Check{here}, []result.Check{check(func(c *result.Check) { c.Exchanges[0].Response.Status = 403 })}, nil, result.Unseen, "", 0},
		"never asked":               {row, []suites.Check{here}, []result.Check{check(unseen)}, nil, result.Unseen, "", 0},
		"not allowed":               {row, []suites.Check{here}, []result.Check{check(skipped)}, nil, result.Unseen, "not allowed", 0},
		"not allowed elsewhere":     {row, []suites.Check{{Operations: []string{"listMeetings"}}}, []result.Check{check(skipped)}, nil, result.Unseen, "", 0},
		"skipped, then judged":      {row, []suites.Check{here, here}, []result.Check{check(skipped), check(nil)}, nil, result.Judged, "", 1},
		"the first reason counts":   {row, []suites.Check{here, here}, []result.Check{check(skipped), check(func(c *result.Check) { skipped(c); c.Reason = "later" })}, nil, result.Unseen, "not allowed", 0},
		"looked over":               {row, []suites.Check{{}, over}, []result.Check{check(func(c *result.Check) { c.Clauses = nil }), check(unseen)}, nil, result.Judged, "", 1},
		"looked over nothing":       {row, []suites.Check{over}, []result.Check{check(unseen)}, nil, result.Unseen, "", 0},
		"looked over, by another":   {row, []suites.Check{{}, {}}, []result.Check{check(func(c *result.Check) { c.Clauses = nil }), check(unseen)}, nil, result.Unseen, "", 1},
		"in the setup":              {row, []suites.Check{here}, []result.Check{check(unseen)}, []result.Exchange{answered("getMe", spec.Admin, 401)}, result.Judged, "", 1},
		"in the setup, of others":   {row, []suites.Check{{Operations: []string{"listMeetings"}}}, []result.Check{check(unseen)}, []result.Exchange{answered("getMe", spec.Admin, 401)}, result.Unseen, "", 1},
		"seen without a verdict":    {row, []suites.Check{here}, []result.Check{check(func(c *result.Check) { c.Verdict, c.Reason = result.Blocked, "no answer" })}, nil, result.Unseen, "no answer", 1},
		"excluded":                  {suites.Covered{Operation: row.Operation, Status: 200, Excluded: "reported as drift"}, nil, nil, nil, result.Excluded, "reported as drift", 0},
		"setup and check are added": {row, []suites.Check{here}, []result.Check{check(nil)}, []result.Exchange{answered("getMe", spec.Admin, 401)}, result.Judged, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p plan.Plan
			for _, c := range row.plan {
				p.Checks = append(p.Checks, plan.Planned{Check: c})
			}
			got := covered(row.row, p, result.Run{Checks: row.checks, Setup: row.setup})
			assert.Equal(t, row.state, got.State)
			assert.Equal(t, row.reason, got.Reason)
			assert.Equal(t, row.seen, got.Seen)
		})
	}
}

// TestSeen counts the answers of a status, whoever asked, and the answers that a scope's key got, whatever they are.
func TestSeen(t *testing.T) {
	t.Parallel()
	nowhere := answered("getMe", spec.TxKey, 401)
	nowhere.Nowhere = true
	exchanges := []result.Exchange{
		answered("getMe", spec.Nobody, 401), answered("getMe", spec.TxKey, 401), answered("getMe", spec.TxKey, 200), answered("getMe", spec.BotKey, 200),
		answered("listMeetings", spec.TxKey, 401), {Operation: "getMe", Caller: string(spec.TxKey)}, nowhere,
	}
	op := &spec.Operation{ID: "getMe"}
	assert.Equal(t, 2, seen(exchanges, suites.Covered{Operation: op, Status: 401}))
	assert.Equal(t, 2, seen(exchanges, suites.Covered{Operation: op, Status: 200}))
	assert.Equal(t, 2, seen(exchanges, suites.Covered{Operation: op, Scope: spec.ScopeTx}))
	assert.Equal(t, 0, seen(exchanges, suites.Covered{Operation: op, Scope: spec.ScopeBrowser}))
}

func TestWhyUnseen(t *testing.T) {
	t.Parallel()
	row := result.Coverage{Operation: "getMe", Status: 422, Clauses: []string{"a.b"}, State: result.Unseen}
	other := func(operation string, state result.State, clauses ...string) result.Coverage {
		return result.Coverage{Operation: operation, State: state, Clauses: clauses}
	}
	const nothing, elsewhere, another = "the run got no such answer", "its clause was judged at other operations", "the deployment gives another of the documented answers"
	for name, want := range map[string]struct {
		all  []result.Coverage
		says string
	}{
		"alone":                      {[]result.Coverage{row}, nothing},
		"another clause":             {[]result.Coverage{other("getMe", result.Judged, "a.c")}, nothing},
		"judged elsewhere":           {[]result.Coverage{other("listMeetings", result.Judged, "a.c", "a.b")}, elsewhere},
		"not judged elsewhere":       {[]result.Coverage{other("listMeetings", result.Unseen, "a.b")}, nothing},
		"judged here by its sibling": {[]result.Coverage{other("listMeetings", result.Judged, "a.b"), other("getMe", result.Judged, "a.b")}, another},
	} {
		assert.Contains(t, whyUnseen(row, want.all), want.says, name)
	}
}
