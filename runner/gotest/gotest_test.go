package gotest

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/plan"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestInTurn: what uses up limits comes after the others, and what looks over all answers last.
func TestInTurn(t *testing.T) {
	t.Parallel()
	var order []string
	for _, check := range inTurn([]plan.Planned{
		{Check: suites.Check{ID: "over", Final: func(suites.T, suites.Deployment, []suites.Observation) {}}},
		{Check: suites.Check{ID: "exhaust", Effect: spec.Exhaust}}, {Check: suites.Check{ID: "bots", Effect: spec.Bots}}, {Check: suites.Check{ID: "observe"}},
	}) {
		order = append(order, check.ID)
	}
	assert.Equal(t, []string{"bots", "observe", "exhaust", "over"}, order)
}
