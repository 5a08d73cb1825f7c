package runner

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	// accused says that a check has shown a broken promise with the answer.
	accused bool
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
	e.Answer.Body, e.Answer.Truncated, e.Heard, e.Took = h.Body, h.Truncated, &h, took
}

// sentAgain says of a stream that was lost for another request's 5xx that it was sent again, and is not judged.
func (r *record) sentAgain(n int, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges[n-1].Again, r.exchanges[n-1].Answer.Body = AgainAftermath, body
}

// receive keeps a webhook that a check looked at, and gives it its number.
func (r *record) receive(check string, s Sent) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, recorded{Sent: s, check: check, inbound: true})
	return len(r.exchanges)
}

// accuse keeps that a check has shown a broken promise with an answer; 0 is none.
func (r *record) accuse(seq int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq > 0 {
		r.exchanges[seq-1].accused = true
	}
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
// those that were sent again, not those that asked for a path that does not exist, and not the harness's own answers.
func (r *record) observations() []suites.Observation {
	return r.filter(func(e recorded) bool { return e.judged() && !e.Call.Nowhere && !e.inbound })
}

// judged says whether there is an answer that says something of the request.
func (e recorded) judged() bool { return e.Err == nil && !e.throttled && e.Again == "" }

// of are the answered exchanges of one check.
func (r *record) of(check string) []suites.Observation {
	return r.filter(func(e recorded) bool { return e.judged() && e.check == check })
}

func (r *record) filter(keep func(recorded) bool) []suites.Observation {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []suites.Observation
	for _, e := range r.exchanges {
		if keep(e) {
			all = append(all, suites.Observation{
				Check: e.check, Operation: e.Operation, Call: e.Call, Answer: e.Answer, Accused: e.accused,
			})
		}
	}
	return all
}

// traces are the requests of the run that made, changed or removed something, or may have, and those that stopped bots.
func (r *record) traces() []fixtures.Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []fixtures.Trace
	for _, e := range r.exchanges {
		if e.inbound || e.Call.Nowhere || !fixtures.Traced(e.Call.Operation) && e.Call.Operation != "stopBot" || errors.Is(e.Err, spec.ErrNotSent) {
			continue
		}
		trace := fixtures.NewTrace(e.Call)
		if e.Err == nil && !e.Again.Retried() {
			trace = trace.With(e.Answer)
		}
		all = append(all, trace)
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

// limited says whether a request was refused for a limit, whether it was waited out or not.
func (r *record) limited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.exchanges, func(e recorded) bool { return e.Err == nil && e.Answer.Throttled() })
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

// retries says in sentences what was sent again and not judged, limits and plain losses of the network aside.
func (r *record) retries() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	gateway, aftermath := map[string]int{}, map[string]int{}
	for _, e := range r.exchanges {
		how := fmt.Sprint(e.Answer.Status)
		if e.Err != nil {
			how = "no answer"
		}
		switch e.Again {
		case AgainGateway:
			gateway[how]++
		case AgainAftermath:
			aftermath[how]++
		}
	}
	var notes []string
	if n, how := counted(aftermath); n > 0 {
		notes = append(notes, fmt.Sprintf("%d requests were not judged, and sent again if that is safe: after a 5xx the server closed the connection without "+
			"saying so, and the next request on it, or on its gateway's, got %s; clients that reuse connections meet the same", n, how))
	}
	if n, how := counted(gateway); n > 0 {
		notes = append(notes, fmt.Sprintf("%d GETs were sent again and not judged, as the page tells clients to: they got %s; "+
			"looks like your setup: a backend or proxy did not answer, so read its log", n, how))
	}
	return notes
}

// counted is how many there are in all, and how many of each kind.
func counted(kinds map[string]int) (n int, each string) {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		n += kinds[kind]
		parts = append(parts, fmt.Sprintf("%s (%d)", kind, kinds[kind]))
	}
	return n, strings.Join(parts, ", ")
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
