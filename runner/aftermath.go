package runner

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
	// aftermathRetries is how often one request is sent again for it. Where a check provokes one 5xx after the other, what is sent
	// beside it is lost every second time: one in 65,000 is lost so often.
	aftermathRetries = 16
	// aftermathComes is how long a 5xx is waited for that may explain a loss: both were on their way at the same time.
	aftermathComes = 250 * time.Millisecond
)

// aftermath knows the 5xx answers of each host of which no lost request is the consequence yet. A server that fails on a request
// closes its connection; where a gateway held that one, it answers the next request with a 502 or 503 which says nothing of it. Each
// 5xx explains one such answer.
type aftermath struct {
	mu      sync.Mutex
	errors  map[string][]time.Time
	flying  map[string]int // requests that have no head of an answer yet
	changed chan struct{}  // closed at each change
}

// change changes what is known, and wakes those who wait for it.
func (a *aftermath) change(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed == nil {
		a.errors, a.flying, a.changed = map[string][]time.Time{}, map[string]int{}, make(chan struct{})
	}
	change()
	close(a.changed)
	a.changed = make(chan struct{})
}

// sent keeps that a request is on its way, until what it returns is called.
func (a *aftermath) sent(host string) (answered func()) {
	a.change(func() { a.flying[host]++ })
	return func() { a.change(func() { a.flying[host]-- }) }
}

// failed keeps that a server failed. What a gateway says of its backend is no failure of the backend's: no connection is lost for it.
func (a *aftermath) failed(host string, status int) {
	if !(spec.Answer{Status: status}).GatewayError() {
		a.change(func() { a.errors[host] = append(a.errors[host], time.Now()) })
	}
}

// explains says whether a request was lost for a 5xx, and takes that one as the reason. One that was sent at the same time may
// still be answered with it: it is waited for, unless the request is a GET, which is sent again in any case.
func (a *aftermath) explains(ctx context.Context, sent Sent) bool {
	host := sent.Request.URL.Host
	timer := time.NewTimer(aftermathComes)
	defer timer.Stop()
	for {
		a.mu.Lock()
		found, waits, changed := a.take(host), a.flying[host] > 0 && sent.Request.Method != http.MethodGet, a.changed
		a.mu.Unlock()
		if found || !waits {
			return found
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

// take takes the oldest 5xx of a host that is recent enough. The caller has the lock.
func (a *aftermath) take(host string) bool {
	old := time.Now().Add(-aftermathLasts)
	recent := slices.DeleteFunc(a.errors[host], func(at time.Time) bool { return at.Before(old) })
	if len(recent) == 0 {
		delete(a.errors, host)
		return false
	}
	a.errors[host] = recent[1:]
	return true
}
