package suites

import (
	"fmt"
	"net/http"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// resume is what the page promises of a meeting's stream to those who lose it.
func resume(*spec.Contract) []Check {
	operations := []string{"streamMeeting", "createBot"}
	return []Check{
		{ID: "stream/ids", Clauses: []string{"stream.ids"}, Effect: spec.Bots, Operations: operations, Run: everyEventHasAnID},
		{ID: "stream/resume", Clauses: []string{"stream.resume"}, Effect: spec.Bots, Operations: operations, Run: resumed},
	}
}

// followed is a meeting with a bot in it that transcribes, and how to follow it.
type followed struct {
	fixtures.Meeting
	id   int64
	call spec.Call
}

// talking has a bot get into a meeting that it transcribes. One that has left by itself before it was seen there is followed by
// another; the events of the last one may still come.
func talking(t T, d Deployment) followed {
	t.Helper()
	for try := range botTries {
		m, bot := lettingIn(t, d, fixtures.Talks)
		bot["transcribe_enabled"] = true
		a := createBot(t, d, spec.Owner, bot)
		if a.Status == http.StatusServiceUnavailable {
			t.Skipf("the deployment transcribes nothing, so that its meetings have no events: POST /bots was answered %s", a)
		}
		id := requireSuccess(t, a, "POST /bots for a meeting to follow").JSON().Get("id").Int()
		if completed := d.OwnMeeting(t) == nil && inOrEnded(t, d, id) == "completed"; completed && try+1 < botTries {
			continue
		} else if !completed {
			entered(t, d, id)
		}
		return followed{m, id, meetingStream(fmt.Sprint(id), fmt.Sprint(id))}
	}
	panic("there is at least one try")
}

// heardSome waits until a meeting's stream has sent so much, or ends the check with the reason why it has not.
func heardSome(t T, d Deployment, s Stream, m fixtures.Meeting, news int) spec.StreamLog {
	t.Helper()
	h := s.Until(t, func(h spec.StreamLog) bool { return toTheEnd(h) || len(h.News()) >= news })
	answered(t, h)
	if len(h.News()) >= news {
		return h
	}
	if h.Streams() && h.End == spec.Open && readTranscript(t, d, spec.Owner, m).JSON().Get("segments.#").Int() < int64(news) {
		t.Skipf("too little is said in the meeting, so that there are not %d events to look at: %s", news, h)
	}
	if !h.Streams() || len(h.Strange) > 0 || h.End != spec.Open {
		streamed(t, h)
	}
	t.Blocked("the stream is open and says too little of what is said in the meeting (first byte after %s, %d comments, up to %s of "+
		"silence): %s", h.Opened, h.Comments, h.Quiet, h)
	return h
}

// looked is how many events a check of the stream looks at: more than the cuts need, and said in any meeting within a
// minute.
const looked = 3

func everyEventHasAnID(t T, d Deployment) {
	f := talking(t, d)
	h := heardSome(t, d, d.Stream(t, f.call), f.Meeting, looked)
	for _, e := range h.News() {
		if !e.OwnID || e.ID == "" {
			broken(t, h.Response, "stream.ids", "an id line for each event", "none for %s", e.Data)
			return
		}
	}
}

// reading is one way to lose a stream, again and again, and to come back.
type reading struct {
	name string
	// cuts are after how many events each part is cut; the last part is read to the end.
	cuts []cut
}

type cut struct {
	after int
	// inside cuts within the bytes of the next event; away stays away until more has happened.
	inside, away bool
}

func readings() []reading {
	return []reading{
		{"cut after the first event", []cut{{after: 1}}},
		{"cut after the second event", []cut{{after: 2}}},
		{"cut after the third event", []cut{{after: 3}}},
		{"cut inside of the second event", []cut{{after: 1, inside: true}}},
		{"cut, and resumed after more had happened", []cut{{after: 2, away: true}}},
		{"cut and resumed twice", []cut{{after: 1}, {after: 1}}},
	}
}

// resumed reads one meeting uncut and, beside that, in each of the ways, with many readers on one bot. What is read in
// parts must be what is read uncut, from the first event of the parts on.
func resumed(t T, d Deployment) {
	f := talking(t, d)
	call := f.call
	uncut := d.Stream(t, call)
	streamed(t, heardSome(t, d, uncut, f.Meeting, looked))
	parts := make([]Stream, len(readings()))
	for i, r := range readings() {
		parts[i] = d.Stream(t, cutAfter(call, r.cuts[0]))
	}
	rejoined := make([]joined, len(parts))
	for i, r := range readings() {
		rejoined[i] = rejoin(t, d, call, parts[i], uncut, r)
	}
	last := fromTheLast(t, d, call, uncut)
	stopUnlessOver(t, d, f.Meeting, f.id)
	events := notLost(t, uncut.Until(t, overOrEnded)).News()
	mask := differByReader(t, events, parts)
	want := comparable(events, mask)
	for _, j := range append(rejoined, last) {
		read := func(h spec.StreamLog) []string { return comparable(append(slices.Clone(j.read), h.News()...), mask) }
		h := j.open.Until(t, func(h spec.StreamLog) bool { return overOrEnded(h) || slices.Contains(read(h), want[len(want)-1]) })
		if difference := compare(want, upTo(read(notLost(t, h)), want[len(want)-1])); difference != "" {
			broken(t, h.Response, "stream.resume", "the very next event after the last one that was read", "%s: %s", j.name, difference)
			return
		}
	}
	if i := slices.IndexFunc(rejoined, func(j joined) bool { return j.quiet }); i >= 0 {
		t.Blocked("%s: nothing happened in the meeting for as long as the run waits (--patience)", rejoined[i].name)
	}
}

// upTo leaves out what came after the last event of the uncut reading: a meeting may go on while its readings are taken.
func upTo(read []string, last string) []string {
	for i := len(read); i > 0; i-- {
		if read[i-1] == last {
			return read[:i]
		}
	}
	return read
}

// overOrEnded waits for the end of the meeting, as the stream tells it, or for its own.
func overOrEnded(h spec.StreamLog) bool { return toTheEnd(h) || len(h.Of("meeting-end")) > 0 }

func cutAfter(c spec.Call, at cut) spec.Call {
	c.CutAfter, c.CutInside = at.after, at.inside
	return c
}

func after(c spec.Call, id string) spec.Call {
	c.Header = http.Header{"Last-Event-ID": {id}}
	return c
}

// joined is a reading in parts: what was read until now, and the part that is still open.
type joined struct {
	name string
	read []spec.Event
	open Stream
	// quiet says that nothing happened while it was to stay away.
	quiet bool
}

// rejoin takes the first part, and comes back after each cut with the id of the last event.
func rejoin(t T, d Deployment, call spec.Call, part, uncut Stream, r reading) joined {
	t.Helper()
	j := joined{name: r.name, open: part}
	for i, at := range r.cuts {
		h := j.open.Until(t, toTheEnd)
		answered(t, h)
		news := h.News()
		if len(news) < at.after {
			t.Blocked("%s: the part before the cut has %d events of %d: %s", r.name, len(news), at.after, h)
		}
		j.read = append(j.read, news...)
		if at.away {
			had := len(uncut.Until(t, anything).News())
			more := uncut.Until(t, func(h spec.StreamLog) bool { return toTheEnd(h) || len(h.News()) >= max(had, at.after)+2 })
			j.quiet = len(more.News()) == had && !overOrEnded(more) // a meeting that is over has had all that it will
		}
		next := after(call, lastID(t, news))
		if i+1 < len(r.cuts) {
			next = cutAfter(next, r.cuts[i+1])
		}
		j.open = d.Stream(t, next)
	}
	return j
}

func lastID(t T, news []spec.Event) string {
	t.Helper()
	last := news[len(news)-1]
	if !last.OwnID || last.ID == "" {
		t.Blocked("an event has no id to come back with, see stream/ids: %s", last.Data)
	}
	return last.ID
}

// fromTheLast comes back when nothing has happened since.
func fromTheLast(t T, d Deployment, call spec.Call, uncut Stream) joined {
	t.Helper()
	news := uncut.Until(t, anything).News()
	return joined{name: "resumed from the last event", read: news, open: d.Stream(t, after(call, lastID(t, news)))}
}

// comparable are events in a form that can be compared.
func comparable(events []spec.Event, mask spec.Mask) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = spec.CanonicalJSON(e.JSON(), mask)
	}
	return all
}

// differByReader are the places at which one event differs from one reader to the next. The first parts are answers to the same
// request as the uncut reading, and an event has one id in all of them.
func differByReader(t T, uncut []spec.Event, firstParts []Stream) spec.Mask {
	t.Helper()
	byID := map[string]spec.Event{}
	for _, e := range uncut {
		byID[e.ID] = e
	}
	mask := spec.Mask{}
	if len(byID) < len(uncut) {
		return mask // the ids do not tell the events apart
	}
	for _, part := range firstParts {
		for _, e := range part.Until(t, anything).News() {
			if same, ok := byID[e.ID]; ok && e.OwnID {
				mask = mask.Union(spec.Volatile(same.JSON(), e.JSON()))
			}
		}
	}
	return mask
}

func anything(spec.StreamLog) bool { return true }

// shownEvent is as much of an event as tells it from others.
const shownEvent = "%.120s"

// compare finds the first event that is out of its place, and says what it is.
func compare(want, parts []string) string {
	begin := slices.Index(want, parts[0])
	if begin < 0 {
		return "its first event is none of the uncut reading: " + fmt.Sprintf(shownEvent, parts[0])
	}
	want = want[begin:]
	for i, got := range parts {
		switch {
		case i >= len(want) || got != want[i]:
			if earlier := slices.Index(parts[:i], got); earlier >= 0 {
				return fmt.Sprintf("event %d came twice, as number %d and as number %d: "+shownEvent, earlier+1, earlier+1, i+1, got)
			}
			if i >= len(want) {
				return fmt.Sprintf("event %d is none of the uncut reading: "+shownEvent, i+1, got)
			}
			return fmt.Sprintf("event %d is not the next one, "+shownEvent+", but "+shownEvent, i+1, want[i], got)
		}
	}
	if len(parts) < len(want) {
		return fmt.Sprintf("%d events are missing at the end, the first of them "+shownEvent, len(want)-len(parts), want[len(parts)])
	}
	return ""
}
