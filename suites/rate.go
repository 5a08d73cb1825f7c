package suites

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vexa-conformance/spec"
)

// rate sends until it is refused, or until it is sure that it will not be. The runner keeps these checks for the end
// and runs each alone.
func rate(c *spec.Contract) []Check {
	limited := AnyKind
	if _, split := c.Clause("rate.self-hosted-unlimited"); split {
		limited = Hosted // an edition that promises no limit to self-hosters has limits only where it is hosted
	}
	check := func(id string, kind Kind, run func(T, Deployment)) Check {
		clause := strings.Replace(id, "/", ".", 1)
		return Check{ID: id, Clauses: []string{clause}, Kind: kind, Effect: spec.Exhaust, Operations: []string{"getBotsStatus"}, Run: run}
	}
	return []Check{
		check("auth/valid-key-under-load", AnyKind, keyUnderLoad),
		check("rate/self-hosted-unlimited", SelfHosted, unlimited),
		check("rate/throttled", limited, throttled),
		check("rate/retry-after-is-honest", limited, honestRetryAfter),
	}
}

const (
	// inFlight requests at once are more than the connections that a deployment's key store usually has.
	inFlight = 64
	// burstReads is above every limit in the field: 120 a minute for a key, 600 a minute for an address, a burst of 120
	// and then 40 a second for a user (surface.md).
	burstReads = 704
	// untilRefused bounds the search for a limit: twice the highest one in the field, and above the reference's.
	untilRefused = 1536
	// longestWait is the longest Retry-After that a run sits out: the limits in the field are counted by the minute.
	longestWait = 90 * time.Second
)

func reads(n int, caller spec.Caller) []spec.Call {
	calls := make([]spec.Call, n)
	for i := range calls {
		calls[i] = spec.Call{Operation: "getBotsStatus", Caller: caller}
	}
	return calls
}

func keyUnderLoad(t T, d Deployment) {
	requireSuccess(t, d.Call(t, reads(1, spec.Other)[0]), "one reading with the same key, alone,")
	op := mustOperation(d.Contract(), "getBotsStatus")
	for range 3 { // three rounds: the first also opens the connections, which spreads its requests
		for _, a := range d.Burst(t, reads(inFlight, spec.Other)) {
			if d.Contract().Refuses(op, "auth.unknown-key", a) {
				broken(t, a, "auth.valid-key-under-load", "no authentication error for a valid key", "%s", a)
				return
			}
		}
	}
}

// burst sends in waves of what is in flight at once, and returns the answers of the first wave that are not successes, if any.
func burst(t T, d Deployment, n int) (refused []spec.Response) {
	t.Helper()
	for sent := 0; sent < n && len(refused) == 0; sent += inFlight {
		for _, a := range d.Burst(t, reads(inFlight, spec.Other)) {
			if !a.Success() && !a.Lost {
				refused = append(refused, a)
			}
		}
	}
	return refused
}

func unlimited(t T, d Deployment) {
	requireSuccess(t, d.Call(t, reads(1, spec.Other)[0]), "one reading with the same key, alone,")
	if refused := burst(t, d, burstReads); len(refused) > 0 && refused[0].Throttled() {
		broken(t, refused[0], "rate.self-hosted-unlimited", "no reading of the burst is throttled", "%s", refused[0])
	}
}

// exhausted returns the refusals that a run meets when it sends on and on.
func exhausted(t T, d Deployment) []spec.Response {
	t.Helper()
	refused := burst(t, d, untilRefused)
	if len(refused) == 0 {
		t.NotApplicable("no limit was met within %d readings: there is no throttled request to look at", untilRefused)
	}
	if a := refused[0]; d.Contract().Refuses(mustOperation(d.Contract(), "getBotsStatus"), "auth.unknown-key", a) {
		t.Blocked("a valid key is refused under load, before any limit is met: %s", a) // see auth/valid-key-under-load
	}
	return refused
}

func throttled(t T, d Deployment) {
	requireSuccess(t, d.Call(t, reads(1, spec.Other)[0]), "one reading with the same key, alone,")
	expectClause(t, d, exhausted(t, d)[0], "rate.throttled")
}

// honestRetryAfter waits for as long as any of the refusals asks for: whoever goes on while it is refused may be banned for longer
// than the first one says, and what was in flight looks like that.
func honestRetryAfter(t T, d Deployment) {
	a := longestToWait(exhausted(t, d))
	wait, given, err := a.RetryAfter()
	switch {
	case err != nil:
		t.Blocked("the refusal names no time to wait: %v", err)
	case !given:
		t.Blocked("the refusal names no time to wait: %s", a)
	case wait > longestWait:
		t.Skipf("the refusal asks for a wait (Retry-After: %s) that is longer than the %s that a run waits, so that it is not tested",
			a.Header.Get("Retry-After"), longestWait)
	}
	d.Pause(t, wait)
	again := d.Burst(t, reads(1, spec.Other))[0]
	if again.Throttled() && !d.OwnTenant() {
		// Somebody else with the key may have been faster.
		d.Pause(t, wait)
		again = d.Burst(t, reads(1, spec.Other))[0]
	}
	if again.Throttled() {
		broken(t, again, "rate.retry-after-is-honest", "let through after the "+wait.String()+" that Retry-After named", "%s", again)
	}
}

// longestToWait is the refusal that asks for the longest wait; one that cannot be read asks for none.
func longestToWait(refused []spec.Response) spec.Response {
	return slices.MaxFunc(refused, func(a, b spec.Response) int {
		first, _, _ := a.RetryAfter()
		second, _, _ := b.RetryAfter()
		return cmp.Compare(first, second)
	})
}
