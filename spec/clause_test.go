package spec_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestClausesAreThoseOfTheBrief compares the embedded clauses with the brief's, where it is at hand.
func TestClausesAreThoseOfTheBrief(t *testing.T) {
	t.Parallel()
	brief, err := os.ReadFile("../../shared/contract/clauses.yaml")
	if os.IsNotExist(err) {
		t.Skip("the brief is not beside the repository")
	}
	require.NoError(t, err)
	own, err := os.ReadFile("clauses.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(brief), string(own), "ids are for ever, and so is what they promise")
}

func TestClausesThatBindServers(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, e := range spec.Editions() {
		for _, clause := range load(t, e).Clauses() {
			assert.NotEmpty(t, clause.Promise, clause.ID)
			assert.Contains(t, clause.Source, ": ", clause.ID)
			assert.Contains(t, []spec.Strength{spec.Must, spec.Should}, clause.Strength, clause.ID)
			if clause.Binds == spec.Server {
				ids[clause.ID] = true
			}
		}
	}
	assert.Len(t, ids, 54)
}

// TestStrengthIsTheEditions has an edition's own strength win over the clause's.
func TestStrengthIsTheEditions(t *testing.T) {
	t.Parallel()
	for edition, want := range map[spec.Edition]spec.Strength{spec.V010: spec.Must, spec.V012: spec.Should} {
		clause, ok := load(t, edition).Clause("bots.duplicate")
		require.True(t, ok)
		assert.Equal(t, want, clause.Strength, edition)
	}
}

func TestClausesOfAnotherEditionAreNotThere(t *testing.T) {
	t.Parallel()
	_, ok := load(t, spec.V010).Clause("admin.mint")
	assert.False(t, ok)
	_, ok = load(t, spec.V012).Clause("retry.get")
	assert.False(t, ok)
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Effects() {
		parsed, err := spec.ParseEffect(e.String())
		require.NoError(t, err)
		assert.Equal(t, e, parsed)
	}
	_, err := spec.ParseEffect("destroy")
	assert.ErrorContains(t, err, "observe, write, bots, agent, exhaust")
	_, err = spec.ParseEdition("v0.11")
	assert.ErrorContains(t, err, "use v0.10, v0.10.6, v0.12")
	assert.Less(t, spec.Observe, spec.Exhaust)
}
