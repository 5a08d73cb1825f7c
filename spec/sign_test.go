package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestSigns: each names one thing to request, operations and editions that there are, and an answer that it can have.
func TestSigns(t *testing.T) {
	t.Parallel()
	signs, err := spec.Signs()
	require.NoError(t, err)
	require.NotEmpty(t, signs)
	operations, tells := map[string]bool{}, map[spec.Edition]bool{}
	for _, e := range spec.Editions() {
		c, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		for _, op := range c.Operations() {
			operations[op.ID] = true
		}
	}
	presences := []string{string(spec.Exists), string(spec.Absent), string(spec.WithoutMethod), string(spec.Guarded)}
	for _, s := range signs {
		name := s.Operation + s.Path + " " + s.Member
		assert.NotEqual(t, s.Operation == "", s.Path == "", name)
		assert.True(t, s.Path != "" || operations[s.Operation], name)
		assert.False(t, s.Path != "" && s.Member == "", name)
		require.NotEmpty(t, s.Answers, name)
		for _, a := range s.Answers {
			assert.Positive(t, a.Weight, name)
			assert.NotEmpty(t, a.Editions, name)
			if s.Member == "" {
				assert.Contains(t, presences, a.Is, name)
			}
			for _, e := range a.Editions {
				assert.Contains(t, spec.Editions(), e, name)
				tells[e] = tells[e] || len(a.Editions) == 1
			}
		}
	}
	for _, e := range spec.Editions() {
		assert.True(t, tells[e], "nothing tells %s from the others", e)
	}
	answer, found := signs[0].Answer("something else")
	assert.False(t, found)
	assert.Zero(t, answer)
}
