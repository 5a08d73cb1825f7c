package deployment

import (
	"context"
	"fmt"
	"net/http"

	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// unimplemented ends the check if an answer is that of an operation which the deployment does not implement: whose
// promise that breaks, one check says, and it says nothing of any other promise.
func (d *target) unimplemented(t suites.T, c spec.Call, status int) {
	t.Helper()
	if status != http.StatusNotFound && status != http.StatusMethodNotAllowed || c.Nowhere || c.At != "" || c.RawPath != "" {
		return
	}
	_, reason := d.missing(t.Context(), c.Operation)
	op := d.operation(c.Operation)
	switch {
	case reason == "":
	case op.Surface != spec.Public && !d.session.config.Target.Internal(op.Surface): // the operator can name the port that has it
		d.session.skipShared(t, d.sharing, func(t suites.T) { t.Skipf("%s", reason) })
	default:
		d.session.skipShared(t, d.sharing, func(t suites.T) { t.NotApplicable("%s", reason) })
	}
}

// notImplemented begins the reason, and the note of the run.
const notImplemented = "not implemented here: "

// missing says why an operation cannot be judged if the deployment does not implement it, with an answer that shows it,
// and keeps the reason for the notes of the run if no clause is about that. The reason is empty if the operation is
// implemented.
func (d *target) missing(ctx context.Context, operation string) (a spec.Response, reason string) {
	op := d.operation(operation)
	a, missing := d.missingAt(ctx, op, d.ownPlace(ctx, op))
	switch {
	case !missing:
		return a, ""
	case op.Surface != spec.Public && !d.session.config.Target.Internal(op.Surface):
		return a, fmt.Sprintf("%s; --%s-url names a port that has it", d.notPublic(op), op.Surface)
	}
	how := "404, as an unknown path"
	if a.Status == http.StatusMethodNotAllowed {
		how = "405, as an unknown method"
	}
	reason = fmt.Sprintf("%s%s %s (%s)", notImplemented, op.Method, op.Path, how)
	if op.PromisedBy == "" {
		d.session.mu.Lock()
		defer d.session.mu.Unlock()
		if d.session.unimplemented == nil {
			d.session.unimplemented = map[string]string{}
		}
		d.session.unimplemented[op.ID] = reason
	}
	return a, reason
}

// notPublic says that the public base URL does not have an operation, and which clause is about that.
func (d *target) notPublic(op *spec.Operation) string {
	text := fmt.Sprintf("%s %s is not at the public URL", op.Method, op.Path)
	if clause := string(op.Surface) + ".fronted"; d.hasClause(clause) {
		text += " (see " + clause + ")"
	}
	return text
}

// Implemented says whether a deployment has an operation at its own port, with an answer that shows it.
func (d *target) Implemented(t suites.T, operation string) (spec.Response, bool) {
	t.Helper()
	a, reason := d.missing(t.Context(), operation)
	return a, reason == ""
}

// implementedStream ends the check if what was to be a stream is an operation that the deployment does not implement.
type implementedStream struct {
	*streamReader
	d *target
	c spec.Call
}

// Until waits, as [suites.Stream] has it.
func (s implementedStream) Until(t suites.T, until func(spec.StreamLog) bool) spec.StreamLog {
	t.Helper()
	streamLog := s.streamReader.Until(t, until)
	s.d.unimplemented(t, s.c, streamLog.Status)
	return streamLog
}
