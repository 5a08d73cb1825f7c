package runner

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"vexa-conformance/spec"
)

// Again is a reason to send a request again. What was answered or lost before is then recorded, and not judged.
type Again string

// The reasons.
const (
	// AgainThrottled: it was answered 429 and waited out.
	AgainThrottled Again = "throttled"
	// AgainLost: the network lost it, and it can be repeated safely.
	AgainLost Again = "lost"
	// AgainGateway: a gateway answered a GET with 502, 503 or 504, which the pages tell clients to retry.
	AgainGateway Again = "gateway error"
	// AgainAftermath: it met a connection that the server had closed after a 5xx, its own or a gateway's.
	AgainAftermath Again = "connection closed after a 5xx"
)

// Retried says whether the request was sent again for another reason than a limit.
func (a Again) Retried() bool { return a != "" && a != AgainThrottled }

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

// sendWithRetry sends until there is an answer to judge: a throttled request waits for the limits of the target; one that a
// gateway failed, the network lost, or an error of the server's cost its connection, is sent again where that is safe. Pick
// chooses the credential of each attempt; it gives each attempt to seen.
func (t *Transport) sendWithRetry(
	ctx context.Context, c spec.Call, pick func(context.Context) string, send func(credential string) Sent,
	seen func(sent Sent, throttled bool),
) (sent Sent, err error) {
	for n := (tries{}); ; {
		credential, err := t.acquire(ctx, c, pick)
		if err != nil {
			if sent.Request == nil {
				sent = t.unsent(c, err)
				seen(sent, false)
			}
			return sent, err
		}
		sent = send(credential)
		t.release(c, credential, sent)
		sent.Again = t.again(ctx, c, n, sent)
		seen(sent, sent.Again == AgainThrottled)
		switch {
		case sent.Again == "":
			return sent, sent.Err
		case sent.Again == AgainAftermath && c.LookFirst:
			return sent, cmp.Or(sent.Err, error(&dropped{sent}))
		}
		if err := n.wait(ctx, sent); err != nil {
			return sent, err
		}
	}
}

// always picks one credential.
func always(credential string) func(context.Context) string {
	return func(context.Context) string { return credential }
}

// acquire waits until the limits of the target allow a request, unless it is to meet a limit, and returns its credential.
func (t *Transport) acquire(ctx context.Context, c spec.Call, pick func(context.Context) string) (credential string, err error) {
	for {
		if credential = pick(ctx); c.Unretried {
			return credential, nil
		}
		if ok, err := t.limits.acquire(ctx, credential, worthASpare); ok || err != nil {
			return credential, err
		}
	}
}

// release has the limiter learn from an attempt.
func (t *Transport) release(c spec.Call, credential string, sent Sent) {
	switch {
	case c.Unretried:
	case sent.Err != nil:
		t.limits.release(credential, sent.Started, nil)
	default:
		t.limits.release(credential, sent.Started, &sent.Answer)
	}
}

// unsent is a request that never went out.
func (t *Transport) unsent(c spec.Call, why error) Sent {
	op, ok := t.contract.Operation(c.Operation)
	if !ok {
		panic("a call of an operation that the document does not have: " + c.Operation)
	}
	return Sent{Operation: op, Call: c, Started: time.Now(), Err: fmt.Errorf("%w: %w", spec.ErrNotSent, why)}
}

// again says whether and why a request is sent once more.
func (t *Transport) again(ctx context.Context, c spec.Call, n tries, sent Sent) Again {
	failed := sent.Err == nil && sent.Answer.GatewayError() && !c.GatewayErrors
	switch {
	case sent.Request == nil: // it was not sent at all
		return ""
	case sent.Err == nil && sent.Answer.Throttled() && !c.Unretried:
		return AgainThrottled
	case (failed || broke(sent.Err)) && !c.Unretried && n.aftermath < aftermathRetries &&
		t.aftermath.explains(ctx, sent):
		return AgainAftermath
	case broke(sent.Err) && sent.safe() && n.lost < lostRetries:
		return AgainLost
	case failed && !c.Unretried && sent.Request.Method == http.MethodGet && n.gateway < gatewayRetries &&
		retryAfter(sent.Answer) <= gatewayPatience:
		return AgainGateway
	default:
		return ""
	}
}

// wait waits as long as the reason asks for, and counts it.
func (n *tries) wait(ctx context.Context, sent Sent) error {
	switch sent.Again {
	case AgainThrottled:
		if n.throttled == 0 {
			n.begun = time.Now()
		}
		n.throttled++ // the limiter holds the next attempt back
		if time.Since(n.begun) > throttlePatience {
			return fmt.Errorf("%s is still throttled after %s: %s", sent.Operation.ID, throttlePatience, sent.Answer)
		}
	case AgainLost:
		n.lost++
		if pause(ctx, backoff(n.lost-1, sent.Answer)) != nil {
			return sent.Err
		}
	case AgainGateway:
		n.gateway++
		if err := pause(ctx, backoff(n.gateway-1, sent.Answer)); err != nil {
			return fmt.Errorf("wait to send %s again, which was answered %s: %w", sent.Operation.ID, sent.Answer, err)
		}
	case AgainAftermath:
		n.aftermath++ // another connection is there at once
		if ctx.Err() != nil {
			return cmp.Or(sent.Err, context.Cause(ctx))
		}
	}
	return nil
}

// SendWithRetry is [Transport.Send], sent again until there is an answer to judge.
func (t *Transport) SendWithRetry(ctx context.Context, c spec.Call, check, credential string, sent bool) Sent {
	last, err := t.sendWithRetry(ctx, c, always(credential), func(string) Sent { return t.Send(ctx, c, check, credential, sent) }, func(Sent, bool) {})
	last.Err = err
	return last
}

// safe says whether a request can be sent again unseen: it only reads (RFC 9110, section 9.2.2), or is refused in any case. What may
// have made something is not; its check has no verdict.
func (s Sent) safe() bool { return s.Request.Method == http.MethodGet || s.Call.Repeatable }

// dropped is a request that a gateway lost: what it answered says nothing of it.
type dropped struct{ sent Sent }

func (e *dropped) Error() string {
	return fmt.Sprintf("%s %s: the gateway lost it after a 5xx: %s", e.sent.Request.Method, e.sent.Request.URL.Redacted(), e.sent.Answer)
}
