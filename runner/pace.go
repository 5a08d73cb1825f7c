package runner

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vexa-conformance/spec"
)

// pacer spaces requests by what the target says of its limits. Limits in the field are counted for a key or for an address
// (surface.md), and a refusal does not say which: so each credential has a gate, and all of them share one.
type pacer struct {
	mu     sync.Mutex
	gates  map[string]*gate
	shared gate
	// refused is when a credential was last refused.
	refused map[string]time.Time
}

// together is for how long a refusal of another credential makes a limit one of the address: the field counts by the minute.
const together = time.Minute

func (p *pacer) gate(credential string) *gate {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gates == nil {
		p.gates, p.refused = map[string]*gate{}, map[string]time.Time{}
	}
	if p.gates[credential] == nil {
		p.gates[credential] = &gate{}
	}
	return p.gates[credential]
}

// wait returns when a request with a credential may go. It fails where the target asks for more patience than the run has.
func (p *pacer) wait(ctx context.Context, credential string) error {
	if err := p.gate(credential).wait(ctx); err != nil {
		return err
	}
	return p.shared.wait(ctx)
}

// longestAsked is the longest wait that is kept: it is far beyond what a run waits, and can be doubled 16 times.
const longestAsked = 24 * time.Hour

// learn looks at the answer to a request that went at a time.
func (p *pacer) learn(credential string, went time.Time, a spec.Answer) {
	g, now := p.gate(credential), time.Now()
	if !a.Throttled() {
		g.close(renewed(a.Header, now))
		g.grow()
		p.shared.grow()
		return
	}
	asked, _, _ := spec.RetryAfter(a.Header, now) // one that cannot be read is none
	asked = min(max(asked, firstBackoff), longestAsked)
	g.close(now.Add(asked))
	if p.others(credential, now) {
		g = &p.shared
		g.close(now.Add(min(asked, time.Second))) // longer waits each credential learns for itself
	}
	g.slow(went, asked)
}

// others says whether another credential was refused lately, and keeps that this one is.
func (p *pacer) others(credential string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := false
	for other, at := range p.refused {
		found = found || other != credential && now.Sub(at) < together
	}
	p.refused[credential] = now
	return found
}

// gate lets requests through as they come, until one is throttled. From then on it spaces them, and finds the rate that is let
// through as TCP does (RFC 5681, section 3.1): quickly up to three quarters of the rate that was too much, slowly above it.
type gate struct {
	mu      sync.Mutex
	closed  time.Time // nothing goes before it
	next    time.Time // the next one's turn
	rate    float64   // requests a second; 0 is as many as come
	enough  float64   // the rate from which on it grows slowly
	through int       // answers since the last refusal
	vain    int       // refusals since the last answer
	slowed  time.Time
}

const (
	// firstRate is tried after the first refusal: most limits in the field are some tens a second or some a minute, and four
	// doublings or halvings away from it.
	firstRate = 8
	// leastRate is the slowest limit in the field, 30 a minute (surface.md). What is refused even then is refused for other
	// reasons than how fast it is asked.
	leastRate = 0.5
	// nearly is how much of a rate that was too much is not.
	nearly = 0.75
	// A refusal after a few answers says that the rate is far too much; later ones, that it is a little too much.
	few, farSlower, slower = 4, 0.5, 0.8
	// The rate is doubled after a few answers, and once it is near the limit raised by two parts in a hundred after more of them:
	// a limit that is met costs a second at least, since Retry-After has no smaller unit.
	more, faster = 16, 1.02
)

// wait returns when a request may go. It fails where the target asks for more patience than the run has.
func (g *gate) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		now := time.Now()
		at := latest(now, g.next, g.closed)
		if asked := at.Sub(now); asked > throttlePatience {
			g.mu.Unlock()
			return fmt.Errorf("the target asks to be left alone for %s more (429), and a run waits %s at most: try again later",
				asked.Round(time.Second), throttlePatience)
		}
		if g.rate > 0 {
			g.next = at.Add(time.Duration(float64(time.Second) / g.rate))
		}
		given := g.slowed
		g.mu.Unlock()
		if at.After(now) {
			if err := pause(ctx, at.Sub(now)); err != nil {
				return fmt.Errorf("wait for what the target allows: %w", err)
			}
		}
		g.mu.Lock()
		goes := g.slowed.Equal(given) && !g.closed.After(time.Now())
		g.mu.Unlock()
		if goes {
			return nil
		} // what has slowed or closed meanwhile gives another turn
	}
}

func latest(t time.Time, others ...time.Time) time.Time {
	for _, other := range others {
		if other.After(t) {
			t = other
		}
	}
	return t
}

// close keeps everything back until a time.
func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = latest(g.closed, until)
}

// grow raises the rate after enough answers that were not refused.
func (g *gate) grow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.through++
	g.vain = 0
	switch {
	case g.rate == 0:
	case g.rate < g.enough && g.through%few == 0:
		g.rate = min(2*g.rate, g.enough)
	case g.through%more == 0:
		g.rate *= faster
	}
}

// slow lowers the rate, once for all that went before. What is refused again before anything was let through is not refused for how
// fast it is asked: a limit of so many a minute is used up, and the target asked for a wait that is too short. Then it is the wait
// that doubles.
func (g *gate) slow(went time.Time, asked time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case !went.After(g.slowed):
		return
	case g.rate > 0 && g.through == 0:
		g.vain++
		g.closed = latest(g.closed, now.Add(min(longestBackoff, asked<<min(g.vain, 16))))
	case g.rate == 0:
		g.rate, g.enough = firstRate, 1<<16 // where the limit is, is not known yet; no machine sends more
	case g.through < few:
		g.rate, g.enough = g.rate*farSlower, min(g.enough, g.rate*nearly)
	default:
		g.rate, g.enough = g.rate*slower, min(g.enough, g.rate*nearly)
	}
	g.rate = max(g.rate, leastRate)
	g.through, g.slowed, g.next = 0, now, now
}

// renewed is when a limit is renewed of which an answer says that nothing is left, and nothing otherwise: RateLimit-Remaining
// and RateLimit-Reset, with or without X-, in seconds or, as some have it, in Unix time.
func renewed(h http.Header, now time.Time) time.Time {
	for _, prefix := range []string{"", "X-"} {
		left, reset := h.Get(prefix+"RateLimit-Remaining"), h.Get(prefix+"RateLimit-Reset")
		seconds, err := strconv.ParseInt(reset, 10, 64)
		if left != "0" || err != nil {
			continue
		}
		const longest = 24 * 60 * 60 // no limit in the field is counted by more than a day
		if at := time.Unix(seconds, 0); seconds > longest && at.Sub(now).Abs() < longest*time.Second {
			return at
		}
		if seconds <= longest {
			return now.Add(time.Duration(seconds) * time.Second)
		}
	}
	return time.Time{}
}
