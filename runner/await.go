package runner

import (
	"time"

	"vexa-conformance/suites"
)

const (
	// firstPoll is short, because a bot of the reference moves in milliseconds; it doubles from there.
	firstPoll = time.Millisecond
	// longestPoll keeps a minute of patience at some thirty requests.
	longestPoll = 2 * time.Second
)

// Await polls until done, or until the patience is over; then it looks once more.
func (d *deployment) Await(t suites.T, done func() bool) bool {
	t.Helper()
	deadline := time.Now().Add(d.session.config.Patience)
	for wait := firstPoll; ; wait = min(2*wait, longestPoll) {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		d.Pause(t, min(wait, time.Until(deadline)+time.Millisecond))
	}
}

// Pause waits, or ends the check where the run is interrupted.
func (d *deployment) Pause(t suites.T, wait time.Duration) {
	t.Helper()
	if err := pause(t.Context(), wait); err != nil {
		t.Blocked("the run was interrupted: %v", err)
	}
}

// longestRest is how long a state has to stay as it is at the most, to be taken for what it will remain.
const longestRest = 2 * time.Second

// AtRest reads until a reading, a tenth of the patience after the one before, is the same.
func (d *deployment) AtRest(t suites.T, read func() string) string {
	t.Helper()
	deadline := time.Now().Add(d.session.config.Patience)
	rest := min(d.session.config.Patience/10, longestRest)
	for state := read(); ; {
		d.Pause(t, rest)
		again := read()
		if again == state {
			return state
		}
		if time.Now().After(deadline) {
			t.Blocked("what is to be compared goes on changing for longer than --patience")
		}
		state = again
	}
}
