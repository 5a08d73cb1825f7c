package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"vexa-conformance/spec"
)

const (
	// firstBackoff is the least wait that spares a deployment anything; it doubles from there.
	firstBackoff = 250 * time.Millisecond
	// longestBackoff is the period by which the limits in the field are counted.
	longestBackoff = time.Minute
	// throttlePatience is how long one request is held back in all: two periods, and some for the jitter.
	throttlePatience = 150 * time.Second
)

// backoff is the wait before a throttled request is sent for the nth time again, n from 0: Retry-After as the least
// wait, and above it full jitter under a ceiling that doubles.
func backoff(n int, a spec.Answer, now time.Time) time.Duration {
	least, _, err := spec.RetryAfter(a.Header, now)
	if err != nil {
		least = 0 // a header that cannot be read is judged by the checks about limits, not here
	}
	ceiling := min(longestBackoff, firstBackoff<<min(n, 16))
	return min(least, spec.LongestRetryAfter-ceiling) + rand.N(ceiling)
}

// patiently sends until the answer is no throttling, and once more what only reads and the network lost. Each exchange is
// told to seen.
func (t *Transport) patiently(ctx context.Context, c spec.Call, send func() Sent, seen func(sent Sent, throttled bool)) (Sent, error) {
	var begun time.Time
	for n, lost := 0, 0; ; {
		sent := send()
		throttled := sent.Err == nil && sent.Answer.Throttled() && !c.Unretried
		seen(sent, throttled)
		switch {
		case throttled:
			if n == 0 {
				begun = time.Now()
			}
			if err := sitOut(ctx, n, begun, sent); err != nil {
				return sent, err
			}
			n++
		case lost < lostRetries && sent.lost():
			if err := pause(ctx, backoff(lost, sent.Answer, time.Now())); err != nil {
				return sent, sent.Err
			}
			lost++
		default:
			return sent, sent.Err
		}
	}
}

// sitOut waits after the nth refusal of a request, n from 0, the first of which came at a time.
func sitOut(ctx context.Context, n int, begun time.Time, sent Sent) error {
	wait := backoff(n, sent.Answer, time.Now())
	switch {
	case wait > throttlePatience:
		return fmt.Errorf("%s is throttled, and asked to wait %s, which is longer than a run waits: %s", sent.Operation.ID, wait.Round(time.Second), sent.Answer)
	case time.Since(begun) > throttlePatience:
		return fmt.Errorf("%s is still throttled after %s: %s", sent.Operation.ID, throttlePatience, sent.Answer)
	}
	if err := pause(ctx, wait); err != nil {
		return fmt.Errorf("wait for a throttled %s: %w", sent.Operation.ID, err)
	}
	return nil
}

// Patiently is [Transport.Send] with what is throttled waited out, and what only reads and the network lost sent again.
func (t *Transport) Patiently(ctx context.Context, c spec.Call, check, credential string, sent bool) Sent {
	last, err := t.patiently(ctx, c, func() Sent { return t.Send(ctx, c, check, credential, sent) }, func(Sent, bool) {})
	last.Err = err
	return last
}

// lostRetries is how often a reading that the network lost is sent again: of connections of which one in twenty is reset, one
// reading in eight thousand then has no answer.
const lostRetries = 2

// lost says whether the network failed a request that only reads, which is safe to send again (RFC 9110, section 9.2.2), or that
// is refused in any case. What may have made something is never sent again unseen; its check has no verdict.
func (s Sent) lost() bool {
	return s.Request != nil && (s.Request.Method == http.MethodGet || s.Call.Repeatable) && broke(s.Err)
}

// broke says whether the connection ended before a whole answer was there.
func broke(err error) bool {
	return cutShort(err) || slices.ContainsFunc(reset(), func(e error) bool { return errors.Is(err, e) })
}

// cutShort says whether an answer ended too early, also where that was in its head, which then looks like no HTTP.
func cutShort(err error) bool {
	var head textproto.ProtocolError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &head) ||
		err != nil && strings.Contains(err.Error(), "malformed HTTP") // net/http has no error of its own for it
}

// pause waits, or returns early with the reason why the run ended.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
