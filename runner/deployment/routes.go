package deployment

import (
	"context"
	"net/http"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// place is where a deployment may have an operation: below a base URL, at a path with parameters.
type place struct {
	at   spec.Surface
	path string
}

// places are where the public base URL may have an operation.
func places(op *spec.Operation) []place {
	all := []place{{spec.Public, op.Path}}
	for _, path := range op.Aliases {
		all = append(all, place{spec.Public, path})
	}
	return all
}

// ownPlace is where the requests of an operation go: to its own path, or to an alias if the public base URL has only
// that.
func (d *target) ownPlace(ctx context.Context, op *spec.Operation) place {
	if len(op.Aliases) > 0 && !d.session.config.Target.Internal(op.Surface) {
		if at, ok := d.public(ctx, op); ok {
			return at
		}
	}
	return place{op.Surface, op.Path}
}

// public is where the public base URL has an operation, if it has it.
func (d *target) public(ctx context.Context, op *spec.Operation) (at place, ok bool) {
	for _, at := range places(op) {
		if _, missing := d.missingAt(ctx, op, at); !missing {
			return at, true
		}
	}
	return places(op)[0], false
}

// missingAt is [target.isUnknown] without a verdict for the check: what cannot be found out here counts as implemented,
// and the check finds out for itself.
func (d *target) missingAt(ctx context.Context, op *spec.Operation, at place) (a spec.Response, missing bool) {
	aside := record.NewRecorder(ctx)
	aside.Watch(func() { a, missing = d.isUnknown(aside, op, at) })
	return a, missing && aside.Verdict() == result.Pass
}

// isUnknown says whether a deployment answers an operation as it answers an unknown path or method under the same prefix,
// and returns an answer that shows it. It asks without a key and with a good one: before the key, FastAPI answers what
// it does not know, and a catch-all refuses everything. A 404 may also be of what the request asks for, so a malformed
// request must be answered in the same way.
func (d *target) isUnknown(t suites.T, op *spec.Operation, at place) (a spec.Response, yes bool) {
	t.Helper()
	who := spec.Nobody
	var asked suites.Probed
	for _, who = range []spec.Caller{spec.Nobody, op.Authorized()} {
		asked = d.probeWithCall(t, op, at, who)
		a = asked.Response
		if a.Status == http.StatusMethodNotAllowed {
			return a, true // the path is another operation's
		}
		if a.Success() || !d.sameResponse(t, asked, d.control(t, op, at, who)) {
			return a, false
		}
	}
	if a.Status != http.StatusNotFound {
		return a, false // everything is refused, which says nothing of routes
	}
	name := "malformed/" + op.ID
	call := d.sharedKit(name).Malformed(op)
	call.Nowhere = true
	return a, d.sameResponse(t, d.sendOnce(t, name, op.At(at.path), at, who, call), asked)
}

// probeAt sends the harmless request of an operation to a place, once a run for each base URL and caller.
func (d *target) probeAt(t suites.T, op *spec.Operation, at place, who spec.Caller) spec.Response {
	t.Helper()
	return d.probeWithCall(t, op, at, who).Response
}

func (d *target) probeWithCall(t suites.T, op *spec.Operation, at place, who spec.Caller) suites.Probed {
	t.Helper()
	d.credential(t, spec.Call{Operation: op.ID, Caller: who}) // a missing key ends this check, not its neighbours
	name := "probe/" + op.ID + "/" + string(who)
	return d.sendOnce(t, name, op.At(at.path), at, who, d.sharedKit(name).Harmless(op))
}

// control sends the control request of an operation at a place, for a path that does not exist, once a run for each
// base URL, path and caller.
func (d *target) control(t suites.T, op *spec.Operation, at place, who spec.Caller) suites.Probed {
	t.Helper()
	const word = "vexa-conformance-unknown"
	path := d.Contract().ControlPath(op.At(at.path), word)
	name := "unknown/" + op.Method + "/" + string(who)
	k := d.sharedKit(name)
	call := k.Harmless(op)
	call.Nowhere = true
	moved := op.At(strings.ReplaceAll(path, word, "vexa-conformance-"+k.Word()))
	return d.sendOnce(t, name, moved, place{at.at, path}, who, call)
}

// sendOnce sends a call once a run for each place, to the path of an operation, which may be another than the document's.
func (d *target) sendOnce(t suites.T, name string, op *spec.Operation, at place, who spec.Caller, call spec.Call) suites.Probed {
	t.Helper()
	call.Caller, call.At, call.Repeatable = who, at.at, true
	if documented := d.operation(op.ID); documented.Path != op.Path {
		raw, err := op.URLPath(call.Path)
		if err != nil {
			t.Blocked("%v", err)
		}
		call.RawPath = raw
	}
	key := name + " at " + d.session.config.Target.URL(at.at) + at.path
	return suites.Probed{Call: call, Response: d.shared(t, name, key, func(*fixtures.Kit) spec.Response { return d.delivered(t, call) })}
}

// delivered is the answer to a call, whatever it says. Without one the check ends.
func (d *target) delivered(t suites.T, call spec.Call) spec.Response {
	t.Helper()
	a, err := d.deliver(t, call)
	if err != nil {
		t.Blocked("%v", err)
	}
	return a
}

// sameResponse says whether two calls were answered the same.
func (d *target) sameResponse(t suites.T, one, other suites.Probed) bool {
	t.Helper()
	return suites.Alike(d.Contract(), one, other, func(c spec.Call) spec.Response { return d.delivered(t, c) })
}

func (d *target) hasClause(clause string) bool {
	_, ok := d.Contract().Clause(clause)
	return ok
}

func (d *target) operation(id string) *spec.Operation {
	op, ok := d.Contract().Operation(id)
	if !ok {
		panic("a check asks for an operation that the document does not have: " + id)
	}
	return op
}

// Public says whether the public base URL has an operation, with an answer that shows it. The check ends if there is no
// key to find out with.
func (d *target) Public(t suites.T, operation string) (a spec.Response, ok bool) {
	t.Helper()
	op := d.operation(operation)
	for _, at := range places(op) {
		shown, missing := d.isUnknown(t, op, at)
		if !missing {
			return shown, true
		}
		if a.Status == 0 {
			a = shown // of its own path
		}
	}
	return a, false
}

// GuardElsewhere says that the guard of an operation is judged at the public base URL although the run sends the
// operation's requests to a port of its own.
func (d *target) GuardElsewhere(t suites.T, operation string) bool {
	t.Helper()
	op := d.operation(operation)
	if !d.session.config.Target.Internal(op.Surface) {
		return false
	}
	_, ok := d.public(t.Context(), op)
	return ok
}

// GuardProbe is [target.Probe] where the guard of an operation is promised: at the public base URL. A guard of the
// admin API is judged at its own port if the public base URL does not have it; for any other guard the check then ends.
func (d *target) GuardProbe(t suites.T, operation string, who spec.Caller) spec.Response {
	t.Helper()
	op := d.operation(operation)
	if !d.session.config.Target.Internal(op.Surface) {
		return d.Probe(t, operation, who)
	}
	at, ok := d.public(t.Context(), op)
	switch {
	case ok:
		return d.probeAt(t, op, at, who)
	case op.Guard != spec.AdminGuard:
		t.NotApplicable("%s, where keys and scopes are promised", d.notPublic(op))
	}
	return d.Probe(t, operation, who)
}

// AsUnknownPath says whether GuardProbe is answered like a request for a path that does not exist beside the
// operation's.
func (d *target) AsUnknownPath(t suites.T, operation string, who spec.Caller) bool {
	t.Helper()
	op := d.operation(operation)
	at := d.ownPlace(t.Context(), op)
	if d.session.config.Target.Internal(op.Surface) {
		if public, ok := d.public(t.Context(), op); ok {
			at = public
		}
	}
	return d.sameResponse(t, d.probeWithCall(t, op, at, who), d.control(t, op, at, who))
}
