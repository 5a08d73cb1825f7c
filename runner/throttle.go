package runner

import (
	"context"
	"math/rand/v2"
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
	return max(least, 0) + rand.N(ceiling)
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
