// Package prove breaks the reference deployment in every way that is known, one at a time, and runs the checks against
// each: the matrix of faults and checks, which says what a verdict is worth.
package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Config says what is proven.
type Config struct {
	Editions []spec.Edition
	// Only are patterns of faults' names and of clauses; empty is everything.
	Only []string
	// Parallel is how many deployments are judged at once, at least 1.
	Parallel int
	Version  string
	// Checks are those of an edition; nil is all that there are.
	Checks func(*spec.Contract) []suites.Check
	// Progress, if set, gets each fault that was tried, one at a time.
	Progress func(done, total int, f result.ProvenFault)
}

// trial is one deployment to be judged: broken in one way, or different in a legal one.
type trial struct {
	result.ProvenFault
	// fault is the name of one of the reference's own.
	fault      string
	vary       []string
	middleware func(http.Handler) http.Handler
	// checks says which checks get an answer that the trial can change, once the unmodified reference is judged; nil is all.
	checks func() []string
	// skipped says that a clause which it breaks was skipped: a busy machine may not reach the limit that a check looks for.
	skipped bool
	// only is what checks said.
	only []string
	// also are clauses that it may break besides: see [wire.Fault].
	also []string
	// refuses says that it refuses what is right: see [wire.Fault].
	refuses bool
	// why is the first check without a verdict, and the reason.
	why string
	// inherited says that the proof of the base edition shows that the fault is found: here it must only not make the new checks
	// accuse falsely.
	inherited bool
	// reported are the clauses that it leaves without a verdict: see [reference.Fault].
	reported []string
}

// bench is one kind of the reference, on which trials are made.
type bench struct {
	contract   *spec.Contract
	hosted     bool
	checks     []suites.Check
	unmodified result.Run
	trials     []trial
	version    string
	// inherited are checks that another bench proves.
	inherited []suites.Check
}

// Run tries every fault and variation of the editions that the patterns choose. It fails where a pattern matches nothing,
// where the whole reference is not clean, and where a deployment cannot be started.
func Run(ctx context.Context, c Config) (result.Proof, error) {
	p := result.Proof{Schema: result.ProofSchema, Tool: result.Tool{Name: "vexa-conformance", Version: c.Version}, Started: time.Now().UTC()}
	var benches []*bench
	for _, e := range c.Editions {
		for _, hosted := range []bool{false, true} {
			if hosted && !e.Promises("rate.self-hosted-unlimited") {
				continue // the edition promises the same of both kinds
			}
			b, err := newBench(ctx, e, hosted, c)
			if err != nil {
				return p, err
			}
			if r := b.contract.Revision(); slices.Contains(c.Editions, r.Base) {
				if err := b.inherit(ctx, r.Base, c); err != nil {
					return p, err
				}
			}
			benches = append(benches, b)
		}
	}
	if err := choose(benches, c.Only); err != nil {
		return p, err
	}
	for _, b := range benches {
		if err := b.judgeUnmodified(ctx); err != nil {
			return p, err
		}
	}
	if err := tryAll(ctx, benches, c); err != nil {
		return p, err
	}
	conclude(&p, benches, len(c.Only) == 0 && len(c.Editions) == len(spec.Revisions()))
	p.Finished = time.Now().UTC()
	return p, nil
}

// newBench lists what is to be tried.
func newBench(ctx context.Context, e spec.Edition, hosted bool, c Config) (*bench, error) {
	contract, err := spec.Load(ctx, e)
	if err != nil {
		return nil, err
	}
	b := &bench{contract: contract, hosted: hosted, version: c.Version}
	if b.checks = suites.All(contract); c.Checks != nil {
		b.checks = c.Checks(contract)
	}
	b.trials = b.writtenFaults()
	// What the document gives rise to is the same for a hosted deployment, limits aside.
	for _, f := range wire.Faults(contract) {
		ofLimit := strings.HasPrefix(f.Name, "any/429/")
		if hosted && ofLimit || !hosted && (!ofLimit || b.limited()) {
			b.trials = append(b.trials, b.generated(f))
		}
	}
	b.trials = append(b.trials, b.legal()...)
	return b, nil
}

// judgeUnmodified judges the unmodified reference, which must be clean, and says with that which checks each trial needs.
func (b *bench) judgeUnmodified(ctx context.Context) (err error) {
	if len(b.trials) == 0 {
		return nil
	}
	b.unmodified, err = b.runTrial(ctx, trial{}, busy)
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return err // what was not judged for an interrupt says nothing of the reference
	}
	if b.unmodified.ExitCode != result.ExitKept {
		return fmt.Errorf("the unmodified reference of %s is not clean, so that nothing is proven: see run", b.name())
	}
	for i, t := range b.trials {
		if t.checks != nil {
			b.trials[i].only = t.checks()
		}
		if t.inherited {
			b.trials[i].only = b.news(b.trials[i].only)
		}
	}
	b.trials = slices.DeleteFunc(b.trials, func(t trial) bool { return t.inherited && len(t.only) == 0 })
	return nil
}

// news are the checks that the base edition does not prove, of these (nil is all), and what they look at: a check that sends
// nothing itself looks at the responses of those that request the same operations.
func (b *bench) news(of []string) []string {
	var only []string
	var looks []string
	sends := func(check suites.Check) bool { return check.Final == nil }
	chosen := func(check suites.Check) bool { return of == nil || slices.Contains(of, check.ID) }
	for _, check := range b.checks {
		if !b.inherits(check.ID) && chosen(check) {
			only = append(only, check.ID)
			if !sends(check) {
				looks = append(looks, check.Operations...)
			}
		}
	}
	for _, check := range b.checks {
		seen := slices.ContainsFunc(check.Operations, func(op string) bool { return slices.Contains(looks, op) })
		if b.inherits(check.ID) && chosen(check) && sends(check) && seen {
			only = append(only, check.ID)
		}
	}
	if !slices.ContainsFunc(b.checks, func(check suites.Check) bool { return sends(check) && slices.Contains(only, check.ID) }) {
		return nil // nothing would be sent
	}
	return only
}

func (b *bench) name() string {
	if b.hosted {
		return string(b.contract.Edition()) + ", hosted"
	}
	return string(b.contract.Edition())
}

// writtenFaults are the reference's own faults; the hosted kind is tried only with those that it alone has.
func (b *bench) writtenFaults() []trial {
	var trials []trial
	for _, f := range reference.Faults(string(b.contract.Edition()), b.hosted) {
		if b.hosted && !f.Hosted {
			continue
		}
		trials = append(trials, trial{
			ProvenFault: result.ProvenFault{Name: f.Name, Kind: result.Written, Breaks: f.Breaks, Clauses: append([]string{}, f.Clauses...), Why: f.Why},
			fault:       f.Name, reported: f.Reported, checks: func() []string { return b.without(bulk, f.Clauses) },
		})
	}
	return trials
}

// limited says whether the deployment throttles: everywhere, unless the edition promises that self-hosted ones do not.
func (b *bench) limited() bool {
	return b.hosted || !b.contract.Edition().Promises("rate.self-hosted-unlimited")
}

// inherit leaves out what the proof of the base edition shows: the checks, and the faults, of promises that are the same
// here. Faults of operations that a new check requests stay: they could make it accuse falsely.
func (b *bench) inherit(ctx context.Context, base spec.Edition, c Config) error {
	before, err := newBench(ctx, base, false, c)
	if err != nil {
		return err
	}
	differs := func(clauses []string) bool {
		return slices.ContainsFunc(clauses, func(id string) bool { return b.contract.Edition().Redefines(id, base) })
	}
	b.inherited = slices.DeleteFunc(before.checks, func(check suites.Check) bool { return differs(check.Clauses) })
	requested := map[string]bool{}
	var kept []trial
	for _, check := range b.checks {
		if !b.inherits(check.ID) {
			for _, operation := range slices.Concat(check.Operations, check.Needs) {
				requested[operation] = true
			}
		}
	}
	for _, t := range b.trials {
		operation, _, _ := strings.Cut(t.Name, "/")
		known := slices.ContainsFunc(before.trials, func(other trial) bool { return other.Name == t.Name })
		t.inherited = known && !differs(t.Clauses) && t.Name != everyVariation
		if !t.inherited || requested[operation] {
			kept = append(kept, t)
		}
	}
	b.trials = kept
	return nil
}

// inherits says whether the proof of the base edition shows what a check is worth.
func (b *bench) inherits(check string) bool {
	return slices.ContainsFunc(b.inherited, func(other suites.Check) bool { return other.ID == check })
}

// everyVariation is the name of the trial of all variations at once.
const everyVariation = "all-at-once"

// legal are the variations, one by one and all at once.
func (b *bench) legal() []trial {
	row := func(name, does string) result.ProvenFault {
		return result.ProvenFault{Name: name, Kind: result.Variation, Breaks: does, Clauses: []string{}}
	}
	var trials []trial
	all := trial{ProvenFault: row(everyVariation, "differs in all these ways")}
	for _, v := range reference.Variations(string(b.contract.Edition())) {
		if b.hosted {
			break // they are the self-hosted one's too
		}
		all.vary = append(all.vary, v.Name)
		trials = append(trials, trial{ProvenFault: row(v.Name, v.Does), vary: []string{v.Name}, checks: b.light})
	}
	wired := wire.Variations(b.contract, b.limited())
	all.middleware = wire.Middleware(slices.DeleteFunc(slices.Clone(wired), func(v wire.Variation) bool { return v.Alone })...)
	for _, v := range wired {
		if b.hosted && !v.Limits {
			continue // as above
		}
		t := trial{ProvenFault: row(v.Name, v.Does), middleware: wire.Middleware(v)}
		if !v.Limits {
			t.checks = b.light
		}
		trials = append(trials, t)
	}
	return append(trials, all)
}

// bulk is the number of requests from which on a check is one that sends until it is refused. Such checks are two fifths of the
// requests of a run, all of one operation and with one key, and look at nothing but whether they are refused.
const bulk = 150

// badInput is the clause whose checks send three fifths of the other requests: each wrong value in each field, and look at nothing but
// whether the server fails.
const badInput = "envelope.bad-input-is-not-500"

// without are the checks but for those that sent at least n requests to the unmodified reference until they were refused, and those that
// send bad input, unless they are about one of the clauses.
func (b *bench) without(n int, clauses []string) []string {
	var only []string
	for i, check := range b.checks {
		about := slices.ContainsFunc(check.Clauses, func(id string) bool { return slices.Contains(clauses, id) })
		exhausts := check.Effect == spec.Exhaust && len(b.unmodified.Checks[i].Exchanges) >= n
		if about || !exhausts && !slices.Contains(check.Clauses, badInput) {
			only = append(only, check.ID)
		}
	}
	return only
}

// light are the checks that send few requests.
func (b *bench) light() []string { return b.without(bulk, nil) }

func (b *bench) generated(f wire.Fault) trial {
	kind := result.Generated
	if f.Legal() {
		kind = result.Variation
	}
	return trial{
		ProvenFault: result.ProvenFault{Name: f.Name, Kind: kind, Breaks: f.Breaks, Clauses: append([]string{}, f.Clauses...), Why: f.Why},
		middleware:  f.Middleware(), checks: func() []string { return b.touched(f) }, refuses: f.Refuses, also: f.Also,
	}
}

// touched are the checks that get an answer which the fault can change, and those that look over all answers. The others
// see the very bytes of the whole deployment, so that running them again would show nothing.
func (b *bench) touched(f wire.Fault) []string {
	touches := func(e result.Exchange) bool {
		return e.Response != nil && f.Changes(e.Operation, e.Response.Status)
	}
	if slices.ContainsFunc(b.unmodified.Setup, touches) && f.Refuses {
		return nil // every check needs the users of the run
	}
	only, bad := []string{}, []string{}
	for i, check := range b.unmodified.Checks {
		switch {
		case !slices.ContainsFunc(check.Exchanges, touches):
		case slices.Contains(check.Clauses, badInput):
			bad = append(bad, b.checks[i].ID)
		default:
			only = append(only, b.checks[i].ID)
		}
	}
	if len(only) == 0 || slices.Contains(f.Clauses, badInput) || slices.Contains(f.Also, badInput) {
		only = append(only, bad...) // else the others see what the fault changes with fewer requests
	}
	if len(only) == 0 {
		return only
	}
	const few = 5 // requests, so that it costs little
	refusal := func(e result.Exchange) bool { return e.Response != nil && e.Response.Status/100 == 4 }
	witness := slices.IndexFunc(b.unmodified.Checks, func(c result.Check) bool {
		return len(c.Exchanges) < few && slices.ContainsFunc(c.Exchanges, refusal) && !slices.ContainsFunc(c.Exchanges, touches)
	})
	if witness >= 0 { // those that look over all answers must have an error to judge
		only = append(only, b.checks[witness].ID)
	}
	for _, check := range b.checks {
		if check.Final != nil && !slices.Contains(only, check.ID) {
			only = append(only, check.ID)
		}
	}
	return only
}

const (
	// patience is short enough for what never comes, and two thousand times what the reference's bots take for a step.
	patience = 2 * time.Second
	timeout  = 5 * time.Second
	// busy is how many times longer a trial waits that came out wrong with checks left without a verdict: so does one on
	// a machine that is busy with other work.
	busy = 10
)

// runTrial runs the checks against a deployment of its own, and waits so many times longer than usual.
func (b *bench) runTrial(ctx context.Context, t trial, longer time.Duration) (run result.Run, err error) {
	outage, err := os.CreateTemp("", "vexa-conformance-outage-*")
	if err != nil {
		return run, fmt.Errorf("make room for an outage: %w", err)
	}
	defer func() { _ = os.Remove(outage.Name()) }() // the run has deleted it, unless it broke off
	if err := errors.Join(outage.Close(), os.Remove(outage.Name())); err != nil {
		return run, fmt.Errorf("make room for an outage: %w", err)
	}
	o := reference.Options{Outage: outage.Name(), Edition: string(b.contract.Edition()), Hosted: b.hosted, Variations: t.vary, Middleware: t.middleware}
	if t.fault != "" {
		o.Faults = []string{t.fault}
	}
	d, err := reference.Start(ctx, o)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return deployment.Run(ctx, deployment.Config{
		Selection: plan.Selection{Contract: b.contract, Allow: spec.Effects(), Strength: spec.Should, Only: t.only},
		Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Hosted: b.hosted, Reference: true}, Timeout: longer * timeout, Version: b.version},
		Tenants:   fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), Outage: deployment.OutageFile(outage.Name()), BotBody: map[string]any{"scripted": true}, Parallel: 8, Patience: longer * patience, Seed: 1,
	}, b.checks)
}

// tryAll makes every trial, several at once.
func tryAll(ctx context.Context, benches []*bench, c Config) error {
	type place struct {
		b *bench
		i int
	}
	var places []place
	for _, b := range benches {
		for i := range b.trials {
			places = append(places, place{b, i})
		}
	}
	// Whole runs first, since they also wait; the short ones fill the gaps.
	slices.SortStableFunc(places, func(a, b place) int {
		return strings.Compare(string(b.b.trials[b.i].Kind), string(a.b.trials[a.i].Kind))
	})
	var (
		mu     sync.Mutex
		done   int
		failed error
	)
	parallel.ForEach(places, c.Parallel, func(p place) {
		if ctx.Err() != nil {
			return
		}
		t := &p.b.trials[p.i]
		err := p.b.try(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("try %s on %s: %w", t.Name, p.b.name(), err))
		}
		if done++; c.Progress != nil {
			c.Progress(done, len(places), t.ProvenFault)
		}
	})
	return errors.Join(failed, ctx.Err())
}
