package record

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// MaxShown is how much of a body a report shows: the longest recorded answer with one meeting and its recording is shorter.
const MaxShown = 5 << 10

// Check makes the result of a check out of what it reported and what was recorded.
func (r *Record) Check(p plan.Planned, t *Recorder, started time.Time, took time.Duration, hide *redact.Redactor) result.Check {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := result.Check{
		ID: p.ID, Clauses: p.Clauses, Verdict: t.verdict, Reason: hide.Text(t.reason),
		Started: started.UTC(), DurationMS: milliseconds(took), Exchanges: []result.Exchange{},
		NotApplicable: t.verdict == result.Skip && t.notApplicable, NeedsAllow: p.NeedsAllow,
	}
	evidence := map[int]bool{}
	plain := make([]result.Failure, len(t.failures))
	for i, f := range t.failures {
		evidence[f.shown] = true
		plain[i] = result.Failure{Expected: f.expected, Actual: f.actual}
	}
	if len(plain) > 0 {
		c.Expected, c.Actual = hide.Text(plain[0].Expected), hide.Text(plain[0].Actual)
	}
	if len(plain) > 1 {
		c.Reason = hide.Text(result.Others(plain))
	}
	place := map[int]int{}
	for _, n := range r.numbers(p.ID, t.failures) {
		e := r.exchange(n, hide)
		e.Evidence = evidence[n]
		c.Exchanges = append(c.Exchanges, e)
		place[n] = len(c.Exchanges)
	}
	c.Failures = failuresOf(t.failures, c, place, hide)
	return c
}

// Setup are the exchanges by which the run's users were made and cleaned up.
func (r *Record) Setup(hide *redact.Redactor) []result.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := []result.Exchange{}
	for _, n := range r.numbers(transport.Setup, nil) {
		all = append(all, r.exchange(n, hide))
	}
	return all
}

// failuresOf are a check's failures as the report has them. What was reported again and again about one operation is there once.
func failuresOf(reported []failure, c result.Check, place map[int]int, hide *redact.Redactor) []result.Failure {
	var all []result.Failure
	type same struct{ clause, expected, actual, operation string }
	seen := map[same]bool{}
	for _, f := range reported {
		out := result.Failure{
			Clause: f.clause, Expected: hide.Text(f.expected), Actual: hide.Text(f.actual), Exchange: place[f.shown], Follows: place[f.follows],
		}
		key := same{out.Clause, out.Expected, out.Actual, ""}
		if e := c.Shows(out.Exchange); e != nil {
			key.operation = e.Operation
		}
		if !seen[key] {
			seen[key] = true
			all = append(all, out)
		}
	}
	return all
}

// exchange is a recorded exchange without its secrets, made once however many checks look at it. The caller has the lock.
func (r *Record) exchange(n int, hide *redact.Redactor) result.Exchange {
	e := &r.exchanges[n-1]
	if e.view == nil {
		shown := r.show(e, hide)
		e.view = &shown
	}
	return *e.view
}

func (r *Record) show(e *recorded, hide *redact.Redactor) result.Exchange {
	out := result.Exchange{
		Operation: e.Operation.ID, Caller: string(e.Call.Caller),
		Started: e.Started.UTC(), DurationMS: milliseconds(e.Took), Throttled: e.Throttled(), Retried: e.Retry.Retried(), Inbound: e.inbound, Nowhere: e.Call.Nowhere,
	}
	if h := e.Log; h != nil && (h.Streams() || h.Status == http.StatusSwitchingProtocols) {
		out.Stream = &result.Stream{
			OpenedMS: milliseconds(h.Opened), FirstMS: milliseconds(h.First), LastMS: milliseconds(h.Last), QuietMS: milliseconds(h.Quiet),
			Events: len(h.News()), KeepAlives: h.Comments + len(h.Events) - len(h.News()), End: string(h.End),
		}
	}
	guards := append([]string{r.contract.CredentialHeader(spec.KeyGuard), r.contract.CredentialHeader(spec.AdminGuard)}, r.SecretHeaders...)
	if e.Request != nil {
		out.Request = result.Request{
			Method: e.Request.Method, URL: hide.Text(e.Request.URL.String()),
			Headers: hide.Headers(e.Request.Header, guards), Body: hide.Text(Cut(e.Call.Body)),
		}
		if name, ok := fixtures.Variable(e.Call.Caller); ok && len(out.Request.Headers[guards[0]]) > 0 {
			out.Request.Headers[guards[0]] = []string{name}
		}
		if r.party != spec.Client { // a client's request needs the deployment that was there for it
			out.Curl = redact.Curl(out.Request)
		}
	}
	if e.Err != nil {
		out.Error = hide.Text(e.Err.Error())
	}
	if e.Response.Status == 0 {
		return out
	}
	out.Response = &result.Response{
		Status: e.Response.Status, Headers: hide.Headers(e.Response.Header, guards),
		Body: hide.Text(Cut(e.Response.Body)), Protocol: e.Response.Proto, Truncated: e.Response.Truncated,
	}
	return out
}

// Cut is the beginning of a body, as reports show it.
func Cut(body []byte) string {
	if len(body) <= MaxShown {
		return string(body)
	}
	return string(body[:MaxShown]) + fmt.Sprintf("… (%d bytes in all)", len(body))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Clauses says of each clause that the run set out to judge what its checks found out.
func Clauses(p plan.Plan, checks []result.Check) []result.Clause {
	all := make([]result.Clause, 0, len(p.Clauses))
	for _, clause := range p.Clauses {
		out := result.Clause{
			ID: clause.ID, Promise: clause.Promise, Source: clause.Source, Strength: string(clause.Strength),
			Verdict: result.Skip, Reason: "this version of the program has no check for it", Checks: []string{},
		}
		for _, check := range checks {
			if slices.Contains(check.Clauses, clause.ID) {
				out.MergeVerdict(check)
			}
		}
		out.Known = out.KnownReason(checks)
		for _, check := range checks {
			if out.Verdict == result.Fail && slices.Contains(out.Checks, check.ID) {
				out.Expired = cmp.Or(out.Expired, check.Expired)
			}
		}
		whyNot(&out, checks)
		all = append(all, out)
	}
	return all
}
