package runner

import (
	"context"
	"time"

	"vexa-conformance/spec"
)

// worthASpare is the wait from which on another key is used: limits of some a second are over sooner, those counted by the minute
// are not.
const worthASpare = 2 * time.Second

// pick chooses the credential of each attempt of a call: the caller's, until the limits of the target hold it back for long, and from
// then on a spare one of the same user, which leaves the caller's own to the requests that are about the very key.
func (d *deployment) pick(c spec.Call, credential string) func(context.Context) string {
	limits, tenants, op := d.session.transport.limits, d.session.config.Tenants, d.operation(c.Operation)
	free := func(credential string) bool {
		wait, _ := limits.held(credential)
		return wait < worthASpare
	}
	current := credential
	return func(ctx context.Context) string {
		if c.Unretried || ctx.Err() != nil {
			return current
		}
		if wait, used := limits.held(current); current != credential && wait >= worthASpare && !used {
			tenants.NoSpares()
		}
		current = credential
		if other, ok := tenants.Spare(ctx, c.Caller, op, free, !free(credential)); ok {
			current = other
		}
		return current
	}
}
