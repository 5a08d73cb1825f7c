package deployment

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// wholeRun runs checks against an unmodified reference and returns the session with its record.
func wholeRun(t *testing.T, e spec.Edition, checks func(*spec.Contract) []suites.Check) (*Session, []runner.Outcome) {
	t.Helper()
	d := referencetest.Start(t, reference.Options{Edition: string(e)})
	contract, err := spec.Load(t.Context(), e)
	require.NoError(t, err)
	c := Config{
		Selection: plan.Selection{Contract: contract, Allow: spec.Effects(), Strength: spec.Should},
		Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Reference: true}, Timeout: 5 * time.Second, Version: "test"},
		Tenants:   fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), Parallel: 8, Patience: time.Second, Seed: 1,
	}
	plan, err := c.Plan(checks(contract))
	require.NoError(t, err)
	s, err := Open(t.Context(), c)
	require.NoError(t, err)
	engine := runner.Engine{Plan: plan, Record: s.record, Notes: &s.notes, Perform: s.Judge}
	outcomes := engine.Run(t.Context())
	s.Close(context.WithoutCancel(t.Context()))
	return s, outcomes
}

// TestOurRequestsAreWhatTheyClaim looks at each request of a whole run: what is sent as right the document allows, and what is
// sent as wrong it does not. Bodies are validated against the schema as a JSON value, by another way than the harness's own.
func TestOurRequestsAreWhatTheyClaim(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, e := range spec.Editions() {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			s, _ := wholeRun(t, e, suites.All)
			doc, err := openapi3.NewLoader().LoadFromData(s.config.Contract.YAML())
			require.NoError(t, err)
			right, wrong := map[string]int{}, map[string]int{}
			for _, one := range s.record.Observations() {
				c := one.Call
				if c.Fuzz || c.Nowhere {
					continue
				}
				require.NoError(t, s.config.Contract.CheckRequest(c), "%s", one.Check)
				requestBody := doc.Paths.Value(one.Operation.Path).GetOperation(one.Operation.Method).RequestBody
				if requestBody == nil || c.Body == nil {
					continue
				}
				fits := fitsSchema(requestBody.Value.Content.Get("application/json").Schema.Value, c.Body)
				if c.Wrong == "" {
					right[c.Operation]++
					assert.NoError(t, fits, "%s sends as right %s", one.Check, c.Body)
				} else {
					wrong[c.Operation]++
					assert.Error(t, fits, "%s sends as wrong (%s) %s", one.Check, c.Wrong, c.Body)
				}
			}
			for _, op := range s.config.Contract.Operations() {
				if len(op.Fields) == 0 || op.Guard == spec.AdminGuard {
					continue
				}
				if op.ID != "putWebhook" || e == spec.V010 { // v0.12 promises nothing of what is put
					assert.NotZero(t, right[op.ID], "a right body of %s", op.ID)
				}
				if op.ID != "configureBot" && !(op.ID == "patchMeeting" && e == spec.V012) { // no member must be there
					assert.NotZero(t, wrong[op.ID], "a wrong body of %s", op.ID)
				}
			}
		})
	}
}

func fitsSchema(schema *openapi3.Schema, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return schema.VisitJSON(value)
}

// TestAWrongRequestOfOursIsNotTheTargets: a check that sends as right what the document does not allow, or the other way
// round, is at fault itself, however the target answers.
func TestAWrongRequestOfOursIsNotTheTargets(t *testing.T) {
	t.Parallel()
	envelope := func(trigger string) []byte {
		unit := fixtures.NewKit(1, "test", nil).Invocation()
		unit["trigger"] = trigger
		return fixtures.Body(unit)
	}
	for name, row := range map[string]struct {
		call    spec.Call
		verdict result.Verdict
	}{
		"right":                   {spec.Call{Body: envelope("message")}, result.Pass},
		"wrong, said to be":       {spec.Call{Body: envelope("manual"), Wrong: "an unknown trigger"}, result.Pass},
		"wrong, not said to be":   {spec.Call{Body: envelope("manual")}, result.Error},
		"right, said to be wrong": {spec.Call{Body: envelope("message"), Wrong: "an unknown trigger"}, result.Error},
		"bad input of any kind":   {spec.Call{Body: envelope("message\x00"), Fuzz: true}, result.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := func(send func(suites.T, suites.Deployment, spec.Call)) suites.Check {
				return suites.Check{ID: "test/ours", Clauses: []string{"agent.invocation-accepted"}, Effect: spec.Agent, Run: func(t suites.T, d suites.Deployment) {
					row.call.Operation, row.call.Caller = "createInvocation", spec.Owner
					send(t, d, row.call)
				}}
			}
			for how, send := range map[string]func(suites.T, suites.Deployment, spec.Call){
				"call":  func(t suites.T, d suites.Deployment, c spec.Call) { d.Call(t, c) },
				"burst": func(t suites.T, d suites.Deployment, c spec.Call) { d.Burst(t, []spec.Call{c}) },
				"stream": func(t suites.T, d suites.Deployment, c spec.Call) {
					d.Stream(t, c).Until(t, func(h spec.StreamLog) bool { return h.End != spec.Open })
				},
			} {
				s, outcomes := wholeRun(t, spec.V012, func(*spec.Contract) []suites.Check { return []suites.Check{check(send)} })
				require.Equal(t, row.verdict, outcomes[0].Recorder.Verdict(), "%s: %s", how, outcomes[0].Recorder.Reason())
				if row.verdict == result.Error {
					assert.Contains(t, outcomes[0].Recorder.Reason(), "our request createInvocation")
					for _, one := range s.record.Observations() {
						assert.NotEqual(t, "createInvocation", one.Call.Operation, "it is not even sent")
					}
				}
			}
		})
	}
}
