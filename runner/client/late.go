package client

import (
	"context"
	"slices"
	"time"

	"vexa-conformance/runner/parallel"
)

// measureLate measures how late timers go off on this machine until the returned function is called, which returns what nine of
// ten stay below. Clients share the processors with each other, so that theirs are as late.
func measureLate(ctx context.Context) (stop func() time.Duration) {
	const tick = 5 * time.Millisecond
	ctx, cancel := context.WithCancel(ctx)
	var late []time.Duration
	var all parallel.Group
	all.Go(func() {
		timer := time.NewTimer(tick)
		defer timer.Stop()
		for began := time.Now(); ; began = time.Now() {
			timer.Reset(tick)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
				late = append(late, time.Since(began)-tick)
			}
		}
	})
	return func() time.Duration {
		cancel()
		all.Wait()
		if len(late) == 0 {
			return 0
		}
		slices.Sort(late)
		return late[len(late)*9/10]
	}
}
