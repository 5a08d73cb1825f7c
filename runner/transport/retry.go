package transport

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"vexa-conformance/runner/parallel"
	"vexa-conformance/spec"
)

// RetryReason is a reason to send a request again. What was answered or lost before is then recorded, and not judged.
type RetryReason string

// The reasons.
const (
	// Throttled: it was answered 429 and waited out.
	Throttled RetryReason = "throttled"
	// Lost: the network lost it, and it can be repeated safely.
	Lost RetryReason = "lost"
	// GatewayFailed: a gateway answered a GET with 502, 503 or 504, which the pages tell clients to retry.
	GatewayFailed RetryReason = "gateway error"
	// ClosedAfter5xx: it met a connection that the server had closed after a 5xx, its own or a gateway's.
	ClosedAfter5xx RetryReason = "connection closed after a 5xx"
)

// Retried says whether the request was sent again for another reason than a limit.
func (a RetryReason) Retried() bool { return a != "" && a != Throttled }

const (
	// lostRetries is how often a reading that the network lost is sent again: of connections of which one in twenty is reset,
	// one reading in eight thousand then has no answer.
	lostRetries = 2
	// gatewayRetries is how often a GET is sent again that a gateway failed: three tries within a second or so, since a backend
	// that is restarted is no more than a moment away, and one that is down for longer is to be reported.
	gatewayRetries = 2
	// gatewayPatience is the longest Retry-After of a gateway that is waited for.
	gatewayPatience = 10 * time.Second
)

// tries counts how often one request was sent again, for each reason.
type tries struct {
	throttled, lost, gateway, aftermath int
	begun                               time.Time // when it was throttled first
}

// attempts sends until there is a response to judge: a throttled request waits for the limits of the target; one that a gateway
// failed, the network lost, or an error of the server's cost its connection, is sent again if that is safe.
func (t *Transport) attempts(ctx context.Context, r Request, o Observer, send func(Request) Exchange) (last Exchange) {
	for n := (tries{}); ; {
		credential, err := t.acquire(ctx, r)
		if err != nil {
			if last.Request == nil {
				last = t.unsent(r, err)
				o.attempt(&last)
			}
			last.Err = err
			return last
		}
		r.Credential = credential
		last = send(r)
		t.release(r, last)
		last.Retry = t.again(ctx, n, last)
		o.attempt(&last)
		switch {
		case last.Retry == "":
			return last
		case last.Retry == ClosedAfter5xx && r.LookFirst:
			last.Err = cmp.Or(last.Err, error(&dropped{last}))
			return last
		}
		if err := n.wait(ctx, last); err != nil {
			last.Err = err
			return last
		}
	}
}

func (o Observer) attempt(e *Exchange) {
	if o.Attempt != nil {
		o.Attempt(e)
	}
}

// acquire waits until the limits of the target allow a request, unless it is to meet a limit, and returns its credential.
func (t *Transport) acquire(ctx context.Context, r Request) (credential string, err error) {
	for {
		if credential = r.Credential; r.Pick != nil {
			credential = r.Pick(ctx)
		}
		if r.Unretried {
			return credential, nil
		}
		if ok, err := t.limits.acquire(ctx, credential, WorthASpare); ok || err != nil {
			return credential, err
		}
	}
}

// release has the limiter learn from an attempt.
func (t *Transport) release(r Request, e Exchange) {
	switch {
	case r.Unretried:
	case e.Err != nil:
		t.limits.release(r.Credential, e.Started, nil)
	default:
		t.limits.release(r.Credential, e.Started, &e.Response)
	}
}

// unsent is a request that never went out.
func (t *Transport) unsent(r Request, why error) Exchange {
	op, ok := t.contract.Operation(r.Operation)
	if !ok {
		panic("a call of an operation that the document does not have: " + r.Operation)
	}
	return Exchange{Check: r.Check, Operation: op, Call: r.Call, Started: time.Now(), Err: fmt.Errorf("%w: %w", spec.ErrNotSent, why)}
}

// again says whether and why a request is sent once more.
func (t *Transport) again(ctx context.Context, n tries, e Exchange) RetryReason {
	c := e.Call
	failed := e.Err == nil && e.Response.GatewayError() && !c.GatewayErrors
	switch {
	case e.Request == nil: // it was not sent at all
		return ""
	case e.Err == nil && e.Response.Throttled() && !c.Unretried:
		return Throttled
	case n.aftermath < AftermathRetries && t.LostTo5xx(ctx, e):
		return ClosedAfter5xx
	case ConnectionLost(e.Err) && e.safe() && n.lost < lostRetries:
		return Lost
	case failed && !c.Unretried && e.Request.Method == http.MethodGet && n.gateway < gatewayRetries &&
		retryAfter(e.Response) <= gatewayPatience:
		return GatewayFailed
	default:
		return ""
	}
}

// LostTo5xx says whether a request was lost, by the network or a gateway, for another one's 5xx: its response says nothing of it.
func (t *Transport) LostTo5xx(ctx context.Context, e Exchange) bool {
	failed := e.Err == nil && e.Response.GatewayError() && !e.Call.GatewayErrors
	return e.Request != nil && (failed || ConnectionLost(e.Err)) && t.aftermath.explains(ctx, e)
}

// StreamMayBeLostTo5xx is [Transport.LostTo5xx] for a stream whose head came, and an error body in place of frames. A 5xx
// counts that came after a moment.
func (t *Transport) StreamMayBeLostTo5xx(ctx context.Context, e Exchange, after time.Time) bool {
	return t.aftermath.mayExplain(ctx, e, after)
}

// wait waits as long as the reason asks for, and counts it.
func (n *tries) wait(ctx context.Context, e Exchange) error {
	switch e.Retry {
	case Throttled:
		if n.throttled == 0 {
			n.begun = time.Now()
		}
		n.throttled++ // the limiter holds the next attempt back
		if time.Since(n.begun) > throttlePatience {
			return fmt.Errorf("%s is still throttled after %s: %s", e.Operation.ID, throttlePatience, e.Response)
		}
	case Lost:
		n.lost++
		if parallel.Pause(ctx, backoff(n.lost-1, e.Response)) != nil {
			return e.Err
		}
	case GatewayFailed:
		n.gateway++
		if err := parallel.Pause(ctx, backoff(n.gateway-1, e.Response)); err != nil {
			return fmt.Errorf("wait to send %s again, which was answered %s: %w", e.Operation.ID, e.Response, err)
		}
	case ClosedAfter5xx:
		n.aftermath++ // another connection is there at once
		if ctx.Err() != nil {
			return cmp.Or(e.Err, context.Cause(ctx))
		}
	}
	return nil
}

// dropped is a request that a gateway lost: what it answered says nothing of it.
type dropped struct{ exchange Exchange }

func (e *dropped) Error() string {
	x := e.exchange
	return fmt.Sprintf("%s %s: the gateway lost it after a 5xx: %s", x.Request.Method, x.Request.URL.Redacted(), x.Response)
}
