package transport

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vexa-conformance/spec"
)

// limiter holds requests back by what the target's responses say of its limits. Limits in the field are counted for a key, a
// user or an address (surface.md), and a refusal does not say which: each credential has a lane of its own, and a request
// that is let through again in one of them lets the others try at once.
type limiter struct {
	mu    sync.Mutex
	lanes map[string]*lane
	// address is the one lane of all credentials, once two of them have met a rate: it is then counted for the address.
	address *lane
	// changed is closed, and replaced, when a request that waits may go.
	changed chan struct{}
	// onWait, if set, is called when a request has to wait, and with 0 when none waits any more.
	onWait  func(wait time.Duration)
	waiting int
}

// lane is what the limiter knows of one credential. It knows two kinds of limit by how many requests went through between two
// refusals: many of them are a quota, which is used at full speed once it is renewed; few are a rate, which is approached as
// TCP does (RFC 5681, section 3.1).
type lane struct {
	shut     time.Time // no request goes before it
	asked    time.Time // the part of that wait that the target itself asks for
	refused  time.Time // the last refusal; one of a request that was sent before it says nothing new
	next     time.Time // when the next request of a lane with a rate may go
	rate     float64   // requests a second; 0 has no bound
	ceiling  float64   // the rate from which on it grows slowly
	inFlight int
	width    int // how many requests may be in flight; 0 has no bound
	accepted int // responses since the last refusal
	quota    int // how many were accepted between the last two refusals
	again    int // refusals since the last accepted request
}

const (
	// leastShut is the wait after a refusal without Retry-After, whose least unit it is.
	leastShut = time.Second
	// longestShut bounds the wait between two attempts where the target asks for less: limits in the field are counted by the
	// minute, of which it is a small part, and a minute sees a dozen attempts at most.
	longestShut = 8 * time.Second
	// longestAsked is far beyond what a run waits, and still a time to which others can be added.
	longestAsked = 24 * time.Hour
	// manyAccepted requests between two refusals are a quota: more than a gateway saves up for a rate of some a second.
	manyAccepted = 32
	// nearQuota is the part of a quota from which on one request is in flight at a time, so that one is refused and not eight.
	nearQuota = 0.9
	// windowRefusals in a row, after waits that doubled, are no rate: a quota is used up until its time is over.
	windowRefusals = 3
	// firstRate is tried after the first refusal: most rates in the field are four doublings or halvings away from it.
	firstRate = 8
	// leastRate is the slowest limit in the field, 30 a minute (surface.md).
	leastRate = 0.5
	// A rate that was refused after a few responses is far too high, after more a little.
	fewAccepted, halved, lowered = 4, 0.5, 0.8
	// The rate doubles after a few responses up to three quarters of the one that was refused; from there on it grows by two
	// parts in a hundred after more of them, since meeting the limit costs a second.
	ceilingPart, moreAccepted, raised = 0.75, 16, 1.02
)

func newLimiter() *limiter {
	return &limiter{lanes: map[string]*lane{}, changed: make(chan struct{})}
}

// acquire returns when a request with a credential may go, and the caller then gives the response to release; or false if it may
// not within a time, so that the caller can take another credential. It fails if the target asks for a longer wait than a run has,
// or when ctx ends.
func (l *limiter) acquire(ctx context.Context, credential string, within time.Duration) (bool, error) {
	waited, deadline := false, time.Now().Add(within)
	defer func() {
		if waited {
			l.wait(-1, 0)
		}
	}()
	for {
		wait, changed := l.enter(credential)
		switch left := time.Until(deadline); {
		case wait == 0:
			return true, nil
		case wait > throttlePatience:
			return false, fmt.Errorf("the target asks for a wait of %s (429), and a run waits %s at most: try again later",
				wait.Round(time.Second), throttlePatience)
		case left <= 0:
			return false, nil
		default:
			wait = min(wait, left)
		}
		if !waited {
			waited = true
			l.wait(1, wait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			timer.Stop()
			return false, fmt.Errorf("wait for the limits of the target: %w", context.Cause(ctx))
		}
		timer.Stop()
	}
}

// wait counts the requests that wait, and reports it.
func (l *limiter) wait(change int, wait time.Duration) {
	l.mu.Lock()
	l.waiting += change
	report, none := l.onWait, l.waiting == 0
	l.mu.Unlock()
	if report != nil && (change > 0 || none) {
		report(wait)
	}
}

// enter takes a place in the lane, or returns how long to wait for one, at most, and what ends the wait earlier.
func (l *limiter) enter(credential string) (time.Duration, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, now := l.lane(credential), time.Now()
	switch {
	case c.shut.After(now):
		return c.shut.Sub(now), l.changed
	case c.width > 0 && c.inFlight >= c.width:
		return throttlePatience, l.changed // the response in flight ends it
	case c.rate > 0 && c.next.After(now):
		return c.next.Sub(now), l.changed
	}
	c.inFlight++
	if c.rate > 0 {
		c.next = now.Add(time.Duration(float64(time.Second) / c.rate))
	}
	return 0, nil
}

// held is how long the lane of a credential is shut, and whether it has let anything through since it was last refused, or ever.
func (l *limiter) held(credential string) (wait time.Duration, used bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.lane(credential)
	return time.Until(c.shut), c.accepted > 0 || c.quota > 0
}

func (l *limiter) lane(credential string) *lane {
	if l.address != nil {
		return l.address
	}
	c := l.lanes[credential]
	if c == nil {
		c = &lane{}
		l.lanes[credential] = c
	}
	return c
}

// release gives back the place of a request that was sent at a time, and learns from its response; nil is none.
func (l *limiter) release(credential string, sent time.Time, a *spec.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, now := l.lane(credential), time.Now()
	c.inFlight--
	switch {
	case a == nil:
	case a.Throttled():
		c.refuse(sent, now, min(retryAfter(*a), longestAsked))
		l.join(c, now)
	default:
		if c.again > 0 && sent.After(c.refused) {
			l.reopen(c, now)
		}
		c.accept(sent, now, renewed(a.Header, now))
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// reopen lets the other lanes try at once: where one limit holds for all of them, it has room again.
func (l *limiter) reopen(opened *lane, now time.Time) {
	for _, c := range l.lanes {
		if c != opened && c.shut.After(now) {
			c.shut = latest(now, c.asked)
		}
	}
}

// join makes one lane of all once a second one has met a rate within a minute, the period by which limits in the field are
// counted. Quotas stay apart: each lane finds its own.
func (l *limiter) join(c *lane, now time.Time) {
	if l.address != nil || c.rate == 0 {
		return
	}
	inFlight, rates := 0, 0
	for _, other := range l.lanes {
		inFlight += other.inFlight
		if other.rate > 0 && now.Sub(other.refused) < time.Minute {
			rates++
		}
	}
	if rates > 1 {
		l.address, c.inFlight = c, inFlight
	}
}

// accept learns from a response that is no refusal, to a request that was sent at a time. Renewed is when a quota is renewed of
// which nothing is left.
func (c *lane) accept(sent, now, renewed time.Time) {
	c.shut, c.asked = latest(c.shut, renewed), latest(c.asked, renewed)
	if !sent.After(c.refused) {
		return // it was let through before the refusal: after it, a quota would look like a rate
	}
	if c.again >= windowRefusals {
		c.rate = 0
	}
	c.accepted++
	c.again = 0
	if c.width > 0 {
		c.width++
	}
	if left := float64(c.accepted) / float64(max(1, c.quota)); c.rate == 0 && c.quota > 0 && left > nearQuota && left < 2-nearQuota {
		c.width = 1
	}
	switch {
	case c.rate == 0:
	case c.rate < c.ceiling && c.accepted%fewAccepted == 0:
		c.rate = min(2*c.rate, c.ceiling)
	case c.accepted%moreAccepted == 0:
		c.rate *= raised
	}
}

// refuse learns from a refusal of a request that was sent at a time, and shuts the lane.
func (c *lane) refuse(sent, now time.Time, asked time.Duration) {
	c.asked = latest(c.asked, now.Add(asked))
	c.shut = latest(c.shut, c.asked)
	if !c.refused.IsZero() && !sent.After(c.refused) {
		return
	}
	switch {
	case c.accepted == 0:
		c.again++
	case c.rate == 0 && c.accepted >= manyAccepted:
		c.again, c.quota = 1, c.accepted
	case c.rate == 0:
		c.again, c.rate, c.ceiling = 1, firstRate, 1<<16 // where the limit is, is not known yet; no machine sends more
	case c.accepted < fewAccepted:
		c.again, c.rate, c.ceiling = 1, max(leastRate, c.rate*halved), min(c.ceiling, c.rate*ceilingPart)
	default:
		c.again, c.rate, c.ceiling = 1, max(leastRate, c.rate*lowered), min(c.ceiling, c.rate*ceilingPart)
	}
	c.shut = latest(c.shut, now.Add(min(longestShut, leastShut<<min(max(0, c.again-1), 16))))
	c.refused, c.accepted, c.width, c.next = now, 0, 1, now
}

func latest(t time.Time, others ...time.Time) time.Time {
	for _, other := range others {
		if other.After(t) {
			t = other
		}
	}
	return t
}

// renewed is when a limit is renewed of which a response says that nothing is left, and the zero time otherwise:
// RateLimit-Remaining and RateLimit-Reset, with or without X-, in seconds or, as some have it, in Unix time.
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
