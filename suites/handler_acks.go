package suites

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// handlerAcks is what a receiver acknowledges, and how fast.
func handlerAcks(*spec.Contract) []Check {
	const clause = "handler.acks-fast"
	checks := []Check{handlerCheck(clause, "plain", acksPlain)}
	for _, kind := range fixtures.EventKinds() {
		checks = append(checks, handlerCheck(clause, string(kind), func(t T, h Handler) {
			works(t, h)
			acknowledged(t, h, deliver(t, h, h.Events().New(kind)), "a delivery of "+string(kind))
		}))
	}
	for _, kind := range fixtures.UnknownKinds() {
		form, _, _ := strings.Cut(string(kind), "/")
		checks = append(checks, handlerCheck(clause, "unknown-type/"+form, func(t T, h Handler) { takesUnknown(t, h, kind) }))
	}
	return append(checks,
		handlerCheck(clause, "extra-fields", takesExtraFields),
		handlerCheck(clause, "out-of-order", takesOutOfOrder),
		handlerCheck(clause, "signed", takesSigned),
		handlerCheck(clause, "unsigned", func(t T, h Handler) { takesUnproven(t, h, Unsigned, "an unsigned delivery") }),
		handlerCheck(clause, "wrongly-signed", func(t T, h Handler) { takesUnproven(t, h, WronglySigned, "a delivery signed with another secret") }),
		handlerCheck(clause, "slow-sender", takesSlowly),
		handlerCheck(clause, "beside-a-slow-sender", takesBeside),
		handlerCheck(clause, "burst", takesBurst),
	)
}

// acksPlain judges the delivery that all others need. What a receiver answers whose URL or secret are others is no verdict
// on it.
func acksPlain(t T, h Handler) {
	_, acks := h.Plain(t)
	last := acks[len(acks)-1]
	if misdirected(last) {
		advice := "is this its URL, and does it want a secret (VEXA_WEBHOOK_SECRET)?"
		if h.Signs() {
			advice = "is this its URL, and VEXA_WEBHOOK_SECRET its secret?"
		}
		t.Blocked("a plain delivery got %s; %s", last, advice)
	}
	acknowledged(t, h, last, "a plain delivery")
}

// takesUnknown wants an answer that is not a failure of the receiver: that it does not know a type it may well say.
func takesUnknown(t T, h Handler, kind fixtures.EventKind) {
	works(t, h)
	unharmed(t, h, deliver(t, h, h.Events().New(kind)), "an event of a type that it does not know")
}

// unharmed wants an answer in time that says nothing is wrong with the receiver.
func unharmed(t T, h Handler, a Ack, what string) {
	t.Helper()
	if a.Err != nil || a.Elapsed > h.Within() || !a.Success() && !a.ClientError() {
		broken(t, a.Response, "handler.acks-fast", fmt.Sprintf("2xx or 4xx within %s for %s", h.Within(), what), "%s", a)
	}
}

func takesExtraFields(t T, h Handler) {
	e := h.Events().New(works(t, h))
	e.Extra = map[string]any{
		"vexa_conformance": map[string]any{"nested": []any{1, "two", nil, true}}, "note": "não, 会議 🙂", "none": nil,
	}
	acknowledged(t, h, deliver(t, h, e), "a delivery with members that no documentation names")
}

// takesOutOfOrder tells of the end of a meeting before it tells of its beginning.
func takesOutOfOrder(t T, h Handler) {
	end := h.Events().New(works(t, h))
	if acknowledged(t, h, deliver(t, h, end), "the end of a meeting") {
		acknowledged(t, h, deliver(t, h, h.Events().Earlier(end)), "its beginning, delivered after its end")
	}
}

// takesSigned is where the receiver refuses what is signed and takes what is not. Where it refuses both, its secret may be another.
func takesSigned(t T, h Handler) {
	if !h.Signs() {
		t.Skipf("no secret to sign with: set VEXA_WEBHOOK_SECRET")
	}
	kind, acks := h.Plain(t)
	if last := acks[len(acks)-1]; last.OK() {
		acknowledged(t, h, last, "a signed delivery")
		return
	}
	signed := deliver(t, h, h.Events().New(kind))
	bare := h.Deliver(t, Delivery{Event: h.Events().New(kind), Proof: Unsigned})[0]
	if !bare.OK() {
		t.Blocked("neither a signed delivery is acknowledged nor an unsigned one: is VEXA_WEBHOOK_SECRET the receiver's secret? It answered %s", signed)
	}
	acknowledged(t, h, signed, "a signed delivery, since an unsigned one is acknowledged")
}

// takesUnproven wants an unproven delivery refused or taken by a receiver that has a secret: the page asks for neither.
func takesUnproven(t T, h Handler, p Proof, what string) {
	if !h.Signs() {
		t.Skipf("no secret, so no delivery is signed: set VEXA_WEBHOOK_SECRET")
	}
	kind := works(t, h)
	unharmed(t, h, h.Deliver(t, Delivery{Event: h.Events().New(kind), Proof: p})[0], what)
}

// slowBody is the time over which a slow sender sends: many times what a delivery takes, and less than receivers and the
// proxies before them commonly wait for a body (nginx 60 s, gunicorn 30 s).
const slowBody = time.Second

func takesSlowly(t T, h Handler) {
	e := h.Events().New(works(t, h))
	acknowledged(t, h, h.Deliver(t, Delivery{Event: e, SlowFor: slowBody})[0], fmt.Sprintf("a delivery whose body came over %s, from its last byte on", slowBody))
}

// takesBeside has a slow sender hold a connection while another delivery comes.
func takesBeside(t T, h Handler) {
	kind := works(t, h)
	slow, other := Delivery{Event: h.Events().New(kind), SlowFor: 2 * h.Within()}, Delivery{Event: h.Events().New(kind)}
	_, beside := h.DeliverBeside(t, slow, other)
	acknowledged(t, h, beside, "a delivery while another one is still being sent")
}

// takesBurst has many deliveries come at once. Each is to be acknowledged, and the 99th percentile in time: one in a hundred may
// be late by what the network does, such as a lost packet, which is sent again after a second (RFC 6298, section 2.1).
func takesBurst(t T, h Handler) {
	kind := works(t, h)
	all := make([]Delivery, h.Burst())
	for i := range all {
		all[i].Event = h.Events().New(kind)
	}
	acks := h.Deliver(t, all...)
	refused := slices.DeleteFunc(slices.Clone(acks), Ack.OK)
	times := make([]float64, len(acks))
	for i, a := range acks {
		times[i] = a.Elapsed.Seconds()
	}
	figures := fmt.Sprintf("p50 %s, p99 %s, at most %s", seconds(percentile(times, 0.5)), seconds(percentile(times, 0.99)), seconds(percentile(times, 1)))
	h.Note("%d deliveries at once, %d of them acknowledged with 2xx: %s (--within %s)", len(acks), len(acks)-len(refused), figures, h.Within())
	if len(refused) > 0 {
		broken(t, refused[0].Response, "handler.acks-fast", fmt.Sprintf("2xx for each of %d deliveries at once", len(acks)),
			"%d without (%s), the first of them: %s", len(refused), figures, refused[0])
		return
	}
	if late := percentile(times, 0.99); late > h.Within() {
		slowest := slices.MaxFunc(acks, func(a, b Ack) int { return int(a.Elapsed - b.Elapsed) })
		broken(t, slowest.Response, "handler.acks-fast", fmt.Sprintf("2xx within %s for 99 of a hundred, of %d deliveries at once", h.Within(), len(acks)), "%s", figures)
	}
}

func percentile(times []float64, share float64) time.Duration {
	return time.Duration(quantile(times, share) * float64(time.Second))
}
