package spec_test

import (
	"slices"
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
			assert.NotEmpty(t, slices.Concat(a.Lines, a.Editions), name)
			if s.Member == "" {
				assert.Contains(t, presences, a.Is, name)
			}
			for _, e := range a.Lines {
				assert.Contains(t, spec.Editions(), e, name)
				tells[e] = tells[e] || len(a.Lines) == 1
			}
			for _, e := range a.Editions {
				assert.True(t, spec.Documented(e), name)
			}
		}
	}
	for _, e := range spec.Editions() {
		assert.True(t, tells[e], "nothing tells %s from the others", e)
	}
	for _, r := range spec.Revisions() { // the reference's own
		a, found := signs[0].Answer("Vexa, documented error contract " + string(r.Edition))
		assert.True(t, found && slices.Equal(a.Editions, []spec.Edition{r.Edition}), "the title of the document of %s", r.Edition)
	}
	recordings := spec.SignAnswer{Lines: []spec.Edition{spec.V010}, Editions: []spec.Edition{"v0.12-main"}}
	for e, want := range map[spec.Edition]bool{spec.V010: true, "v0.10.6": true, spec.V012: false, "v0.12.23": false, "v0.12-main": true} {
		assert.Equal(t, want, recordings.SpeaksFor(e), e)
	}
	answer, found := signs[0].Answer("something else")
	assert.False(t, found)
	assert.Zero(t, answer)
}
