package suites

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// handlerDedupes is what a receiver does about an event that it knows. The checks of its effects come first, when nothing
// else of the run is still being worked on.
func handlerDedupes(*spec.Contract) []Check {
	const clause = "handler.dedupes"
	var checks []Check
	for _, kind := range judgedKinds() {
		checks = append(checks, handlerCheck(clause, "acts-once/"+string(kind), func(t T, h Handler) { actsOnce(t, h, kind) }))
	}
	checks = append(checks,
		handlerCheck(clause, "acts-once/at-once", actsOnceAtOnce),
		handlerCheck(clause, "acts-once/after-others", actsOnceAfterOthers),
		handlerCheck(clause, "acts-once/out-of-order", actsOnceOutOfOrder),
		handlerCheck(clause, "acts-once/retold", actsOnceOnRetold),
		handlerCheck(clause, "acts-on-each/type", actsOnEachType),
	)
	for _, kind := range judgedKinds() {
		checks = append(checks, handlerCheck(clause, "acknowledged/"+string(kind), func(t T, h Handler) { acksRepeat(t, h, kind) }))
	}
	return append(checks, handlerCheck(clause, "acknowledged/at-once", acksRepeatsAtOnce))
}

// judgedKinds are those by which dedupes is judged: both forms, and both of what an event can be known by, a meeting's id and a
// recording's.
func judgedKinds() []fixtures.EventKind {
	return []fixtures.EventKind{fixtures.StatusChange, fixtures.RecordingCompleted, fixtures.MeetingCompleted}
}

// copies is how many of one delivery come at once: more than receivers have workers for one processor, so that two of them meet.
const copies = 8

// between is how many other events come between an event and its repeat: more than a receiver hears of that keeps only the last
// few in mind.
const between = 20

const (
	// leastWatch is how long a count is watched at least before it counts as one that stays: a thread that is due gets its turn
	// within a tenth of that on a busy machine.
	leastWatch = 200 * time.Millisecond
	// watches is how many times the longest wait for an effect of the check is waited for one that should not come. Receivers
	// that act later, by a queue, take about as long for each.
	watches = 3
)

// ledger follows the count of effects through one check.
type ledger struct {
	h     Handler
	kind  fixtures.EventKind
	count int
	// slowest is the longest wait for an effect.
	slowest time.Duration
}

// open begins a ledger for a kind of event that the receiver acts on. Where it acts on no such event the check is skipped, and
// where it acts on none at all there is nothing to count.
func open(t T, h Handler, kinds ...fixtures.EventKind) *ledger {
	t.Helper()
	works(t, h)
	count := h.Effects(t)
	for _, kind := range kinds {
		if h.Acts(t, kind) {
			return &ledger{h: h, kind: kind, count: h.Rest(t, leastWatch)}
		}
	}
	for _, other := range judgedKinds() {
		if h.Acts(t, other) {
			t.NotApplicable("the receiver does not act on %s, by its effects: it acts on %s", names(kinds), other)
		}
	}
	t.Blocked("the receiver did not act on first deliveries of %s: its count of effects was %d before them and is %d",
		names(judgedKinds()), count, h.Effects(t))
	return nil
}

func names(kinds []fixtures.EventKind) string {
	all := make([]string, len(kinds))
	for i, kind := range kinds {
		all[i] = string(kind)
	}
	return strings.Join(all, " and ")
}

// first delivers an event that the receiver does not know, and must act on once.
func (l *ledger) first(t T, e fixtures.WebhookEvent) {
	t.Helper()
	l.must(t, deliver(t, l.h, e), "a first delivery")
	l.rises(t, 1, "an event delivered once")
}

// must ends the check if a delivery that it needs is not acknowledged: another check judges that.
func (l *ledger) must(t T, a Ack, what string) {
	t.Helper()
	if !a.OK() {
		t.Blocked("%s was not acknowledged: %s", what, a)
	}
}

// repeated wants nothing done about what was delivered since the count was last at rest. An event of another meeting, delivered
// after it, shows when the receiver has come that far: its effect is awaited, and then the count is watched for as long as an
// effect could still be on its way.
func (l *ledger) repeated(t T, what string) {
	t.Helper()
	l.must(t, deliver(t, l.h, l.h.Events().New(l.kind)), "a delivery about another meeting")
	l.rises(t, 1, what+", and an event of another meeting")
}

// rises wants the count to rise by n and no more, and ends the check where it does not.
func (l *ledger) rises(t T, n int, what string) {
	t.Helper()
	started, now := time.Now(), 0
	if l.h.Await(t, func() bool { now = l.h.Effects(t); return now >= l.count+n || now < l.count }) {
		l.slowest = max(l.slowest, time.Since(started))
		now = l.h.Rest(t, max(leastWatch, watches*l.slowest))
	}
	switch {
	case now < l.count:
		t.Blocked("the count of effects fell from %d to %d: it must count all effects since the receiver started", l.count, now)
	case now != l.count+n:
		broken(t, spec.Response{}, "handler.dedupes", fmt.Sprintf("%s for %s", effects(n), what), "%s (the count went from %d to %d)", effects(now-l.count), l.count, now)
		t.FailNow()
	}
	l.count = now
}

func effects(n int) string {
	if n == 1 {
		return "one effect"
	}
	return fmt.Sprintf("%d effects", n)
}

func actsOnce(t T, h Handler, kind fixtures.EventKind) {
	l := open(t, h, kind)
	e := h.Events().New(kind)
	l.first(t, e)
	h.Deliver(t, Delivery{Event: e, Again: true})
	l.repeated(t, "an event delivered again")
}

func actsOnceAtOnce(t T, h Handler) {
	l := open(t, h, judgedKinds()...)
	h.Deliver(t, slices.Repeat([]Delivery{{Event: h.Events().New(l.kind)}}, copies)...)
	l.rises(t, 1, fmt.Sprintf("an event delivered %d times at once", copies))
}

func actsOnceAfterOthers(t T, h Handler) {
	l := open(t, h, judgedKinds()...)
	e := h.Events().New(l.kind)
	l.first(t, e)
	others := make([]Delivery, between)
	for i := range others {
		others[i].Event = h.Events().New(l.kind)
	}
	for _, a := range h.Deliver(t, others...) {
		l.must(t, a, "a first delivery")
	}
	l.rises(t, between, fmt.Sprintf("%d events of different meetings", between))
	h.Deliver(t, Delivery{Event: e, Again: true})
	l.repeated(t, fmt.Sprintf("an event delivered again after %d others", between))
}

// actsOnceOutOfOrder tells of a meeting's end, then of its beginning, then of its end again. What the receiver does about the
// beginning is its own affair.
func actsOnceOutOfOrder(t T, h Handler) {
	l := open(t, h, fixtures.MeetingCompleted, fixtures.StatusChange)
	end := h.Events().New(l.kind)
	l.first(t, end)
	l.must(t, deliver(t, h, h.Events().Earlier(end)), "the beginning of a meeting, delivered after its end")
	l.count = h.Rest(t, max(leastWatch, watches*l.slowest))
	h.Deliver(t, Delivery{Event: end, Again: true})
	l.repeated(t, "the end of a meeting, delivered again after its beginning")
}

// actsOnceOnRetold tells of the same event as of a new one, with an event_id of its own.
func actsOnceOnRetold(t T, h Handler) {
	l := open(t, h, fixtures.MeetingCompleted)
	e := h.Events().New(l.kind)
	l.first(t, e)
	h.Deliver(t, Delivery{Event: h.Events().Retold(e), Again: true})
	l.repeated(t, "an event delivered again, of the same type and meeting and with another event_id")
}

// actsOnEachType tells of a meeting and of a recording by the same number: the type is part of what an event is known by.
func actsOnEachType(t T, h Handler) {
	l := open(t, h, fixtures.StatusChange)
	open(t, h, fixtures.RecordingCompleted)
	m, r := h.Events().New(fixtures.StatusChange), h.Events().New(fixtures.RecordingCompleted)
	r.Recording = m.Number
	l.first(t, m)
	l.must(t, deliver(t, h, r), "a first delivery of a recording")
	l.rises(t, 1, "an event of another type, by the same number")
}

// acksRepeat wants an event acknowledged that was acknowledged before.
func acksRepeat(t T, h Handler, kind fixtures.EventKind) {
	works(t, h)
	e := h.Events().New(kind)
	if first := deliver(t, h, e); !first.OK() {
		t.Blocked("a first delivery of %s is not acknowledged: %s", kind, first)
	}
	if again := h.Deliver(t, Delivery{Event: e, Again: true})[0]; !again.OK() {
		broken(t, again.Response, "handler.dedupes", "2xx for an event that was delivered, and acknowledged, before", "%s", again)
	}
}

func acksRepeatsAtOnce(t T, h Handler) {
	kind := works(t, h)
	for _, a := range h.Deliver(t, slices.Repeat([]Delivery{{Event: h.Events().New(kind)}}, copies)...) {
		if !a.OK() {
			broken(t, a.Response, "handler.dedupes", fmt.Sprintf("2xx for each of %d deliveries of one event at once", copies), "%s", a)
			return
		}
	}
}
