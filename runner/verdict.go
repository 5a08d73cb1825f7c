package runner

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// maxShown is how much of a body a report shows: the longest recorded answer with one meeting and its recording is shorter.
const maxShown = 5 << 10

// checkOf makes the result of a check out of what it reported and what was recorded.
func (s *Session) checkOf(p Planned, o outcome, hide *redactor) result.Check {
	r := o.recorder
	c := result.Check{
		ID: p.ID, Clauses: p.Clauses, Verdict: r.verdict, Reason: hide.text(r.reason),
		Started: o.started.UTC(), DurationMS: milliseconds(o.took), Exchanges: []result.Exchange{},
		NotApplicable: r.verdict == result.Skip && r.notApplicable, NeedsAllow: p.NeedsAllow,
	}
	evidence := map[int]bool{}
	for i, f := range r.failures {
		if evidence[f.shown] = true; i == 0 {
			c.Expected, c.Actual = hide.text(f.expected), hide.text(f.actual)
		}
	}
	if len(r.failures) > 1 {
		c.Reason = hide.text(others(r.failures))
	}
	place := map[int]int{}
	for _, n := range s.record.numbers(p.ID, r.failures) {
		e := s.exchange(n, hide)
		e.Evidence = evidence[n]
		c.Exchanges = append(c.Exchanges, e)
		place[n] = len(c.Exchanges)
	}
	c.Failures = failuresOf(r.failures, c, place, hide)
	return c
}

// failuresOf are a check's failures as the report has them. What was reported again and again about one operation is there once.
func failuresOf(reported []failure, c result.Check, place map[int]int, hide *redactor) []result.Failure {
	var all []result.Failure
	type same struct{ clause, expected, actual, operation string }
	seen := map[same]bool{}
	for _, f := range reported {
		out := result.Failure{
			Clause: f.clause, Expected: hide.text(f.expected), Actual: hide.text(f.actual), Exchange: place[f.shown], Follows: place[f.follows],
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

// others tells of the failures after the first, each kind once: the same is found again and again more often than not.
func others(failures []failure) string {
	var kinds []string
	seen := map[string]bool{failures[0].expected: true}
	for _, f := range failures[1:] {
		if !seen[f.expected] {
			seen[f.expected] = true
			kinds = append(kinds, "expected "+f.expected+", got "+f.actual)
		}
	}
	text := fmt.Sprintf("and %d more", len(failures)-1)
	if len(kinds) == 0 {
		return text + " of the kind"
	}
	return text + ": " + strings.Join(kinds, "; ")
}

// exchange is a recorded exchange without its secrets, made once however many checks look at it.
func (s *Session) exchange(n int, hide *redactor) result.Exchange {
	e := &s.record.exchanges[n-1]
	if e.shown == nil {
		shown := s.show(e, hide)
		e.shown = &shown
	}
	return *e.shown
}

func (s *Session) show(e *recorded, hide *redactor) result.Exchange {
	out := result.Exchange{
		Operation: e.Operation.ID, Caller: string(e.Call.Caller),
		Started: e.Started.UTC(), DurationMS: milliseconds(e.Took), Throttled: e.throttled, Retried: e.Again.Retried(), Inbound: e.inbound, Nowhere: e.Call.Nowhere,
	}
	if h := e.Heard; h != nil && (h.Streams() || h.Status == http.StatusSwitchingProtocols) {
		out.Stream = &result.Stream{
			OpenedMS: milliseconds(h.Opened), FirstMS: milliseconds(h.First), LastMS: milliseconds(h.Last), QuietMS: milliseconds(h.Quiet),
			Events: len(h.News()), KeepAlives: h.Comments + len(h.Events) - len(h.News()), End: string(h.End),
		}
	}
	guards := []string{s.config.Contract.CredentialHeader(spec.KeyGuard), s.config.Contract.CredentialHeader(spec.AdminGuard)}
	if e.Request != nil {
		out.Request = result.Request{
			Method: e.Request.Method, URL: hide.text(e.Request.URL.String()),
			Headers: hide.headers(e.Request.Header, guards), Body: hide.text(cut(e.Call.Body)),
		}
		if name, ok := fixtures.Variable(e.Call.Caller); ok && len(out.Request.Headers[guards[0]]) > 0 {
			out.Request.Headers[guards[0]] = []string{name}
		}
		if s.config.Binds != spec.Client { // a client's request needs the deployment that was there for it
			out.Curl = curl(out.Request)
		}
	}
	if e.Err != nil {
		out.Error = hide.text(e.Err.Error())
	}
	if e.Answer.Status == 0 {
		return out
	}
	out.Response = &result.Response{
		Status: e.Answer.Status, Headers: hide.headers(e.Answer.Header, guards),
		Body: hide.text(cut(e.Answer.Body)), Protocol: e.Answer.Proto, Truncated: e.Answer.Truncated,
	}
	return out
}

func cut(body []byte) string {
	if len(body) <= maxShown {
		return string(body)
	}
	return string(body[:maxShown]) + fmt.Sprintf("… (%d bytes in all)", len(body))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// clausesOf says of each clause that the run set out to judge what its checks found out.
func clausesOf(p Plan, checks []result.Check) []result.Clause {
	all := make([]result.Clause, 0, len(p.Clauses))
	for _, clause := range p.Clauses {
		out := result.Clause{
			ID: clause.ID, Promise: clause.Promise, Source: clause.Source, Strength: string(clause.Strength),
			Verdict: result.Skip, Reason: "this version has no check of it", Checks: []string{},
		}
		for _, check := range checks {
			if slices.Contains(check.Clauses, clause.ID) {
				weigh(&out, check)
			}
		}
		out.Known = excused(out, checks)
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

// excused is the reason for which a broken clause is excused: that of its first failure, where each has one.
func excused(c result.Clause, checks []result.Check) string {
	reason := ""
	for _, check := range checks {
		if check.Verdict != result.Fail || c.Verdict != result.Fail || !slices.Contains(c.Checks, check.ID) {
			continue
		}
		if check.Known == "" {
			return ""
		}
		reason = cmp.Or(reason, check.Known)
	}
	return reason
}

// weigh adds what one check found out about a clause: the worst counts, and a pass counts more than a skip.
func weigh(c *result.Clause, check result.Check) {
	if len(c.Checks) == 0 || check.Verdict.Worse(c.Verdict) {
		c.Verdict, c.Reason = check.Verdict, ""
		if check.Verdict != result.Pass && check.Verdict != result.Fail {
			c.Reason = check.Reason
		}
	}
	c.Checks = append(c.Checks, check.ID)
}

// exitCode says what a run comes to. A broken promise is told as such whatever else happened, the harness's own fault
// comes next, and a run that judged nothing, or less than it set out to, is no success.
func exitCode(r result.Run) int {
	clauses := r.Summary.Clauses
	switch {
	case clauses[result.Fail] > r.Summary.Known, len(r.Stale) > 0:
		return result.ExitBroken
	case clauses[result.Error] > 0:
		return result.ExitHarness
	case r.Interrupted:
		return result.ExitInterrupted
	case clauses[result.Blocked] > 0, clauses[result.Pass]+r.Summary.Known == 0, len(r.Unmet) > 0:
		return result.ExitInconclusive
	default:
		return result.ExitKept
	}
}

func summarize(r result.Run, exchanges, throttled int) result.Summary {
	s := result.Summary{
		Checks: map[result.Verdict]int{}, Clauses: map[result.Verdict]int{}, Exchanges: exchanges, Throttled: throttled,
	}
	for _, v := range result.Verdicts() {
		s.Checks[v], s.Clauses[v] = 0, 0
	}
	for _, c := range r.Checks {
		s.Checks[c.Verdict]++
	}
	for _, c := range r.Clauses {
		s.Clauses[c.Verdict]++
		if c.Known != "" {
			s.Known++
		}
		if c.NotApplicable {
			s.NotApplicable++
		}
		if c.NeedsAllow != "" {
			s.NeedAllow++
			s.Allow = joinEffects(s.Allow, c.NeedsAllow)
		}
	}
	return s
}
