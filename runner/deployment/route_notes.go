package deployment

import (
	"context"
	"fmt"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// routeNotes notes what the target does not implement and no page promises, and which internal ports take requests
// without a key.
func (s *Session) routeNotes(ctx context.Context, p plan.Plan) {
	for _, op := range s.config.Contract.Operations() {
		if reason := s.unimplemented[op.ID]; reason != "" {
			s.notes.AddAbout(notImplemented, strings.TrimPrefix(reason, notImplemented), "")
		}
	}
	for _, surface := range []spec.Surface{spec.AdminSurface, spec.AgentSurface} {
		if ctx.Err() == nil && s.config.Target.Internal(surface) {
			s.noteOpenPort(ctx, p, surface)
		}
	}
}

// noteOpenPort asks an internal port once without a key, if the run judged anything there. That it trusts its network
// breaks no promise: keys are promised at the public base URL.
func (s *Session) noteOpenPort(ctx context.Context, p plan.Plan, surface spec.Surface) {
	const name = "internal-ports"
	d := &target{session: s, check: suites.Check{ID: name}, kit: fixtures.NewKit(s.config.Seed, name, nil)}
	for _, op := range s.config.Contract.Operations() {
		if op.Surface != surface || !p.Judges(op.ID) {
			continue
		}
		at := place{surface, op.Path}
		if _, missing := d.missingAt(ctx, op, at); missing {
			continue
		}
		aside := record.NewRecorder(ctx)
		var a spec.Response
		aside.Watch(func() { a = d.probeAt(aside, op, at, spec.Nobody) })
		if aside.Verdict() == result.Pass && s.config.Contract.Passed(a) {
			s.notes.Add(fmt.Sprintf("the %s API at %s takes requests without a key (%s %s: %d): it trusts its network, so let "+
				"nobody else reach it", surface, strings.TrimSuffix(s.config.Target.URL(surface), "/"), op.Method, op.Path, a.Status))
		}
		return
	}
}
