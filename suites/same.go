package suites

import (
	"fmt"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/spec"
)

// state is something that a deployment has, and the answer that shows it.
type state struct {
	value gjson.Result
	shown spec.Response
}

// atRest reads a state until it stays the same.
func atRest(t T, d Deployment, read func() state) (last state) {
	t.Helper()
	last.value = d.AwaitStable(t, func() gjson.Result {
		last = read()
		return last.value
	})
	return last
}

// nextSecond is how long a reading waits for what changes by the second, as a signature does: a bit more than one.
const nextSecond = 1100 * time.Millisecond

// unchanged wants a state to be what it was. Where it is not, it is read again: what then differs once more is volatile, and what
// is then as it was comes from more than one server.
func unchanged(t T, d Deployment, clause, expected string, was state, read func() state) {
	t.Helper()
	now := read()
	if spec.Difference(was.value, now.value, nil) == "" {
		return
	}
	d.Pause(t, nextSecond)
	later := []gjson.Result{read().value, read().value}
	d.Pause(t, nextSecond)
	later = append(later, read().value)
	mask := spec.Volatile(later...)
	for _, v := range later {
		if spec.Difference(was.value, v, mask) == "" {
			return
		}
	}
	if difference := spec.Difference(was.value, now.value, mask); difference != "" {
		broken(t, now.shown, clause, expected, "%s", difference)
	}
}

// Probed is a call and its answer.
type Probed struct {
	Call     spec.Call
	Response spec.Response
}

// Alike says whether two calls of an operation were answered the same: with the same status and the same body, apart from what
// repeats the path that was asked for, and from what differs when the same is asked for again. Only where the bodies differ is that
// asked again.
func Alike(c *spec.Contract, one, other Probed, again func(spec.Call) spec.Response) bool {
	path := func(call spec.Call) string {
		if call.RawPath != "" {
			return call.RawPath
		}
		path, _ := mustOperation(c, call.Operation).URLPath(call.Path) // without one it was not sent
		return path
	}
	compared := spec.Comparison{Renamed: map[string]string{path(one.Call): path(other.Call)}}
	if one.Response.Status != other.Response.Status || compared.SameResponse(one.Response, other.Response) {
		return one.Response.Status == other.Response.Status
	}
	compared.Mask = spec.Volatile(one.Response.Value(), again(one.Call).Value()).Union(spec.Volatile(other.Response.Value(), again(other.Call).Value()))
	return compared.SameResponse(one.Response, other.Response)
}

// sameAgain wants the second of two answers to a repeatable request to be the same as the first. Where they differ, the request is
// sent several times more, with others in between, to tell what it changes from what is volatile: see [spec.Classify].
func sameAgain(t T, d Deployment, clause string, call spec.Call, first, second spec.Response) {
	t.Helper()
	if (spec.Comparison{}).SameResponse(first, second) {
		return
	}
	if first.Status != second.Status {
		broken(t, second, clause, "the same outcome again: "+first.String(), "%s", second)
		return
	}
	r := repeater{t: t, d: d, call: call, answers: []spec.Response{first}, readings: []spec.Reading{{Value: first.Value()}}}
	r.add(second, 0)
	var found spec.Changes
	for range 3 {
		for _, wait := range []time.Duration{0, 7, 2, 23} { // irregular, so that what grows with time does not do so evenly
			d.Pause(t, wait*time.Millisecond)
			r.again(0)
			r.again(spec.Fillers)
		}
		if found = spec.Classify(r.readings); !found.Growing {
			break
		}
	}
	if len(found.Counting) == 0 && len(found.Changed) > 0 {
		for range 2 {
			d.Pause(t, nextSecond)
			r.again(0)
		}
		found = spec.Classify(r.readings)
	}
	last := r.answers[len(r.answers)-1]
	for _, a := range r.answers {
		if a.Status != first.Status && d.OwnTenant() {
			broken(t, a, clause, "the same outcome again: "+first.String(), "%s", a)
			return
		}
	}
	// What changed once for a user in whose name others act has stayed the same since.
	if len(found.Counting) == 0 && (len(found.Changed) == 0 || !d.OwnTenant()) {
		return
	}
	if difference := spec.Difference(first.Value(), last.Value(), found.Volatile); difference != "" {
		broken(t, last, clause, fmt.Sprintf("the same body in each of %d answers", len(r.answers)), "%s", difference)
	}
}

// repeater sends a request again and again.
type repeater struct {
	t        T
	d        Deployment
	call     spec.Call
	answers  []spec.Response
	readings []spec.Reading
}

func (r *repeater) add(a spec.Response, between int) {
	r.answers = append(r.answers, a)
	r.readings = append(r.readings, spec.Reading{Value: a.Value(), Between: between})
}

// again sends the request once more, after some of the others.
func (r *repeater) again(between int) {
	r.t.Helper()
	for _, other := range r.others()[:between] {
		r.d.Call(r.t, other)
	}
	r.add(r.d.Call(r.t, r.call), between)
}

// others are readings of other operations by the same user: the next ones of the document, which the same part of a deployment is
// likely to answer.
func (r *repeater) others() []spec.Call {
	var before, after []spec.Call
	passed := false
	for _, op := range keyed(r.d.Contract()) {
		passed = passed || op.ID == r.call.Operation
		if op.Method != "GET" || op.Stream || op.ID == r.call.Operation {
			continue
		}
		other := r.d.Fixtures().Harmless(op)
		other.Caller = r.call.Caller
		if passed {
			after = append(after, other)
		} else {
			before = append(before, other)
		}
	}
	return append(after, before...)[:spec.Fillers]
}
