package record

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
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Record is every exchange of a run, numbered from 1 in the order in which the responses came.
type Record struct {
	// SecretHeaders are headers whose values no report shows, beside those of the credentials.
	SecretHeaders []string

	contract *spec.Contract
	party    spec.Party

	mu        sync.Mutex
	exchanges []recorded
	// seen are the numbers of the exchanges that a check looked at, its own and those that it shares.
	seen map[string][]int
	// drifts counts the ways in which successful responses differ from the document, and compared are those ways for responses
	// that were compared before.
	drifts   map[result.Drift]int
	compared map[responseSum][]string
}

type recorded struct {
	transport.Exchange
	// inbound says that the deployment sent the request and the harness the response: a webhook.
	inbound bool
	// view is the exchange as the report has it, once it was asked for.
	view *result.Exchange
	// accused says that a check has shown a broken promise with the response.
	accused bool
}

// New is the record of a run that judges a party by a contract.
func New(c *spec.Contract, p spec.Party) *Record {
	return &Record{contract: c, party: p, seen: map[string][]int{}, drifts: map[result.Drift]int{}, compared: map[responseSum][]string{}}
}

// Len counts the exchanges.
func (r *Record) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.exchanges)
}

// Add keeps an exchange and gives its response its number.
func (r *Record) Add(e *transport.Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Response.Seq = len(r.exchanges) + 1
	r.exchanges = append(r.exchanges, recorded{Exchange: *e})
	r.seen[e.Check] = append(r.seen[e.Check], e.Response.Seq)
}

// Complete puts what came after the head into an exchange of a stream or a socket.
func (r *Record) Complete(n int, h spec.StreamLog, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &r.exchanges[n-1]
	e.Response.Body, e.Response.Truncated, e.Log, e.Took = h.Body, h.Truncated, &h, took
}

// SentAgain says of a stream that was lost for another request's 5xx that it was sent again, and is not judged.
func (r *Record) SentAgain(n int, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges[n-1].Retry, r.exchanges[n-1].Response.Body = transport.ClosedAfter5xx, body
}

// Receive keeps a webhook that a check looked at, and returns its number.
func (r *Record) Receive(e transport.Exchange) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, recorded{Exchange: e, inbound: true})
	return len(r.exchanges)
}

// Accuse keeps that a check has shown a broken promise with an answer; 0 is none.
func (r *Record) Accuse(seq int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq > 0 {
		r.exchanges[seq-1].accused = true
	}
}

// Share notes that a check looked at an exchange that another one may have sent.
func (r *Record) Share(check string, seq int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq > 0 && !slices.Contains(r.seen[check], seq) {
		r.seen[check] = append(r.seen[check], seq)
	}
}

// Observations are the exchanges with an answer that is to be judged: not those that were throttled and waited out, not
// those that were sent again, not those that asked for a path that does not exist, and not the harness's own answers.
func (r *Record) Observations() []suites.Observation {
	return r.filter(func(e recorded) bool { return e.Judged() && !e.Call.Nowhere && !e.inbound })
}

// Of are the answered exchanges of one check.
func (r *Record) Of(check string) []suites.Observation {
	return r.filter(func(e recorded) bool { return e.Judged() && e.Check == check })
}

func (r *Record) filter(keep func(recorded) bool) []suites.Observation {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []suites.Observation
	for _, e := range r.exchanges {
		if keep(e) {
			all = append(all, suites.Observation{
				Check: e.Check, Operation: e.Operation, Call: e.Call, Response: e.Response, Accused: e.accused,
			})
		}
	}
	return all
}

// Traces are the requests of the run that made, changed or removed something, or may have, and those that stopped bots.
func (r *Record) Traces() []fixtures.Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []fixtures.Trace
	for _, e := range r.exchanges {
		if e.inbound || e.Call.Nowhere || !fixtures.Traced(e.Call.Operation) && e.Call.Operation != "stopBot" || errors.Is(e.Err, spec.ErrNotSent) {
			continue
		}
		trace := fixtures.NewTrace(e.Call)
		if e.Err == nil && !e.Retry.Retried() {
			trace = trace.With(e.Response)
		}
		all = append(all, trace)
	}
	return all
}

// numbers are those of the exchanges that a check looked at, and those that show its failures. The caller has the lock.
func (r *Record) numbers(check string, failures []failure) []int {
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

// Limited says whether a request was refused for a limit, whether it was waited out or not.
func (r *Record) Limited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.exchanges, func(e recorded) bool { return e.Err == nil && e.Response.Throttled() })
}

// Throttled counts the answers that were waited out.
func (r *Record) Throttled() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.exchanges {
		if e.Throttled() {
			n++
		}
	}
	return n
}

// Retries says in sentences what was sent again and not judged, limits and plain losses of the network aside.
func (r *Record) Retries() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	gateway, aftermath := map[string]int{}, map[string]int{}
	for _, e := range r.exchanges {
		how := fmt.Sprint(e.Response.Status)
		if e.Err != nil {
			how = "no answer"
		}
		switch e.Retry {
		case transport.GatewayFailed:
			gateway[how]++
		case transport.ClosedAfter5xx:
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

// Secrets are the members of answers that the document marks as secret, by the name under which they are shown.
func (r *Record) Secrets() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]string{}
	for i, e := range r.exchanges {
		for _, member := range e.Operation.SecretMembers {
			if v := e.Response.JSON().Get(member); v.Type == gjson.String && v.Str != "" {
				found[fmt.Sprintf("$SECRET_%d", i+1)] = v.Str
			}
		}
	}
	return found
}
