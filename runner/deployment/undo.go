package deployment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// Undo has a call sent at the end of the check.
func (d *target) Undo(c spec.Call) (forget func()) {
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

// cleanUp cuts what is still open, and sends the undo calls, the last first, also where the run was interrupted.
func (d *target) cleanUp(ctx context.Context) {
	if d.own != nil {
		defer d.session.meetings.release(d.own)
	}
	for _, cut := range d.closers {
		cut()
	}
	ctx, cancel := d.session.cleanupContext(ctx)
	defer cancel()
	for _, c := range slices.Backward(d.undos) {
		if err := d.undo(ctx, *c); err != nil {
			op := d.operation(c.Operation)
			d.session.notes.AddAbout("", d.check.ID, fmt.Sprintf(" could not clean up with %s %s: %v", op.Method, op.Path, err))
		}
	}
}

// undo sends a request that cleans up. Without a key for its caller, nothing was created in that name.
func (d *target) undo(ctx context.Context, c spec.Call) error {
	op, _ := d.Contract().Operation(c.Operation)
	credential, sent, err := d.session.config.Tenants.Credential(ctx, c.Caller, op)
	var none *fixtures.NoKey
	switch {
	case errors.As(err, &none):
		return nil
	case err != nil:
		return err
	}
	c.Repeatable = true // deleting twice is harmless
	e := d.session.do(ctx, transport.Request{Call: c, Check: d.check.ID, Credential: credential, Anonymous: !sent, Pick: d.pickCredential(c, credential)})
	if e.Err == nil && !e.Response.Success() && !e.Response.ClientError() {
		return fmt.Errorf("it was answered %s", e.Response)
	}
	return e.Err
}
