package deployment

import (
	"maps"
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/parallel"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// longestPoll keeps a minute of patience at some thirty requests.
const longestPoll = 2 * time.Second

// Await polls until done, or until the patience is over; then it looks once more.
func (d *target) Await(t suites.T, done func() bool) bool {
	t.Helper()
	ok, err := parallel.Poll(t.Context(), d.session.config.Patience, longestPoll, done)
	if err != nil {
		t.Blocked("the run was interrupted: %v", err)
	}
	return ok
}

// Pause waits, or ends the check where the run is interrupted.
func (d *target) Pause(t suites.T, wait time.Duration) {
	t.Helper()
	if err := parallel.Pause(t.Context(), wait); err != nil {
		t.Blocked("the run was interrupted: %v", err)
	}
}

// longestRest is how long a state has to stay as it is at the most, to be taken for what it will remain.
const longestRest = 2 * time.Second

const (
	// restingReadings is how many readings in a row, by turns a while and no time apart, a place must differ in each of to be
	// volatile: a state on its way to what it will remain does not move each time.
	restingReadings = 4
	// slowReadings is the same for readings that are all a while apart: it also finds what changes by the second.
	slowReadings = 6
)

// AwaitStable reads until a reading, a tenth of the patience after the one before, is the same, apart from what differs in each of several
// readings.
func (d *target) AwaitStable(t suites.T, read func() gjson.Result) gjson.Result {
	t.Helper()
	deadline := time.Now().Add(d.session.config.Patience)
	rest := min(d.session.config.Patience/10, longestRest)
	slow := []gjson.Result{read()}
	all := slices.Clone(slow)
	for {
		d.Pause(t, rest)
		state := read()
		slow, all = append(slow, state), append(all, state)
		mask := alwaysDiffers(all, restingReadings).Union(alwaysDiffers(slow, slowReadings))
		if spec.Difference(slow[len(slow)-2], state, mask) == "" {
			return state
		}
		// A slow deployment has time for enough readings to tell either way.
		if time.Now().After(deadline) && len(slow) > slowReadings+restingReadings {
			t.Blocked("what is to be compared goes on changing for longer than --patience")
		}
		all = append(all, read())
	}
}

// alwaysDiffers are the places that differ in each of the last n readings from the one before, and nothing if there are too few.
// The whole is no such place: nothing would be left to compare.
func alwaysDiffers(readings []gjson.Result, n int) spec.Mask {
	if len(readings) < n {
		return nil
	}
	last := readings[len(readings)-n:]
	always := spec.Volatile(last[0], last[1])
	for i := 2; i < len(last); i++ {
		differ := spec.Volatile(last[i-1], last[i])
		maps.DeleteFunc(always, func(place string, _ bool) bool { return !differ[place] })
	}
	delete(always, "")
	return always
}
