package deployment_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestKnown runs against a deployment with two broken promises, and excuses them in part.
func TestKnown(t *testing.T) {
	t.Parallel()
	d := referencetest.Start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail", "scope-denied-detail"}})
	today := time.Now().UTC().Format(time.DateOnly)
	missing, scope := plan.Known{ID: "auth.missing-key", Reason: "a"}, plan.Known{ID: "scope/denied*", Reason: "b", Link: "http://x"}
	with := func(k plan.Known, change func(*plan.Known)) plan.Known { change(&k); return k }
	for name, row := range map[string]struct {
		known   []plan.Known
		exit    int
		excused int
		stale   []string
	}{
		"none":                {nil, result.ExitBroken, 0, nil},
		"one of two":          {[]plan.Known{missing}, result.ExitBroken, 1, nil},
		"both":                {[]plan.Known{missing, scope}, result.ExitKept, 2, nil},
		"one check of many":   {[]plan.Known{scope, {ID: "auth/missing-key/getMe", Reason: "x"}}, result.ExitBroken, 1, nil},
		"of the other":        {[]plan.Known{with(missing, func(k *plan.Known) { k.Edition = "v0.10" }), scope}, result.ExitBroken, 1, nil},
		"until today":         {[]plan.Known{with(missing, func(k *plan.Known) { k.Until = today }), scope}, result.ExitKept, 2, nil},
		"until the past":      {[]plan.Known{with(missing, func(k *plan.Known) { k.Until = "2020-01-01" }), scope}, result.ExitBroken, 1, nil},
		"over, and another":   {[]plan.Known{with(missing, func(k *plan.Known) { k.Until = "2020-01-01" }), missing, scope}, result.ExitKept, 2, nil},
		"one that passes":     {[]plan.Known{missing, scope, {ID: "auth.unknown-key", Reason: "x"}}, result.ExitBroken, 2, []string{"auth.unknown-key"}},
		"one that is not run": {[]plan.Known{missing, scope, {ID: "bots.duplicate", Reason: "x"}}, result.ExitKept, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
			c.Seed = uint64(len(name)) // users of their own
			c.Only, c.Known = []string{"auth/missing-key", "auth/unknown-key", "scope/denied"}, row.known
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
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
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Seed, c.Only = 99, []string{"auth/missing-key/getMe"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "known.yaml")
	require.NoError(t, plan.WriteKnown(path, []result.Run{run}, nil))
	known, err := plan.ReadKnown(path)
	require.NoError(t, err)
	require.Len(t, known, 1)
	assert.Equal(t, "auth/missing-key/getMe", known[0].ID)
	assert.Contains(t, known[0].Reason, "Please log in")
}
