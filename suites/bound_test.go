package suites

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestChecksOfNothing: a check of a clause or an operation that no edition has is refused by its name, and one of
// another edition is left out.
func TestChecksOfNothing(t *testing.T) {
	t.Parallel()
	c, err := spec.Load(t.Context(), spec.V010)
	require.NoError(t, err)
	with := func(change func(*Check)) func() {
		check := Check{ID: "auth/ours", Clauses: []string{"auth.missing-key"}, Operations: []string{"getBotsStatus"}}
		change(&check)
		return func() { bound(c, spec.Server, []Check{check}) }
	}
	assert.PanicsWithValue(t, `the check auth/ours names the clause "auth.mising-key", which clauses.yaml does not have`,
		with(func(c *Check) { c.Clauses = append(c.Clauses, "auth.mising-key") }))
	for name, change := range map[string]func(*Check){
		"judges":   func(c *Check) { c.Operations = append(c.Operations, "getBotStatus") },
		"needs":    func(c *Check) { c.Needs = append(c.Needs, "getBotStatus") },
		"no other": func(c *Check) { c.Clauses, c.Operations = []string{"stream.resume"}, []string{"getBotStatus"} },
	} {
		assert.PanicsWithValue(t, `the check auth/ours names the operation "getBotStatus", which no document has`, with(change), name)
	}
	assert.Empty(t, bound(c, spec.Server, []Check{{ID: "stream/ours", Clauses: []string{"stream.resume"}, Operations: []string{"streamMeeting"}}}))
	assert.Len(t, bound(c, spec.Server, []Check{{ID: "auth/ours", Clauses: []string{"auth.missing-key", "stream.resume"}}}), 1)
}
