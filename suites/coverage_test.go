package suites_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestEverythingDocumentedIsDecided fails when the contract grows and nobody says whether the new answer is judged.
func TestEverythingDocumentedIsDecided(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		contract, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		rows, err := suites.Coverage(contract)
		require.NoError(t, err)
		scopes := 0
		for _, row := range rows {
			assert.NotEqual(t, len(row.Clauses) == 0, row.Excluded == "", "%s %d", row.Operation.ID, row.Status)
			if row.Scope != "" {
				scopes++
			}
		}
		assert.Greater(t, len(rows), 100)
		assert.Zero(t, scopes%len(spec.Scopes()))
	}
}
