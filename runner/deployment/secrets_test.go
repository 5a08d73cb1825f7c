package deployment

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestNoPlaceOfAResultTellsASecret: each text that a target or a check can put into a result goes through the redactor.
func TestNoPlaceOfAResultTellsASecret(t *testing.T) {
	t.Parallel()
	const secret = "very-secret-token"
	contract := referencetest.Contract(t, spec.V012)
	op, _ := contract.Operation("getMe")
	req, err := http.NewRequest(http.MethodGet, "http://target/auth/me?token="+secret, nil)
	require.NoError(t, err)
	req.Header.Set("X-Trace", secret)
	for place, row := range map[string]struct {
		sent   transport.Exchange
		broken func(*record.Recorder)
		change func(*Session)
	}{
		"URL":               {sent: transport.Exchange{Request: req}},
		"request's body":    {sent: transport.Exchange{Request: req, Call: spec.Call{Body: []byte(secret)}}},
		"answer's body":     {sent: transport.Exchange{Response: spec.Response{Status: 200, Body: []byte(secret)}}},
		"answer's header":   {sent: transport.Exchange{Response: spec.Response{Status: 200, Header: http.Header{"X-Echo": {secret}}}}},
		"error":             {sent: transport.Exchange{Err: errors.New("no answer to " + secret)}},
		"what was expected": {broken: func(r *record.Recorder) { r.Broken(spec.Response{}, spec.Mismatch{Expected: secret}) }},
		"what came":         {broken: func(r *record.Recorder) { r.Broken(spec.Response{}, spec.Mismatch{Actual: secret}) }},
		"a second failure": {broken: func(r *record.Recorder) {
			r.Errorf("x")
			r.Broken(spec.Response{}, spec.Mismatch{Expected: "y", Actual: secret})
		}},
		"a reason": {broken: func(r *record.Recorder) { r.Watch(func() { r.Blocked("%s", secret) }) }},
		"a note":   {change: func(s *Session) { s.notes.Add(secret) }},
		"drift": {change: func(s *Session) {
			s.record.Compare(transport.Exchange{Operation: op, Response: spec.Response{Status: 200, Header: http.Header{"Content-Type": {secret}}}})
		}},
		"a webhook's secret": {change: func(s *Session) { s.receiver = &receiver{secret: "whsec_" + secret}; s.notes.Add("whsec_" + secret) }},
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			s := newSession(Config{Selection: plan.Selection{Contract: contract}, Tenants: fixtures.NewTenants(1, secret, fixtures.Keys{})})
			row.sent.Operation, row.sent.Check = op, "auth/a"
			s.record.Add(&row.sent)
			r := record.NewRecorder(t.Context())
			if row.broken != nil {
				row.broken(r)
			}
			if row.change != nil {
				row.change(s)
			}
			p := plan.Plan{Selection: s.config.Selection, Checks: []plan.Planned{{Check: suites.Check{ID: "auth/a", Clauses: []string{"auth.missing-key"}}}}}
			p.Clauses = contract.Clauses()[:1]
			engine, hide := runner.Engine{Plan: p, Record: s.record, Notes: &s.notes}, redact.New(s.secrets())
			run := engine.Result(t.Context(), []runner.Outcome{{Recorder: r}}, hide, time.Now())
			s.describe(&run, hide)
			text, err := json.Marshal(run)
			require.NoError(t, err)
			assert.NotContains(t, string(text), secret)
			assert.Contains(t, string(text), "$VEXA_")
		})
	}
}
