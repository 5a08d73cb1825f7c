// Package runner is the engine: it runs the checks of a plan, phase by phase, and builds the result of a run from what was
// recorded. Start with [Engine]. Who is judged is an adapter's affair: see the packages deployment, client and webhook.
package runner

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/result"
	"vexa-conformance/suites"
)

// DefaultParallel checks at once keep a run short, and below the limits of deployments in the field.
const DefaultParallel = 8

// Progress gets each check that has ended, how many have, and how many there are.
type Progress func(done, total int, c result.Check)

// Engine runs the checks of a plan.
type Engine struct {
	Plan   plan.Plan
	Record *record.Record
	Notes  *Notes
	// Perform runs one check against who is judged. It cleans up what the check started before it returns.
	Perform func(suites.T, suites.Check)
	// Parallel is how many checks run at once; 0 is [DefaultParallel].
	Parallel int
	Seed     uint64
	// Progress, if set, gets each check that has ended, one at a time.
	Progress Progress
}

// Outcome is what became of a planned check.
type Outcome struct {
	Recorder *record.Recorder
	Started  time.Time
	Took     time.Duration
}

// Run runs the checks phase by phase, in each the costly ones first so that none is waited for at the end. At the end of ctx the
// checks that have not begun are blocked.
func (e *Engine) Run(ctx context.Context) []Outcome {
	checks := e.Plan.Checks
	outcomes := make([]Outcome, len(checks))
	phases := map[plan.Phase][]int{}
	for i, check := range checks {
		phases[check.Phase()] = append(phases[check.Phase()], i)
	}
	progress := e.progress(len(checks))
	judge := func(i int) {
		outcomes[i] = e.judge(ctx, checks[i])
		progress(checks[i], outcomes[i])
	}
	n := cmp.Or(e.Parallel, DefaultParallel)
	for _, phase := range []plan.Phase{plan.Together, plan.Revoking} {
		slices.SortStableFunc(phases[phase], func(a, b int) int { return cmp.Compare(checks[b].Effect, checks[a].Effect) })
		parallel.ForEach(phases[phase], n, judge)
	}
	parallel.ForEach(phases[plan.Alone], 1, judge)
	parallel.ForEach(phases[plan.Final], 1, judge)
	return outcomes
}

// judge runs one check, or says why not.
func (e *Engine) judge(ctx context.Context, p plan.Planned) Outcome {
	r := record.NewRecorder(ctx)
	started := time.Now()
	switch {
	case p.Skip != "":
		r.SkipPlanned(p)
	case ctx.Err() != nil && p.Final == nil:
		r.Interrupted()
	default:
		r.Watch(func() { e.Perform(r, p.Check) })
	}
	return Outcome{r, started, time.Since(started)}
}

// progress reports each check that has ended, one at a time.
func (e *Engine) progress(total int) func(plan.Planned, Outcome) {
	var mu sync.Mutex
	done := 0
	return func(p plan.Planned, o Outcome) {
		mu.Lock()
		defer mu.Unlock()
		if done++; e.Progress != nil {
			e.Progress(done, total, result.Check{ID: p.ID, Clauses: p.Clauses, Verdict: o.Recorder.Verdict()})
		}
	}
}
