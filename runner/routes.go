package runner

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
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

// internal says whether the operator gave the surface a base URL of its own.
func (t Target) internal(s spec.Surface) bool {
	return strings.TrimSuffix(t.URL(s), "/") != strings.TrimSuffix(t.BaseURL, "/")
}

// ownPlace is where the requests of an operation go: to its own path, or to an alias if the public base URL has only
// that.
func (d *deployment) ownPlace(ctx context.Context, op *spec.Operation) place {
	if len(op.Aliases) > 0 && !d.session.config.Target.internal(op.Surface) {
		if at, ok := d.public(ctx, op); ok {
			return at
		}
	}
	return place{op.Surface, op.Path}
}

// public is where the public base URL has an operation, if it has it.
func (d *deployment) public(ctx context.Context, op *spec.Operation) (at place, ok bool) {
	for _, at := range places(op) {
		if _, missing := d.surely(ctx, op, at); !missing {
			return at, true
		}
	}
	return places(op)[0], false
}

// surely is [deployment.unknown] without a verdict for the check: what cannot be found out here counts as implemented,
// and the check finds out for itself.
func (d *deployment) surely(ctx context.Context, op *spec.Operation, at place) (a spec.Answer, missing bool) {
	aside := newRecorder(ctx)
	aside.watch(func() { a, missing = d.unknown(aside, op, at) })
	return a, missing && aside.verdict == result.Pass
}

// unknown says whether a deployment answers an operation as it answers an unknown path or method under the same prefix,
// and returns an answer that shows it. It asks without a key and with a good one: before the key, FastAPI answers what
// it does not know, and a catch-all refuses everything. A 404 may also be of what the request asks for, so a malformed
// request must be answered in the same way.
func (d *deployment) unknown(t suites.T, op *spec.Operation, at place) (a spec.Answer, yes bool) {
	t.Helper()
	who := spec.Nobody
	for _, who = range []spec.Caller{spec.Nobody, op.Authorized()} {
		a = d.ask(t, op, at, who)
		if a.Status == http.StatusMethodNotAllowed {
			return a, true // the path is another operation's
		}
		if a.Success() || !alike(a, d.control(t, op, at, who)) {
			return a, false
		}
	}
	if a.Status != http.StatusNotFound {
		return a, false // everything is refused, which says nothing of routes
	}
	malformed := d.memo(t, "malformed/"+op.ID, at, func(k *fixtures.Kit) spec.Answer {
		call := k.Malformed(op)
		call.Caller, call.At, call.Repeatable, call.Nowhere = who, at.at, true, true
		return d.sendTo(t, op, at.path, call)
	})
	return a, alike(malformed, a)
}

// ask sends the harmless request of an operation to a place, once a run for each base URL and caller.
func (d *deployment) ask(t suites.T, op *spec.Operation, at place, who spec.Caller) spec.Answer {
	t.Helper()
	d.credential(t, spec.Call{Operation: op.ID, Caller: who}) // a missing key ends this check, not its neighbours
	return d.memo(t, "probe/"+op.ID+"/"+string(who), at, func(k *fixtures.Kit) spec.Answer {
		call := k.Harmless(op)
		call.Caller, call.At, call.Repeatable = who, at.at, true
		return d.sendTo(t, op, at.path, call)
	})
}

// control sends the control request of an operation at a place, for a path that does not exist, once a run for each
// base URL, path and caller.
func (d *deployment) control(t suites.T, op *spec.Operation, at place, who spec.Caller) spec.Answer {
	t.Helper()
	const word = "vexa-conformance-unknown"
	path := d.Contract().ControlPath(op.At(at.path), word)
	name := "unknown/" + op.Method + "/" + string(who)
	return d.memo(t, name, place{at.at, path}, func(k *fixtures.Kit) spec.Answer {
		call := k.Harmless(op)
		call.Caller, call.At, call.Repeatable, call.Nowhere = who, at.at, true, true
		return d.sendTo(t, op, strings.ReplaceAll(path, word, "vexa-conformance-"+k.Word()), call)
	})
}

// memo is [deployment.shared] for each place.
func (d *deployment) memo(t suites.T, name string, at place, do func(*fixtures.Kit) spec.Answer) spec.Answer {
	t.Helper()
	return d.shared(t, name, name+" at "+d.session.config.Target.URL(at.at)+at.path, do)
}

// sendTo sends a call to a path of its operation, which may be another than the document's.
func (d *deployment) sendTo(t suites.T, op *spec.Operation, path string, c spec.Call) spec.Answer {
	t.Helper()
	if path != op.Path {
		raw, err := op.At(path).URLPath(c.Path)
		if err != nil {
			t.Blocked("%v", err)
		}
		c.RawPath = raw
	}
	a, err := d.deliver(t, c)
	if err != nil {
		t.Blocked("%v", err)
	}
	return a
}

// alike compares the answers for two paths: the status, and the detail, or the body if it has none. The rest may differ
// from request to request, such as the id of one.
func alike(a, b spec.Answer) bool {
	if a.Status != b.Status {
		return false
	}
	one, other := a.JSON().Get("detail"), b.JSON().Get("detail")
	if one.Exists() && other.Exists() && one.Type == gjson.String {
		return one.Raw == other.Raw
	}
	return bytes.Equal(a.Body, b.Body)
}

func (d *deployment) has(clause string) bool {
	_, ok := d.Contract().Clause(clause)
	return ok
}

func (d *deployment) operation(id string) *spec.Operation {
	op, ok := d.Contract().Operation(id)
	if !ok {
		panic("a check asks for an operation that the document does not have: " + id)
	}
	return op
}

// Public says whether the public base URL has an operation, with an answer that shows it. The check ends if there is no
// key to find out with.
func (d *deployment) Public(t suites.T, operation string) (a spec.Answer, ok bool) {
	t.Helper()
	op := d.operation(operation)
	for _, at := range places(op) {
		shown, missing := d.unknown(t, op, at)
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
func (d *deployment) GuardElsewhere(t suites.T, operation string) bool {
	t.Helper()
	op := d.operation(operation)
	if !d.session.config.Target.internal(op.Surface) {
		return false
	}
	_, ok := d.public(t.Context(), op)
	return ok
}

// GuardProbe is [deployment.Probe] where the guard of an operation is promised: at the public base URL. A guard of the
// admin API is judged at its own port if the public base URL does not have it; for any other guard the check then ends.
func (d *deployment) GuardProbe(t suites.T, operation string, who spec.Caller) spec.Answer {
	t.Helper()
	op := d.operation(operation)
	if !d.session.config.Target.internal(op.Surface) {
		return d.Probe(t, operation, who)
	}
	at, ok := d.public(t.Context(), op)
	switch {
	case ok:
		return d.ask(t, op, at, who)
	case op.Guard != spec.AdminGuard:
		t.Skipf("%s, where keys and scopes are promised", d.notPublic(op))
	}
	return d.Probe(t, operation, who)
}
