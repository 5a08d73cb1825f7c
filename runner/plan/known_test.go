package plan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
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
			_, err := plan.ReadKnown(path)
			assert.ErrorContains(t, err, row.says)
		})
	}
	_, err := plan.ReadKnown("/no/such.yaml")
	assert.ErrorIs(t, err, os.ErrNotExist)
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
	fresh := func(id, edition string) plan.Known {
		return plan.Known{ID: id, Edition: edition, Reason: "expected 401, got 200"}
	}
	words := plan.Known{ID: "auth.*", Reason: "as agreed", Link: "http://x", Until: "2026-11-25"}
	for name, row := range map[string]struct{ before, want []plan.Known }{
		"nothing yet":            {nil, []plan.Known{fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10"), fresh("auth/a", "v0.12")}},
		"some excused":           {[]plan.Known{words}, []plan.Known{words, fresh("bots/b", "v0.10")}},
		"some twice":             {[]plan.Known{words, words}, []plan.Known{words, fresh("bots/b", "v0.10")}},
		"in one edition":         {[]plan.Known{{ID: "auth/a", Edition: "v0.12", Reason: "x"}}, []plan.Known{{ID: "auth/a", Edition: "v0.12", Reason: "x"}, fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10")}},
		"of some that pass":      {[]plan.Known{{ID: "*", Edition: "v0.12", Reason: "x"}}, []plan.Known{{ID: "*", Edition: "v0.12", Reason: "x"}, fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10")}},
		"its day is over":        {[]plan.Known{{ID: "auth.*", Reason: "x", Until: "2026-11-24"}}, []plan.Known{fresh("auth/a", "v0.10"), fresh("bots/b", "v0.10"), fresh("auth/a", "v0.12")}},
		"it passes now":          {[]plan.Known{words, {ID: "scope/c", Reason: "x"}, {ID: "bots.*", Reason: "y"}}, []plan.Known{words, {ID: "bots.*", Reason: "y"}}},
		"without a verdict":      {[]plan.Known{words, {ID: "rate/d", Reason: "x"}, {ID: "bots/b", Reason: "y"}}, []plan.Known{words, {ID: "rate/d", Reason: "x"}, {ID: "bots/b", Reason: "y"}}},
		"not chosen in this run": {[]plan.Known{words, {ID: "tenancy.*", Reason: "x"}, {ID: "bots/b", Reason: "y"}}, []plan.Known{words, {ID: "tenancy.*", Reason: "x"}, {ID: "bots/b", Reason: "y"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "known.yaml")
			require.NoError(t, plan.WriteKnown(path, runs, row.before))
			got, err := plan.WrittenKnown(path)
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	none, err := plan.WrittenKnown(filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	assert.Empty(t, none)
}
