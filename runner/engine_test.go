package runner

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestPhases: what leaves room for others goes first, the costly before the cheap; then what must be alone; then what looks over
// everything, which an interrupt does not keep from it.
func TestPhases(t *testing.T) {
	t.Parallel()
	var order []string
	check := func(id string, change func(*suites.Check)) plan.Planned {
		c := suites.Check{ID: id, Run: func(suites.T, suites.Deployment) { order = append(order, id) }}
		change(&c)
		return plan.Planned{Check: c}
	}
	p := plan.Plan{Checks: []plan.Planned{
		check("over", func(c *suites.Check) {
			c.Final = func(suites.T, suites.Deployment, []suites.Observation) { order = append(order, "over") }
		}),
		check("exhaust", func(c *suites.Check) { c.Effect = spec.Exhaust }),
		check("observe", func(*suites.Check) {}), check("alone", func(c *suites.Check) { c.Alone = true }),
		check("bots", func(c *suites.Check) { c.Effect = spec.Bots }), check("write", func(c *suites.Check) { c.Effect = spec.Write }),
		{Check: suites.Check{ID: "skipped"}, Skip: "not allowed"},
	}}
	var progress []int
	engine := Engine{Plan: p, Parallel: 1, Perform: func(t suites.T, c suites.Check) {
		if c.Final != nil {
			c.Final(t, nil, nil)
			return
		}
		c.Run(t, nil)
	}}
	engine.Progress = func(done, total int, _ result.Check) {
		assert.Equal(t, len(p.Checks), total)
		progress = append(progress, done)
	}
	engine.Run(t.Context())
	assert.Equal(t, []string{"bots", "write", "observe", "exhaust", "alone", "over"}, order)
	assert.Equal(t, []int{1, 2, 3, 4, 5, 6, 7}, progress)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	order = nil
	outcomes := engine.Run(ctx)
	assert.Equal(t, []string{"over"}, order)
	var verdicts []result.Verdict
	for _, o := range outcomes {
		verdicts = append(verdicts, o.Recorder.Verdict())
	}
	blocked := result.Blocked
	assert.Equal(t, []result.Verdict{result.Pass, blocked, blocked, blocked, blocked, blocked, result.Skip}, verdicts)
}
