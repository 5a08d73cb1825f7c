package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// deployment is the target as one check sees it.
type deployment struct {
	session *Session
	check   suites.Check
	kit     *fixtures.Kit

	mu    sync.Mutex
	undos []*spec.Call
	// closers cut the streams and sockets of the check.
	closers []func()
	// own is the operator's meeting that the check has to itself.
	own fixtures.OwnMeeting
}

func (d *deployment) Contract() *spec.Contract { return d.session.config.Contract }

func (d *deployment) Fixtures() *fixtures.Kit { return d.kit }

func (d *deployment) Allows(e spec.Effect) bool { return slices.Contains(d.session.config.Allow, e) }

// Stimulus is a prompt of the operator's, or of a deployment that the harness knows.
func (d *deployment) Stimulus(t suites.T, outcome fixtures.Outcome) string {
	t.Helper()
	prompt := d.session.config.Stimuli.Known(d.session.server).Prompt(outcome)
	if prompt == "" {
		t.Skipf("no prompt is known that has this outcome on this deployment: give stimuli.%s in --config", outcome)
	}
	return prompt
}

// Provisioning is what made the run's users and keys, those of the callers among them.
func (d *deployment) Provisioning(t suites.T, callers ...spec.Caller) []suites.Observation {
	d.session.config.Tenants.Prepare(t.Context(), callers...)
	return d.session.record.of(setup)
}

// Call sends as the call's caller. Where there is no credential for the caller the check is skipped or blocked, where
// there is no answer it is blocked.
func (d *deployment) Call(t suites.T, c spec.Call) spec.Answer {
	t.Helper()
	a, err := d.Attempt(t, c)
	if err != nil {
		t.Blocked("%v", err)
	}
	return a
}

// Attempt is Call, but for the loss of the answer, which it returns.
func (d *deployment) Attempt(t suites.T, c spec.Call) (a spec.Answer, lost error) {
	t.Helper()
	c.Caller = d.asks(c.Caller)
	credential, sent := d.credential(t, c)
	a, err := d.session.patiently(t.Context(), c, func() Sent {
		return d.session.transport.Send(t.Context(), c, d.check.ID, credential, sent)
	}, d.check.ID)
	if err != nil && !broke(err) {
		t.Blocked("%v", err)
	}
	return a, err
}

func (d *deployment) credential(t suites.T, c spec.Call) (value string, sent bool) {
	t.Helper()
	op, ok := d.Contract().Operation(c.Operation)
	if !ok {
		panic("a check calls an operation that the document does not have: " + c.Operation)
	}
	value, sent, err := d.session.config.Tenants.Credential(t.Context(), c.Caller, op)
	var none *fixtures.NoKey
	switch {
	case errors.As(err, &none):
		t.Skipf("%v", none)
	case err != nil:
		t.Blocked("%v", err)
	}
	return value, sent
}

// Probe sends the harmless request of an operation as a caller, once a run.
func (d *deployment) Probe(t suites.T, operation string, caller spec.Caller) spec.Answer {
	t.Helper()
	name := probeName(operation, caller)
	op, ok := d.Contract().Operation(operation)
	if !ok {
		panic("a check probes an operation that the document does not have: " + operation)
	}
	d.credential(t, spec.Call{Operation: operation, Caller: caller}) // a missing key ends this check, not its neighbours
	return d.shared(t, name, func(k *fixtures.Kit) spec.Answer {
		call := k.Harmless(op)
		call.Caller, call.Repeatable = caller, true
		return d.Call(t, call)
	})
}

// Twin does once a run what shows that a request is accepted, and returns its answer.
func (d *deployment) Twin(t suites.T, name string, accept func(*fixtures.Kit) spec.Answer) spec.Answer {
	t.Helper()
	return d.shared(t, "twin/"+name, accept)
}

func probeName(operation string, caller spec.Caller) string {
	return "probe/" + operation + "/" + string(caller)
}

// sharedKit is the kit of once-a-run work: a new one makes the same ids.
func (d *deployment) sharedKit(name string) *fixtures.Kit {
	return fixtures.NewKit(d.session.config.Seed, name, d.session.config.BotBody)
}

// shared gives the once-a-run work a kit of its own, so that its ids are the same whichever check comes first.
func (d *deployment) shared(t suites.T, name string, do func(*fixtures.Kit) spec.Answer) spec.Answer {
	t.Helper()
	a, ok := d.session.once(t.Context(), name, func() spec.Answer {
		return do(d.sharedKit(name))
	})
	if !ok {
		t.Blocked("there is no answer to %s, which another check asked for", name)
	}
	d.session.record.share(d.check.ID, a.Seq)
	return a
}

// Burst releases the calls at once.
func (d *deployment) Burst(t suites.T, calls []spec.Call) []spec.Answer {
	t.Helper()
	sents := make([]Sent, len(calls))
	start := make(chan struct{})
	var wg Group
	for i, c := range calls {
		c.Unretried = true
		credential, sent := d.credential(t, c)
		wg.Go(func() {
			<-start
			sents[i] = d.session.transport.Send(t.Context(), c, d.check.ID, credential, sent)
		})
	}
	close(start)
	wg.Wait()
	answers := make([]spec.Answer, len(calls))
	for i, sent := range sents {
		if answers[i] = d.session.record.add(d.check.ID, sent, false); sent.Err != nil {
			t.Blocked("one of %d requests at once has no answer: %v", len(calls), sent.Err)
		}
	}
	return answers
}

// Undo has a call sent at the end of the check.
func (d *deployment) Undo(c spec.Call) (forget func()) {
	undo := &c
	d.mu.Lock()
	defer d.mu.Unlock()
	d.undos = append(d.undos, undo)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.undos = slices.DeleteFunc(d.undos, func(u *spec.Call) bool { return u == undo })
	}
}

// takeBack cuts what is still open, and sends the undo calls, the last first, also where the run was interrupted.
func (d *deployment) takeBack(ctx context.Context) {
	defer d.leaveOwn()
	for _, cut := range d.closers {
		cut()
	}
	ctx, cancel := d.session.parting(ctx)
	defer cancel()
	for _, c := range slices.Backward(d.undos) {
		if err := d.undo(ctx, *c); err != nil {
			d.session.note(fmt.Sprintf("%s could not take back what it made with %s %v: %v", d.check.ID, c.Operation, c.Path, err))
		}
	}
}

// undo sends a call that takes back. Where there is no key for its caller, nothing was made in that name.
func (d *deployment) undo(ctx context.Context, c spec.Call) error {
	op, _ := d.Contract().Operation(c.Operation)
	credential, sent, err := d.session.config.Tenants.Credential(ctx, c.Caller, op)
	var none *fixtures.NoKey
	switch {
	case errors.As(err, &none):
		return nil
	case err != nil:
		return err
	}
	c.Repeatable = true // what is taken back twice is gone
	a, err := d.session.patiently(ctx, c, func() Sent { return d.session.transport.Send(ctx, c, d.check.ID, credential, sent) }, d.check.ID)
	if err == nil && !a.Success() && !a.ClientError() {
		err = fmt.Errorf("it was answered %s", a)
	}
	return err
}

// claimed ends a check of what the target does not have, or that stands on that: where the operator claims what it judges, that is
// a failure, and otherwise it is nothing to judge.
func (d *deployment) claimed(t suites.T) {
	t.Helper()
	for _, id := range slices.Concat(d.check.Operations, d.check.Needs) {
		op, ok := d.Contract().Operation(id)
		if !ok || op.Capability == "" || !d.absent(t.Context(), op) {
			continue
		}
		if !slices.Contains(d.session.config.Has, op.Capability) {
			t.Skipf("the target does not have %s: %s %s is not there", op.Capability, op.Method, op.Path)
		}
		if slices.Contains(d.check.Operations, id) {
			t.Broken(d.Probe(t, id, spec.Nobody), spec.Mismatch{
				Expected: "the target has " + op.Capability + ", as is claimed (has:)", Actual: op.Method + " " + op.Path + " is not there",
			})
			t.FailNow()
		}
	}
}

// absent says whether an operation is missing with all others of its capability. One that is missing alone is a broken route.
func (d *deployment) absent(ctx context.Context, op *spec.Operation) bool {
	if !d.surelyMissing(ctx, op.ID) {
		return false
	}
	for _, other := range d.Contract().Operations() {
		if other.Capability == op.Capability && other.ID != op.ID && !d.surelyMissing(ctx, other.ID) {
			return false
		}
	}
	return true
}

// surelyMissing asks without a verdict: what cannot be found out here the check finds out for itself.
func (d *deployment) surelyMissing(ctx context.Context, operation string) bool {
	missing := false
	aside := newRecorder(ctx)
	aside.watch(func() { missing = d.Missing(aside, operation) })
	return missing && aside.verdict == result.Pass
}

// Missing compares, without a key, an operation's answer with the answer for a path that does not exist, and does so
// once more with a good key: a route that is there differs in one of the two.
func (d *deployment) Missing(t suites.T, operation string) bool {
	t.Helper()
	op, ok := d.Contract().Operation(operation)
	if !ok {
		panic("a check asks for an operation that the document does not have: " + operation)
	}
	for _, caller := range []spec.Caller{spec.Nobody, spec.Owner} {
		there := d.Probe(t, operation, caller)
		switch {
		case there.Success():
			return false
		case there.Status == http.StatusMethodNotAllowed:
			return true // the path is another operation's
		}
		name := "nowhere/" + op.Method + "/" + string(op.Surface) + "/" + string(caller)
		absent := spec.Call{Operation: operation, Caller: caller, Nowhere: true, Repeatable: true, RawPath: "/vexa-conformance/" + d.sharedKit(name).Word()}
		nowhere := d.shared(t, name, func(*fixtures.Kit) spec.Answer { return d.Call(t, absent) })
		probe := d.sharedKit(probeName(operation, caller)).Harmless(op)
		probe.Caller, probe.Repeatable = caller, true
		if !suites.Alike(d.Contract(), suites.Asked{Call: probe, Answer: there}, suites.Asked{Call: absent, Answer: nowhere},
			func(c spec.Call) spec.Answer { return d.Call(t, c) }) {
			return false
		}
	}
	return true
}
