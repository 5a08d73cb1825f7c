package transport

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"vexa-conformance/spec"
)

const (
	// aftermathLasts is how long a connection that a server closed after a 5xx may be met: gateways keep idle connections to
	// their backends for 5 s as a rule, and so do backends (uvicorn's and httpx's defaults).
	aftermathLasts = 10 * time.Second
	// AftermathRetries is how often one request is sent again for it. Where a check provokes one 5xx after the other, what is sent
	// beside it is lost every second time: one in 65,000 is lost so often.
	AftermathRetries = 16
	// aftermathComes is how long a 5xx is waited for that may explain a loss: both were on their way at the same time. It bounds a
	// request that hangs; as a rule what was on its way is answered within milliseconds, and on a busy machine within a second.
	aftermathComes = 2 * time.Second
)

// aftermath knows the 5xx answers of each host of which no lost request is the consequence yet. A server that fails on a request
// closes its connection; if a gateway kept that one open, it responds to the next request with a 502 or 503 which says nothing of it. Each
// 5xx explains one such answer.
type aftermath struct {
	mu      sync.Mutex
	hosts   map[string]*failures
	changed chan struct{} // closed at each change
}

// failures are those of one host.
type failures struct {
	unexplained []time.Time     // when the 5xx came that explain no loss yet
	last        time.Time       // when the last 5xx came
	flying      map[uint64]bool // requests that have no head of an answer yet
	sent        uint64          // how many requests were sent so far
}

// change changes what is known of a host, and wakes those who wait for it.
func (a *aftermath) change(host string, change func(*failures)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a.host(host))
	close(a.changed)
	a.changed = make(chan struct{})
}

// host are the failures of a host. The caller has the lock.
func (a *aftermath) host(host string) *failures {
	if a.hosts == nil {
		a.hosts, a.changed = map[string]*failures{}, make(chan struct{})
	}
	if a.hosts[host] == nil {
		a.hosts[host] = &failures{flying: map[uint64]bool{}}
	}
	return a.hosts[host]
}

// sent keeps that a request is on its way, until what it returns is called.
func (a *aftermath) sent(host string) (answered func()) {
	var number uint64
	a.change(host, func(f *failures) {
		f.sent++
		number = f.sent
		f.flying[number] = true
	})
	return func() { a.change(host, func(f *failures) { delete(f.flying, number) }) }
}

// failed keeps that a server failed. What a gateway says of its backend is not a failure of the backend: no connection is lost for it.
func (a *aftermath) failed(host string, status int) {
	if !(spec.Response{Status: status}).GatewayError() {
		a.change(host, func(f *failures) {
			f.last = time.Now()
			f.unexplained = append(f.unexplained, f.last)
		})
	}
}

// explains says whether a request was lost for a 5xx, and takes that one as the reason. One that was sent at the same time may
// still be answered with it: it is waited for, unless the request is a GET, which is sent again in any case.
func (a *aftermath) explains(ctx context.Context, e Exchange) bool {
	return a.await(ctx, e, func(f *failures) bool { return f.take() })
}

// mayExplain says whether a stream that was sent may be lost for a 5xx, which came after a moment. What is in its body may as well
// be all that the server has to say, so it takes none of those that explain what is certainly lost.
func (a *aftermath) mayExplain(ctx context.Context, e Exchange, after time.Time) bool {
	return a.await(ctx, e, func(f *failures) bool { return f.last.After(after) && time.Since(f.last) <= aftermathLasts })
}

// await waits until a reason is found, or all requests are answered that were on their way with this one.
func (a *aftermath) await(ctx context.Context, e Exchange, found func(*failures) bool) bool {
	timer := time.NewTimer(aftermathComes)
	defer timer.Stop()
	for latest := uint64(0); ; {
		a.mu.Lock()
		f := a.host(e.Request.URL.Host)
		if latest == 0 {
			latest = f.sent
		}
		ok, waits, changed := found(f), f.awaits(latest) && e.Request.Method != http.MethodGet, a.changed
		a.mu.Unlock()
		if ok || !waits {
			return ok
		}
		select {
		case <-changed:
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// awaits says whether a request has no answer yet that was sent before or as the latest one.
func (f *failures) awaits(latest uint64) bool {
	for number := range f.flying {
		if number <= latest {
			return true
		}
	}
	return false
}

// take takes the oldest 5xx that is recent enough.
func (f *failures) take() bool {
	old := time.Now().Add(-aftermathLasts)
	f.unexplained = slices.DeleteFunc(f.unexplained, func(at time.Time) bool { return at.Before(old) })
	if len(f.unexplained) == 0 {
		return false
	}
	f.unexplained = f.unexplained[1:]
	return true
}
