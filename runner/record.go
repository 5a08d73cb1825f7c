package runner

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// record is every exchange of a run, numbered from 1 in the order in which the answers came.
type record struct {
	mu        sync.Mutex
	exchanges []recorded
	// seen are the numbers of the exchanges that a check looked at, its own and those that it shares.
	seen map[string][]int
}

type recorded struct {
	Sent
	check     string
	throttled bool
	// inbound says that the deployment asked and the harness answered: a webhook.
	inbound bool
	// shown is the exchange as the report has it, once it was asked for.
	shown *result.Exchange
}

func newRecord() *record { return &record{seen: map[string][]int{}} }

// add keeps an exchange and gives its answer its number.
func (r *record) add(check string, s Sent, throttled bool) spec.Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Answer.Seq = len(r.exchanges) + 1
	r.exchanges = append(r.exchanges, recorded{Sent: s, check: check, throttled: throttled})
	r.seen[check] = append(r.seen[check], s.Answer.Seq)
	return s.Answer
}

// complete puts what came after the head into an exchange of a stream or a socket.
func (r *record) complete(n int, h spec.Heard, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &r.exchanges[n-1]
	e.Answer.Body, e.Heard, e.Took = h.Body, &h, took
}

// receive keeps a webhook that a check looked at, and gives it its number.
func (r *record) receive(check string, s Sent) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, recorded{Sent: s, check: check, inbound: true})
	return len(r.exchanges)
}

// share notes that a check looked at an exchange that another one may have sent.
func (r *record) share(check string, seq int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq > 0 && !slices.Contains(r.seen[check], seq) {
		r.seen[check] = append(r.seen[check], seq)
	}
}

// observations are the exchanges with an answer that is to be judged: not those that were throttled and waited out, not
// those that asked for a path that does not exist, and not the harness's own answers.
func (r *record) observations() []suites.Observation {
	return r.filter(func(e recorded) bool { return e.Err == nil && !e.throttled && !e.Call.Nowhere && !e.inbound })
}

// of are the answered exchanges of one check.
func (r *record) of(check string) []suites.Observation {
	return r.filter(func(e recorded) bool { return e.Err == nil && !e.throttled && e.check == check })
}

func (r *record) filter(keep func(recorded) bool) []suites.Observation {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []suites.Observation
	for _, e := range r.exchanges {
		if keep(e) {
			all = append(all, suites.Observation{Check: e.check, Operation: e.Operation, Call: e.Call, Answer: e.Answer})
		}
	}
	return all
}

// accepted are the calls that the deployment accepted, or may have: a request whose answer was lost may have been taken.
func (r *record) accepted() []fixtures.Accepted {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []fixtures.Accepted
	for _, e := range r.exchanges {
		if e.Err != nil || e.Answer.Success() {
			all = append(all, fixtures.Accepted{Call: e.Call, Answer: e.Answer, Lost: e.Err != nil})
		}
	}
	return all
}

// numbers are those of the exchanges that a check looked at, and those that show its failures.
func (r *record) numbers(check string, failures []failure) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	numbers := slices.Clone(r.seen[check])
	for _, f := range failures {
		for _, n := range []int{f.shown, f.follows} {
			if n > 0 && !slices.Contains(numbers, n) {
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

// throttled counts the answers that were waited out.
func (r *record) throttled() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.exchanges {
		if e.throttled {
			n++
		}
	}
	return n
}

// secrets are the members of answers that the document marks as secret, by the name under which they are shown.
func (r *record) secrets() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]string{}
	for i, e := range r.exchanges {
		for _, member := range e.Operation.SecretMembers {
			if v := e.Answer.JSON().Get(member); v.Type == gjson.String && v.Str != "" {
				found[fmt.Sprintf("$SECRET_%d", i+1)] = v.Str
			}
		}
	}
	return found
}
