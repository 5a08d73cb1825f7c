package runner

import (
	"context"
	"time"

	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// Result builds the result of a run from the outcomes of its checks, without its secrets. Who is judged is for the adapter to
// add, and then [WithCauses].
func (e *Engine) Result(ctx context.Context, outcomes []Outcome, hide *redact.Redactor, started time.Time) result.Run {
	sel := e.Plan.Selection
	r := result.Run{
		Edition: string(sel.Contract.Edition()), Releases: sel.Contract.Revision().Releases(), Contract: overlayOf(sel.Contract),
		Binds: party(sel.Binds), Seed: e.Seed, Started: started.UTC(), Interrupted: ctx.Err() != nil,
		Checks: make([]result.Check, 0, len(outcomes)), Setup: e.Record.Setup(hide), Drift: e.Record.Drift(hide),
		Notes: []string{}, Coverage: []result.Coverage{},
	}
	for i, o := range outcomes {
		r.Checks = append(r.Checks, e.Record.Check(e.Plan.Checks[i], o.Recorder, o.Started, o.Took, hide))
	}
	for _, note := range append(e.Record.Retries(), e.Notes.All()...) {
		r.Notes = append(r.Notes, hide.Text(note))
	}
	plan.MarkKnown(&r, sel.Known)
	r.Clauses = record.Clauses(e.Plan, r.Checks)
	r.Summary = result.Summarize(r)
	r.Summary.Exchanges, r.Summary.Throttled, r.Summary.Allow = e.Record.Len(), e.Record.Throttled(), record.NeedsAllow(r.Clauses)
	r.Unmet = sel.Unmet(r)
	r.Finished = time.Now().UTC()
	r.ExitCode = r.Exit()
	return r
}

// WithCauses names the causes of a run's failures: by the routes that its coverage lists, so that comes first.
func WithCauses(r result.Run) result.Run {
	r.Causes = cause.Of(r)
	for i := range r.Checks {
		if check := &r.Checks[i]; check.Verdict == result.Blocked {
			check.Owner, check.Next = cause.Advise(check.Reason)
		}
	}
	return r
}

// party is who is judged, as a report has it.
func party(p spec.Party) string {
	if p == spec.Server {
		return ""
	}
	return string(p)
}

// overlayOf is what a report says of the operator's own contract.
func overlayOf(c *spec.Contract) *result.Contract {
	o := c.Overlay()
	if o == nil {
		return nil
	}
	return &result.Contract{File: o.File, Title: o.Title, Version: o.Version, SHA256: o.SHA256}
}
