package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestReadKnownRefuses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, says string }{
		"a misspelt key":         {"- id: a.b\n  reson: x\n", `unknown field "reson"`},
		"no id":                  {"- reason: x\n", "entry 1 has no id"},
		"no reason":              {"- id: a.b\n  reason: ' '\n", "a.b has no reason"},
		"a day that is none":     {"- id: a.b\n  reason: x\n  until: soon\n", `excused until "soon"`},
		"an edition that is not": {"- id: a.b\n  reason: x\n  edition: v1\n", `the edition "v1"`},
		"no list":                {"id: a.b\n", "read the known failures"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "known.yaml")
			require.NoError(t, os.WriteFile(path, []byte(row.text), 0o600))
			_, err := runner.ReadKnown(path)
			assert.ErrorContains(t, err, row.says)
		})
	}
	_, err := runner.ReadKnown("/no/such.yaml")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestKnown runs against a deployment with two broken promises, and excuses them in part.
func TestKnown(t *testing.T) {
	t.Parallel()
	d := deployed(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail", "scope-denied-detail"}})
	today := time.Now().UTC().Format(time.DateOnly)
	missing, scope := runner.Known{ID: "auth.missing-key", Reason: "a"}, runner.Known{ID: "scope/denied*", Reason: "b", Link: "http://x"}
	with := func(k runner.Known, change func(*runner.Known)) runner.Known { change(&k); return k }
	for name, row := range map[string]struct {
		known   []runner.Known
		exit    int
		excused int
		stale   []string
	}{
		"none":                {nil, result.ExitBroken, 0, nil},
		"one of two":          {[]runner.Known{missing}, result.ExitBroken, 1, nil},
		"both":                {[]runner.Known{missing, scope}, result.ExitKept, 2, nil},
		"one check of many":   {[]runner.Known{scope, {ID: "auth/missing-key/getMe", Reason: "x"}}, result.ExitBroken, 1, nil},
		"of the other":        {[]runner.Known{with(missing, func(k *runner.Known) { k.Edition = "v0.10" }), scope}, result.ExitBroken, 1, nil},
		"until today":         {[]runner.Known{with(missing, func(k *runner.Known) { k.Until = today }), scope}, result.ExitKept, 2, nil},
		"until the past":      {[]runner.Known{with(missing, func(k *runner.Known) { k.Until = "2020-01-01" }), scope}, result.ExitBroken, 1, nil},
		"over, and another":   {[]runner.Known{with(missing, func(k *runner.Known) { k.Until = "2020-01-01" }), missing, scope}, result.ExitKept, 2, nil},
		"one that passes":     {[]runner.Known{missing, scope, {ID: "auth.unknown-key", Reason: "x"}}, result.ExitBroken, 2, []string{"auth.unknown-key"}},
		"one that is not run": {[]runner.Known{missing, scope, {ID: "bots.duplicate", Reason: "x"}}, result.ExitKept, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, contract(t, spec.V012), d.BaseURL, d.AdminToken)
			c.Seed = uint64(len(name)) // users of their own
			c.Only, c.Known = []string{"auth/missing-key", "auth/unknown-key", "scope/denied"}, row.known
			run, err := runner.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, row.exit, run.ExitCode)
			assert.Equal(t, row.excused, run.Summary.Known)
			assert.Equal(t, row.stale, run.Stale)
			assert.Equal(t, 2, run.Summary.Clauses[result.Fail], "excused is not hidden")
			for _, c := range run.Causes {
				over := name == "until the past" && slices.Contains(c.Clauses, "auth.missing-key")
				assert.Equal(t, over, c.Expired == "a, until 2020-01-01", "%v", c)
				assert.Equal(t, c.Known != "", c.Owner == result.OwnerRelease)
			}
			for _, clause := range run.Clauses {
				if name == "until the past" && clause.ID == "auth.missing-key" {
					assert.Equal(t, "a, until 2020-01-01", clause.Expired)
				} else {
					assert.Empty(t, clause.Expired)
				}
				if clause.ID == "scope.denied" && clause.Known != "" {
					assert.Equal(t, "b (http://x)", clause.Known)
				}
			}
		})
	}
	c := config(t, contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Seed, c.Only = 99, []string{"auth/missing-key/getMe"}
	run, err := runner.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "known.yaml")
	require.NoError(t, runner.WriteKnown(path, []result.Run{run}, nil))
	known, err := runner.ReadKnown(path)
	require.NoError(t, err)
	require.Len(t, known, 1)
	assert.Equal(t, "auth/missing-key/getMe", known[0].ID)
	assert.Contains(t, known[0].Reason, "Please log in")
}

// TestKnownIsWrittenAnew: the words of people stay while they are true, and nothing new hides behind them but what they are about.
func TestKnownIsWrittenAnew(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	checked := func(id string, verdict result.Verdict) result.Check {
		return result.Check{ID: id, Clauses: []string{strings.Split(id, "/")[0] + ".clause"}, Verdict: verdict, Expected: "401", Actual: "200"}
	}
	runs := []result.Run{
		{Edition: "v0.10", Started: day, Checks: []result.Check{checked("auth/a", result.Fail), checked("bots/b", result.Fail)}},
		{Edition: "v0.12", Started: day, Checks: []result.Check{checked("auth/a", result.Fail), checked("scope/c", result.Pass), checked("rate/d", result.Skip)}},
	}
	fresh := func(id, edition string) runner.Known {
		return runner.Known{ID: id, Edition: edition, Reason: "expected 401, got 200"}
	}
	words := runner.Known{ID: "auth.*", Reason: "as agreed", Link: "http://x", Until: "2026-11-25"}
	for name, row := range map[string]struct{ before, want []runner.Known }{
		"nothing yet":            {nil, []runner.Known{fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10"), fresh("auth/a", "v0.12")}},
		"some excused":           {[]runner.Known{words}, []runner.Known{words, fresh("bots/b", "v0.10")}},
		"some twice":             {[]runner.Known{words, words}, []runner.Known{words, fresh("bots/b", "v0.10")}},
		"in one edition":         {[]runner.Known{{ID: "auth/a", Edition: "v0.12", Reason: "x"}}, []runner.Known{{ID: "auth/a", Edition: "v0.12", Reason: "x"}, fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10")}},
		"of some that pass":      {[]runner.Known{{ID: "*", Edition: "v0.12", Reason: "x"}}, []runner.Known{{ID: "*", Edition: "v0.12", Reason: "x"}, fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10")}},
		"its day is over":        {[]runner.Known{{ID: "auth.*", Reason: "x", Until: "2026-11-24"}}, []runner.Known{fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10"), fresh("auth/a", "v0.12")}},
		"it passes now":          {[]runner.Known{words, {ID: "scope/c", Reason: "x"}, {ID: "bots.*", Reason: "y"}}, []runner.Known{words, {ID: "bots.*", Reason: "y"}}},
		"without a verdict":      {[]runner.Known{words, {ID: "rate/d", Reason: "x"}, {ID: "bots/b", Reason: "y"}}, []runner.Known{words, {ID: "rate/d", Reason: "x"}, {ID: "bots/b", Reason: "y"}}},
		"not chosen in this run": {[]runner.Known{words, {ID: "tenancy.*", Reason: "x"}, {ID: "bots/b", Reason: "y"}}, []runner.Known{words, {ID: "tenancy.*", Reason: "x"}, {ID: "bots/b", Reason: "y"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "known.yaml")
			require.NoError(t, runner.WriteKnown(path, runs, row.before))
			got, err := runner.WrittenKnown(path)
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	none, err := runner.WrittenKnown(filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	assert.Empty(t, none)
}

// TestCoverage: what a run was not allowed to do is not counted as judged, and what it did is.
func TestCoverage(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	c := config(t, contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Allow = []spec.Effect{spec.Observe, spec.Write}
	run, err := runner.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	states := map[string]result.Coverage{}
	for _, row := range run.Coverage {
		name := fmt.Sprintf("%s %d", row.Operation, row.Status)
		if row.Scope != "" {
			name = row.Operation + " " + row.Scope
		}
		states[name] = row
	}
	for name, want := range map[string]struct {
		state  result.State
		reason string
	}{
		"getMe 401":            {result.Judged, ""},
		"getMe 200":            {result.Excluded, "told as drift"},
		"getMe tx":             {result.Judged, ""},
		"createBot 409":        {result.Unseen, `needs --allow `},
		"mintToken 201":        {result.Judged, ""},
		"getBotsStatus 429":    {result.Unseen, "where no plan limits apply"},
		"getUserByEmail 422":   {result.Unseen, "its clause was judged at other operations"},
		"getTranscript 404":    {result.Judged, ""},
		"createInvocation 202": {result.Unseen, `needs --allow `},
		"deleteToken 204":      {result.Judged, ""},
		"createInvocation 400": {result.Judged, ""},
		"createInvocation bot": {result.Judged, ""},
	} {
		assert.Equal(t, want.state, states[name].State, name)
		assert.Contains(t, states[name].Reason, want.reason, name)
		if want.state == result.Judged {
			assert.Positive(t, states[name].Seen, name)
		}
	}
}
