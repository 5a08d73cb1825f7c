package parallel

import (
	"context"
	"time"
)

// Pause waits, or returns early with the reason why the run ended.
func Pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Poll looks until done, or until the patience is over; then it looks once more. It waits longer each time, from a millisecond to
// the longest wait. It fails if ctx ends before.
func Poll(ctx context.Context, patience, longest time.Duration, done func() bool) (bool, error) {
	deadline := time.Now().Add(patience)
	for wait := time.Millisecond; ; wait = min(2*wait, longest) {
		if done() {
			return true, nil
		}
		if time.Now().After(deadline) {
			return false, nil
		}
		if err := Pause(ctx, min(wait, time.Until(deadline)+time.Millisecond)); err != nil {
			return false, err
		}
	}
}
