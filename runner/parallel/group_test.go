package parallel_test

import (
	"testing"

	"vexa-conformance/runner/parallel"

	"github.com/stretchr/testify/assert"
)

// TestGroup waits for all, and passes on the first panic.
func TestGroup(t *testing.T) {
	t.Parallel()
	var g parallel.Group
	done := make([]bool, 3)
	for i := range done {
		g.Go(func() {
			if done[i] = true; i == 1 {
				panic("number one")
			}
		})
	}
	g.Do(func() { panic("late") })
	assert.Panics(t, g.Wait)
	assert.Equal(t, []bool{true, true, true}, done)
	var quiet parallel.Group
	quiet.Go(func() {})
	assert.NotPanics(t, quiet.Wait)
}
