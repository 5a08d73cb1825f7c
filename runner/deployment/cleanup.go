package deployment

import (
	"context"
	"slices"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// CleanupBound is how long a cleanup of one target takes at most, unless more patience is asked for.
const CleanupBound = 2 * time.Minute

// outageBound is how long the operator's command may take to bring a backend back, so that there is time for the rest.
const outageBound = time.Minute

// CleanUp cleans up what a run left, by its journal, into which it writes what it makes and removes itself. It returns what it did and
// what is left, with the reasons and what to do. It fails with [transport.ErrUnreachable] where the target is not there.
func CleanUp(ctx context.Context, c Config, admin string, keys fixtures.Keys, u journal.Unfinished) (done, left []string, err error) {
	c = c.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, max(CleanupBound, c.Patience+CleanupBound/2))
	defer cancel()
	done, left = endOutage(ctx, c, u)
	t := transport.New(c.Contract, c.Options)
	defer t.Close()
	journal, err := u.Resume()
	if err != nil {
		return done, left, err
	}
	if journal != nil {
		t.Journal = journal
	}
	if len(u.Traces) == 0 {
		return done, left, nil // nothing was made, so that the target need not be there
	}
	if _, err := transport.Reach(ctx, t); err != nil {
		return done, left, err
	}
	send := func(ctx context.Context, call spec.Call, credential string) (spec.Response, error) {
		e := t.Do(ctx, transport.Request{Call: call, Check: "cleanup", Credential: credential}, transport.Observer{})
		return e.Response, e.Err
	}
	report := fixtures.CleanUp(ctx, c.Contract, admin, keys, send, u.Traces, c.Patience)
	done, left = slices.Concat(done, report.Done, report.Stays), append(left, report.Unfinished...)
	hide := redact.New(fixtures.NewTenants(0, admin, keys).Secrets())
	for i := range left {
		left[i] = hide.Text(left[i])
	}
	return done, left, nil
}

// endOutage brings a backend back that the run took down.
func endOutage(ctx context.Context, c Config, u journal.Unfinished) (done, left []string) {
	down := slices.ContainsFunc(u.Traces, func(t fixtures.Trace) bool { return t.Operation == fixtures.OutageTrace && !t.Answered })
	switch {
	case !down:
		return nil, nil
	case c.Outage == nil || c.Outage.Up == "":
		return nil, []string{"a backend of the target may still be down: bring it back, or have cleanup do so by the run's --config (outage: up)"}
	}
	ctx, cancel := context.WithTimeout(ctx, outageBound)
	defer cancel()
	if err := execute(ctx, c.Outage.Up); err != nil {
		return nil, []string{"a backend of the target may still be down (outage: up): " + err.Error()}
	}
	return []string{"brought back the backend (outage: up)"}, nil
}
