package runner

import (
	"context"
	"fmt"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// CleanUp takes back what a run left, by its journal. It fails with [ErrUnreachable] where the target is not there.
func CleanUp(ctx context.Context, c Config, admin string, keys fixtures.Keys, l Left) (done, left []string, err error) {
	t := NewTransport(c)
	defer t.Close()
	if _, err := reach(ctx, t); err != nil {
		return nil, nil, err
	}
	send := func(ctx context.Context, call spec.Call, credential string) (spec.Answer, error) {
		sent := t.Send(ctx, call, "cleanup", credential, true)
		for n := 0; sent.Err == nil && sent.Answer.Throttled() && n < 10; n++ {
			if err := pause(ctx, backoff(n, sent.Answer, sent.Started)); err != nil {
				return sent.Answer, fmt.Errorf("wait for a throttled %s: %w", call.Operation, err)
			}
			sent = t.Send(ctx, call, "cleanup", credential, true)
		}
		return sent.Answer, sent.Err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Patience+c.Timeout)
	defer cancel()
	done, left = fixtures.CleanUp(ctx, c.Contract, admin, keys, send, l.Traces)
	hide := newRedactor(fixtures.NewTenants(0, admin, keys).Secrets())
	for i := range left {
		left[i] = hide.text(left[i])
	}
	return done, left, nil
}
