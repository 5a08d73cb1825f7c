package detect

import (
	"context"
	"net/http"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/spec"
)

// Present says which parts of Vexa (capabilities) the target is found to have: those of which every operation exists,
// except deletions, which releases implement last, and operations that often have a port of their own. Guarded are those that cannot be seen without a
// key, since every path under their prefix is refused.
func Present(ctx context.Context, c deployment.Config) (has, guarded []string, err error) {
	p := newProbe(c, []*spec.Contract{c.Contract})
	defer p.close()
	if err := p.reach(ctx); err != nil {
		return nil, nil, err
	}
	for _, capability := range c.Contract.Capabilities() {
		switch p.capability(ctx, c.Contract, capability) {
		case spec.Exists:
			has = append(has, capability)
		case spec.Guarded:
			guarded = append(guarded, capability)
		}
	}
	return has, guarded, ctx.Err()
}

// capability is the least that is seen of its operations.
func (p *probe) capability(ctx context.Context, c *spec.Contract, name string) spec.Presence {
	worst := spec.Exists
	for _, op := range c.Operations() {
		if op.Capability != name || op.Method == http.MethodDelete || op.Surface != spec.Public ||
			fixtures.HarmlessEffect(op) != spec.Observe {
			continue
		}
		switch is, _ := p.presence(ctx, c, op); is {
		case spec.Absent, spec.WithoutMethod, spec.Unclear:
			return is // one is missing, so that the rest need not be looked at
		case spec.Guarded:
			worst = is
		}
	}
	return worst
}
