package deployment

import (
	"context"

	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// pickCredential chooses the credential of each attempt of a call: the caller's, until the limits of the target hold it back for long, and from
// then on a spare one of the same user, which leaves the caller's own to the requests that are about the very key.
func (d *target) pickCredential(c spec.Call, credential string) func(context.Context) string {
	sender, tenants, op := d.session.transport, d.session.config.Tenants, d.operation(c.Operation)
	available := func(credential string) bool {
		wait, _ := sender.Held(credential)
		return wait < transport.WorthASpare
	}
	current := credential
	return func(ctx context.Context) string {
		if c.Unretried || ctx.Err() != nil {
			return current
		}
		if wait, used := sender.Held(current); current != credential && wait >= transport.WorthASpare && !used {
			tenants.NoSpares()
		}
		current = credential
		if other, ok := tenants.Spare(ctx, c.Caller, op, available, !available(credential)); ok {
			current = other
		}
		return current
	}
}
