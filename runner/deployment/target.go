package deployment

import (
	"context"
	"errors"
	"slices"
	"sync"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// target is the target as one check sees it.
type target struct {
	session *Session
	check   suites.Check
	kit     *fixtures.Kit

	mu    sync.Mutex
	undos []*spec.Call
	// closers cut the streams and sockets of the check.
	closers []func()
	// own is the operator's meeting that the check has to itself.
	own fixtures.OwnMeeting
	// sharing is the once-a-run work that the check is doing for others, if any.
	sharing string
}

func (d *target) Contract() *spec.Contract { return d.session.config.Contract }

func (d *target) Fixtures() *fixtures.Kit { return d.kit }

func (d *target) Allows(e spec.Effect) bool { return slices.Contains(d.session.config.Allow, e) }

// Stimulus is a prompt of the operator's, or of a deployment that the harness knows.
func (d *target) Stimulus(t suites.T, outcome fixtures.Outcome) string {
	t.Helper()
	prompt := d.session.config.Stimuli.Known(d.session.server).Prompt(outcome)
	if prompt == "" {
		t.Skipf("no prompt is known that has this outcome on this deployment: give stimuli.%s in --config", outcome)
	}
	return prompt
}

// BotThatCannotJoin has the operator's stimulus, or the script of a bot that fails to join.
func (d *target) BotThatCannotJoin(m fixtures.Meeting) (bot map[string]any, provoked bool) {
	return d.kit.BotThatCannotJoin(d.session.config.Stimuli, m)
}

// Provisioning is what made the run's users and keys, those of the callers among them.
func (d *target) Provisioning(t suites.T, callers ...spec.Caller) []suites.Observation {
	d.session.config.Tenants.Prepare(t.Context(), callers...)
	return d.session.record.Of(transport.Setup)
}

// Call sends as the call's caller. If there is no credential for the caller the check is skipped or blocked, where
// there is no answer it is blocked.
func (d *target) Call(t suites.T, c spec.Call) spec.Response {
	t.Helper()
	a, err := d.send(t, c)
	if err != nil {
		t.Blocked("%v", err)
	}
	return a
}

// Attempt is Call, but for the loss of the answer, which it returns.
func (d *target) Attempt(t suites.T, c spec.Call) (a spec.Response, lost error) {
	t.Helper()
	c.LookFirst = true
	return d.send(t, c)
}

// send sends a call until there is an answer to judge, or returns its loss.
func (d *target) send(t suites.T, c spec.Call) (a spec.Response, lost error) {
	t.Helper()
	a, lost = d.deliver(t, d.located(t, c))
	if lost == nil {
		d.unimplemented(t, c, a.Status)
	}
	return a, lost
}

// located sends a call to where the deployment has its operation, if the check says nothing of that.
func (d *target) located(t suites.T, c spec.Call) spec.Call {
	t.Helper()
	op := d.operation(c.Operation)
	if c.RawPath == "" && c.At == "" && !c.Nowhere && len(op.Aliases) > 0 {
		if at := d.ownPlace(t.Context(), op); at.path != op.Path {
			c.RawPath = at.path
		}
	}
	return c
}

// deliver sends a call until the answer is no throttling, whatever the answer says.
func (d *target) deliver(t suites.T, c spec.Call) (a spec.Response, lost error) {
	t.Helper()
	c.Caller = d.callerOf(c.Caller)
	r := d.request(t, c)
	r.Pick = d.pickCredential(c, r.Credential)
	e := d.session.do(t.Context(), r)
	if e.Err != nil && !transport.ConnectionLost(e.Err) {
		t.Blocked("%v", e.Err)
	}
	return judged(t, e.Response), e.Err
}

// judged is an answer as a check gets it: one that needs more of the body than was read ends there without a verdict.
func judged(t suites.T, a spec.Response) spec.Response {
	a.Incomplete = func() {
		t.Helper()
		t.Blocked("%s", a)
	}
	return a
}

// request is the request of a call, with its caller's credential.
func (d *target) request(t suites.T, c spec.Call) transport.Request {
	t.Helper()
	credential, sent := d.credential(t, c)
	return transport.Request{Call: c, Check: d.check.ID, Credential: credential, Anonymous: !sent}
}

func (d *target) credential(t suites.T, c spec.Call) (value string, sent bool) {
	t.Helper()
	op := d.operation(c.Operation)
	if c.Caller == spec.Minted {
		return c.Key, true
	}
	value, sent, err := d.session.config.Tenants.Credential(t.Context(), c.Caller, op)
	var none *fixtures.NoKey
	switch {
	case errors.As(err, &none):
		t.Skipf("%v", none)
	case err != nil:
		if c.Caller == spec.Revoked { // a key cannot be revoked if the route for that is not implemented
			for _, seen := range d.session.record.Of(transport.Setup) {
				d.unimplemented(t, seen.Call, seen.Response.Status)
			}
		}
		t.Blocked("%v", err)
	}
	return value, sent
}

// MissingKey is what would give a caller of an operation a credential.
func (d *target) MissingKey(t suites.T, operation string, caller spec.Caller) (give string) {
	t.Helper()
	_, _, err := d.session.config.Tenants.Credential(t.Context(), caller, d.operation(operation))
	var none *fixtures.NoKey
	if errors.As(err, &none) {
		return none.Give
	}
	return ""
}

// Probe sends the harmless request of an operation as a caller, once a run.
func (d *target) Probe(t suites.T, operation string, caller spec.Caller) spec.Response {
	t.Helper()
	op := d.operation(operation)
	a := d.probeAt(t, op, d.ownPlace(t.Context(), op), caller)
	d.unimplemented(t, spec.Call{Operation: operation}, a.Status)
	return a
}

// Control does once a run what shows that a request is accepted, and returns its answer.
func (d *target) Control(t suites.T, name string, accept func(*fixtures.Kit) spec.Response) spec.Response {
	t.Helper()
	return d.shared(t, "control/"+name, "control/"+name, accept)
}

// sharedKit is the kit of once-a-run work: a new one makes the same ids.
func (d *target) sharedKit(name string) *fixtures.Kit {
	return fixtures.NewKit(d.session.config.Seed, name, d.session.config.BotBody)
}

// shared gives the once-a-run work a kit of its own, named so that its ids are the same whichever check comes first and
// whichever port the target has. The key says what is the same work.
func (d *target) shared(t suites.T, name, key string, do func(*fixtures.Kit) spec.Response) spec.Response {
	t.Helper()
	a, ok := d.session.memos.Do(t.Context(), key, func() spec.Response {
		outer := d.sharing
		d.sharing = key
		defer func() { d.sharing = outer }()
		return do(d.sharedKit(name))
	})
	if !ok {
		d.session.skipAsShared(t, key)
		t.Blocked("there is no answer to %s, which another check asked for", name)
	}
	d.session.record.Share(d.check.ID, a.Seq)
	return judged(t, a)
}

// Burst releases the calls at once.
func (d *target) Burst(t suites.T, calls []spec.Call) []spec.Response {
	t.Helper()
	exchanges := make([]transport.Exchange, len(calls))
	start := make(chan struct{})
	var wg parallel.Group
	for i, c := range calls {
		c.Unretried = true
		r := d.request(t, c)
		wg.Go(func() {
			<-start
			e := d.session.transport.Send(t.Context(), r)
			if d.session.transport.LostTo5xx(t.Context(), e) {
				e.Retry = transport.ClosedAfter5xx // its response, if any, is not judged, though nothing of a burst is sent again
			}
			exchanges[i] = e
		})
	}
	close(start)
	wg.Wait()
	answers := make([]spec.Response, len(calls))
	for i, e := range exchanges {
		d.session.record.Add(&e)
		answers[i] = judged(t, e.Response)
		if answers[i].Lost = e.Retry == transport.ClosedAfter5xx; e.Err != nil && !answers[i].Lost {
			t.Blocked("one of %d requests at once has no answer: %v", len(calls), e.Err)
		}
	}
	for i, a := range answers {
		d.unimplemented(t, calls[i], a.Status)
	}
	return answers
}

// claimed ends a check of what the target does not have, or that needs that: where the operator claims what it judges, that is
// a failure, and otherwise it is nothing to judge.
func (d *target) claimed(t suites.T) {
	t.Helper()
	for _, id := range slices.Concat(d.check.Operations, d.check.Needs) {
		op, ok := d.Contract().Operation(id)
		if !ok || op.Capability == "" || !d.absent(t.Context(), op) {
			continue
		}
		if !slices.Contains(d.session.config.Has, op.Capability) {
			t.NotApplicable("the target does not have %s: %s %s is not there", op.Capability, op.Method, op.Path)
		}
		if slices.Contains(d.check.Operations, id) {
			shown, _ := d.missingAt(t.Context(), op, d.ownPlace(t.Context(), op))
			t.Broken(shown, spec.Mismatch{
				Expected: "the target has " + op.Capability + ", as is claimed (has:)", Actual: op.Method + " " + op.Path + " is not there",
			})
			t.FailNow()
		}
	}
}

// absent says whether an operation is missing with all others of its capability. One that is missing alone is not
// implemented.
func (d *target) absent(ctx context.Context, op *spec.Operation) bool {
	for _, other := range d.Contract().Operations() {
		if other.Capability != op.Capability {
			continue
		}
		if _, missing := d.missingAt(ctx, other, d.ownPlace(ctx, other)); !missing {
			return false
		}
	}
	return true
}
