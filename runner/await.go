package runner

import (
	"maps"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/spec"
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

// volatileReadings is how many readings in a row a place must differ in each of to be volatile: more than the steps that a state
// takes, at the pace of these readings, on its way to what it will remain.
const volatileReadings = 6

// AtRest reads until a reading, a tenth of the patience after the one before, is the same, apart from what has differed in each of
// the last few readings.
func (d *deployment) AtRest(t suites.T, read func() gjson.Result) gjson.Result {
	t.Helper()
	deadline := time.Now().Add(d.session.config.Patience)
	rest := min(d.session.config.Patience/10, longestRest)
	readings := []gjson.Result{read()}
	for {
		d.Pause(t, rest)
		readings = append(readings, read())
		last := readings[len(readings)-2:]
		if spec.Difference(last[0], last[1], alwaysDiffers(readings)) == "" {
			return last[1]
		}
		if time.Now().After(deadline) {
			t.Blocked("what is to be compared goes on changing for longer than --patience")
		}
	}
}

// alwaysDiffers are the places that differ in each of the last readings from the one before, and nothing where there are too few. The
// whole is no such place: nothing would be left to compare.
func alwaysDiffers(readings []gjson.Result) spec.Mask {
	if len(readings) < volatileReadings {
		return nil
	}
	last := readings[len(readings)-volatileReadings:]
	always := spec.Volatile(last[0], last[1])
	for i := 2; i < len(last); i++ {
		differ := spec.Volatile(last[i-1], last[i])
		maps.DeleteFunc(always, func(place string, _ bool) bool { return !differ[place] })
	}
	delete(always, "")
	return always
}
