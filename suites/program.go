package suites

import (
	"fmt"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/script"
	"vexa-conformance/spec"
)

// Program is a client program as a check sees it: actions to ask of it, and what arrived.
type Program interface {
	Contract() *spec.Contract
	// Works has the program do an action with nothing wrong, once a run. Where that fails the check ends, since what the
	// program does about a problem then says nothing.
	Works(t T, a fixtures.Action) Visit
	// Act has the program do an action once, against a deployment that answers by a script.
	Act(t T, s Scenario) Visit
	// Crowd has n of it do an action at once, each against such a deployment of its own, and returns a visit for each. Where
	// the script holds their requests together, they are answered at the same moment.
	Crowd(t T, n int, s Scenario) []Visit
}

// Scenario is what a client program meets.
type Scenario struct {
	Action fixtures.Action
	Script script.Script
	// Outcome is how the turn of an agent ends.
	Outcome fixtures.Outcome
	// Closed refuses connections for a while at first.
	Closed bool
}

// meeting is the scenario in which the requests of an action are met by steps, one after the other.
func meeting(a fixtures.Action, steps ...script.Step) Scenario {
	return Scenario{Action: a, Script: script.Script{a.Operation(): steps}}
}

// Visit is what a client program did.
type Visit struct {
	// Late is how late nine of ten timers of this machine went off at most while the command ran: a measure of how busy it was.
	Late      time.Duration
	Operation *spec.Operation
	// Arrivals are its requests, in their order.
	Arrivals []script.Arrival
	// Exit is the exit status; Ended says that the program ended within the patience of the run.
	Exit  int
	Ended bool
	// Took is how long it ran, Words the end of what it printed.
	Took  time.Duration
	Words string
	// Refused is how often a deployment that was closed at first refused a connection, where that is known; else 0.
	Refused int
	// Running is how many bots were left running.
	Running int
}

// Tries are the requests for the action's own operation.
func (v Visit) Tries() []script.Arrival { return v.arrivals(v.Operation.ID) }

func (v Visit) arrivals(operation string) []script.Arrival {
	var all []script.Arrival
	for _, a := range v.Arrivals {
		if a.Is(operation) {
			all = append(all, a)
		}
	}
	return all
}

// Waits are the times between the end of each try and the next try.
func (v Visit) Waits() []time.Duration {
	var waits []time.Duration
	tries := v.Tries()
	for i := 1; i < len(tries); i++ {
		waits = append(waits, tries[i].At.Sub(tries[i-1].Met))
	}
	return waits
}

// answerTo is the answer to the nth of some requests, or nothing if there are fewer.
func answerTo(arrivals []script.Arrival, n int) spec.Response {
	if n < 0 || n >= len(arrivals) {
		return spec.Response{}
	}
	return arrivals[n].Response
}

// String is what the program did, in a sentence for people.
func (v Visit) String() string {
	var b strings.Builder
	tries := v.Tries()
	switch len(tries) {
	case 0:
		fmt.Fprintf(&b, "no %s %s", v.Operation.Method, v.Operation.Path)
	case 1:
		fmt.Fprintf(&b, "one %s %s (%s)", v.Operation.Method, v.Operation.Path, became(tries[0]))
	default:
		fmt.Fprintf(&b, "%d of %s %s (%s)", len(tries), v.Operation.Method, v.Operation.Path, describeTries(tries))
	}
	if v.Refused > 0 {
		fmt.Fprintf(&b, ", refused %d times", v.Refused)
	}
	if others := len(v.Arrivals) - len(tries); others > 0 {
		fmt.Fprintf(&b, ", %d other requests", others)
	}
	if v.Ended {
		fmt.Fprintf(&b, "; exit %d after %s", v.Exit, seconds(v.Took))
	} else {
		fmt.Fprintf(&b, "; still running after %s", seconds(v.Took))
	}
	if v.Exit != 0 && v.Words != "" {
		fmt.Fprintf(&b, ", saying %q", v.Words)
	}
	return b.String()
}

// describeTries is when the first of many requests came, and what became of each.
func describeTries(tries []script.Arrival) string {
	const few = 8
	var parts []string
	for i, a := range tries[:min(few, len(tries))] {
		if i == 0 {
			parts = append(parts, became(a))
		} else {
			parts = append(parts, fmt.Sprintf("%s later %s", seconds(a.At.Sub(tries[i-1].Met)), became(a)))
		}
	}
	if len(tries) > few {
		parts = append(parts, "and so on")
	}
	return strings.Join(parts, ", ")
}

func became(a script.Arrival) string {
	switch {
	case a.Broke == script.Cut, a.Broke == script.Whole && a.Response.Status != 0:
		text := fmt.Sprint(a.Response.Status)
		if wait := a.Response.Header.Get("Retry-After"); wait != "" {
			text += ", Retry-After: " + wait
		}
		if a.Broke == script.Cut {
			text += ", " + string(script.Cut)
		}
		return text
	case a.Broke != script.Whole:
		return string(a.Broke)
	default:
		return "without an answer"
	}
}

// seconds is a time as precisely as another process can be observed.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3g s", d.Seconds()) }

// ended ends the check where the program did not: what it would have done is not known.
func ended(t T, v Visit) {
	t.Helper()
	if !v.Ended {
		t.Blocked("the command had not ended after %s (--patience): %s", seconds(v.Took), v)
	}
}
