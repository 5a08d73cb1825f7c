package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestConditionsOfUnknownClauses: a misspelt clause is refused by its name, and one of another edition is not.
func TestConditionsOfUnknownClauses(t *testing.T) {
	t.Parallel()
	of := func(clause string) []*Operation {
		return []*Operation{{ID: "getMe", known: []Condition{{Clause: clause, Status: 401}}}}
	}
	require.NoError(t, checkConditions(V010, of("stream.resume"))) // of v0.12
	assert.ErrorContains(t, checkConditions(V010, of("auth.mising-key")), `v0.10: getMe: the answer 401 is named after the clause "auth.mising-key"`)
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, e := range Editions() {
		c, err := Load(t.Context(), e)
		require.NoError(t, err)
		for _, op := range c.Operations() {
			assert.True(t, KnownOperation(op.ID), op.ID)
		}
		for _, clause := range c.Clauses() {
			assert.True(t, KnownClause(clause.ID), clause.ID)
		}
	}
	assert.False(t, KnownOperation("getMyself"))
	assert.False(t, KnownClause("auth.nothing"))
}
