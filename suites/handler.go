package suites

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// Handler is a webhook receiver as a check sees it: deliveries to make, how they are acknowledged, and, where the user names a
// probe, how many of them were acted on.
type Handler interface {
	// Events invents what is delivered.
	Events() *fixtures.Events
	// Plain delivers, once a run, events with nothing special about them, in the documentation's form and wrapped, until one is
	// acknowledged. It returns that one's kind, or else the documentation's, and all acknowledgements.
	Plain(t T) (fixtures.EventKind, []Ack)
	// Deliver makes deliveries, all at the same moment, and returns their acknowledgements in the order of the deliveries.
	Deliver(t T, all ...Delivery) []Ack
	// DeliverBeside makes one delivery, as slowly as a sender may, and another once it has begun. The first one ends when the
	// other is answered.
	DeliverBeside(t T, slow, other Delivery) (Ack, Ack)
	// Within is how long an acknowledgement may take, and Burst how many deliveries come at once.
	Within() time.Duration
	Burst() int
	// Signs says whether there is a secret to sign with.
	Signs() bool
	// Effects is how many deliveries were acted on, as the probe says. Without a probe the check is skipped.
	Effects(t T) int
	// Acts says whether a first delivery of a kind is acted on at all, found out once a run.
	Acts(t T, kind fixtures.EventKind) bool
	// Await polls until done is true or the patience of the run is over, and says which.
	Await(t T, done func() bool) bool
	// Rest waits until the effects' count has been the same for a while, and nothing was delivered, and returns it. Where it does
	// not come to rest within the patience of the run the check ends.
	Rest(t T, while time.Duration) int
	// Note puts a remark into the report whatever the verdict.
	Note(format string, args ...any)
}

// Delivery is one sending of an event.
type Delivery struct {
	Event fixtures.WebhookEvent
	Proof Proof
	// Again says that the event was sent before: its signature is of a later time.
	Again bool
	// SlowFor is the time over which the body is sent.
	SlowFor time.Duration
}

// Proof is how a delivery shows who sends it.
type Proof int

// The proofs: by default a delivery is signed if there is a secret.
const (
	Signed Proof = iota
	Unsigned
	WronglySigned
)

// Ack is how a delivery was answered. Its Elapsed counts from the opening of the connection, and from the last byte where the
// delivery was made slowly.
type Ack struct {
	spec.Response
	// Err says why there is no answer.
	Err error
}

// In says whether the delivery was acknowledged with 2xx, and in time.
func (a Ack) In(within time.Duration) bool { return a.OK() && a.Elapsed <= within }

// OK says whether the delivery was acknowledged with 2xx.
func (a Ack) OK() bool { return a.Err == nil && a.Success() }

// String is the answer in one line for people.
func (a Ack) String() string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return fmt.Sprintf("%s after %s", a.Response, a.Elapsed.Round(100*time.Microsecond))
}

// handlerCheck is a check of a clause about receivers: its id is the clause's name, and what it is about.
func handlerCheck(clause, about string, run func(T, Handler)) Check {
	return Check{ID: strings.ReplaceAll(clause, ".", "/") + "/" + about, Clauses: []string{clause}, Handler: run}
}

// works ends the check unless a plain delivery is acknowledged in time, and returns the kind that is.
func works(t T, h Handler) fixtures.EventKind {
	t.Helper()
	kind, acks := h.Plain(t)
	if last := acks[len(acks)-1]; !last.In(h.Within()) {
		t.Blocked("a plain delivery is not acknowledged, so the response to another one proves nothing: %s", last)
	}
	return kind
}

// deliver makes one delivery of an event.
func deliver(t T, h Handler, e fixtures.WebhookEvent) Ack {
	t.Helper()
	return h.Deliver(t, Delivery{Event: e})[0]
}

// acknowledged wants a delivery acknowledged with 2xx and in time.
func acknowledged(t T, h Handler, a Ack, what string) bool {
	t.Helper()
	if !a.In(h.Within()) {
		broken(t, a.Response, "handler.acks-fast", fmt.Sprintf("2xx within %s for %s", h.Within(), what), "%s", a)
		return false
	}
	return true
}

// misdirected are the answers of a receiver that stands elsewhere, or knows another secret.
func misdirected(a Ack) bool {
	return a.Err == nil && slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}, a.Status)
}
