package deployment_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/reports"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// crashing answers a POST /bots whose bot_name is no text as a server does that does not catch the error.
func crashing(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || r.URL.Path != "/bots" {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if name := gjson.GetBytes(body, "bot_name"); r.Header.Get("X-API-Key") == "" || !name.Exists() || name.Type == gjson.String {
		return false
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, "Internal Server Error")
	return true
}

// TestCausesOfARun judges a deployment with two roots of many failures, twice: the causes are those two, by the same ids.
func TestCausesOfARun(t *testing.T) {
	t.Parallel()
	d := referencetest.Start(t, reference.Options{Edition: string(spec.V012), Faults: []string{"missing-key-detail"}})
	proxied := referencetest.Proxy(t, d.BaseURL, crashing)
	judge := func(seed uint64) result.Run {
		c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
		c.Seed, c.Allow, c.Strength = seed, []spec.Effect{spec.Observe, spec.Write, spec.Bots}, spec.Should
		c.Only = []string{"auth/missing-key", "bots.wrong-type", "envelope.detail", "envelope/bad-input/createBot", "envelope.refused-leaves-nothing"}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Empty(t, reports.Verify(result.Report{ExitCode: run.ExitCode, Runs: []result.Run{run}}))
		return run
	}
	run := judge(1)
	require.Len(t, run.Causes, 2, "%v", run.Causes)
	crash, text := run.Causes[0], run.Causes[1]
	assert.Equal(t, "POST /bots answers 500 text/plain `Internal Server Error` to a field of the wrong type", crash.Sentence)
	assert.Equal(t, []string{"bots.wrong-type", "envelope.bad-input-is-not-500", "envelope.detail"}, crash.Clauses)
	assert.Equal(t, http.StatusInternalServerError, crash.Exchange.Response.Status)
	assert.Equal(t, []string{"auth.missing-key"}, text.Clauses)
	assert.Greater(t, len(text.Checks), 20)
	assert.Greater(t, len(text.Operations), 20)
	for _, check := range run.Checks {
		if check.Verdict == result.Fail {
			assert.NotEmpty(t, check.Failures, check.ID)
		}
		for _, f := range check.Failures {
			assert.NotEmpty(t, f.Actual, check.ID)
			require.NotNil(t, check.Shows(f.Exchange), check.ID)
			assert.True(t, check.Shows(f.Exchange).Evidence, check.ID)
		}
	}
	var ids []string
	for _, c := range judge(2).Causes {
		ids = append(ids, c.ID)
	}
	assert.Equal(t, []string{crash.ID, text.ID}, ids)
}

// TestLeftoversFollowFromTheCrash: a row that a crash left behind has the crash for its cause.
func TestLeftoversFollowFromTheCrash(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	stuck := map[string]bool{}
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Path != "/bots" {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return false
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		id := gjson.GetBytes(body, "native_meeting_id").String()
		if stuck[id] {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"detail": "A bot is already running"}`)
			return true
		}
		stuck[id] = crashing(w, r)
		return stuck[id]
	})
	c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
	c.Parallel, c.Allow, c.Strength = 1, []spec.Effect{spec.Observe, spec.Write, spec.Bots}, spec.Should
	c.Only = []string{"envelope/refused-leaves-nothing/wrong-type", "envelope.detail"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	require.Len(t, run.Causes, 1, "%v", run.Causes)
	assert.Equal(t, []string{"envelope.detail", "envelope.refused-leaves-nothing"}, run.Causes[0].Clauses)
	assert.True(t, slices.Contains(run.Causes[0].Operations, "POST /bots"))
}
