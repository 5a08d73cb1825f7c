package runner

import (
	"context"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// CleanUp takes back what a run left, by its journal. It fails with [ErrUnreachable] where the target is not there.
func CleanUp(ctx context.Context, c Config, admin string, keys fixtures.Keys, l Left) (done, left []string, err error) {
	done, left = endOutage(ctx, c, l)
	t := NewTransport(c)
	defer t.Close()
	if _, err := Reach(ctx, t); err != nil {
		return done, left, err
	}
	send := func(ctx context.Context, call spec.Call, credential string) (spec.Answer, error) {
		sent := t.Patiently(ctx, call, "cleanup", credential, true)
		return sent.Answer, sent.Err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Patience+c.Timeout)
	defer cancel()
	undone, still := fixtures.CleanUp(ctx, c.Contract, admin, keys, send, l.Traces)
	done, left = append(done, undone...), append(left, still...)
	hide := newRedactor(fixtures.NewTenants(0, admin, keys).Secrets())
	for i := range left {
		left[i] = hide.text(left[i])
	}
	return done, left, nil
}

// endOutage brings a backend back that the run took down.
func endOutage(ctx context.Context, c Config, l Left) (done, left []string) {
	down := slices.ContainsFunc(l.Traces, func(t fixtures.Trace) bool { return t.Operation == fixtures.OutageTrace && !t.Answered })
	switch {
	case !down:
		return nil, nil
	case c.Outage == nil || c.Outage.Up == "":
		return nil, []string{"a backend of the target may still be down: bring it back, or have cleanup do so by the run's --config (outage: up)"}
	}
	if err := execute(ctx, c.Outage.Up); err != nil {
		return nil, []string{"a backend of the target may still be down (outage: up): " + err.Error()}
	}
	return []string{"brought back the backend (outage: up)"}, nil
}
