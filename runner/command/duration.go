package command

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// stopwatch measures how long a target's responses take, while another part of the program sends requests.
type stopwatch struct {
	mu   sync.Mutex
	took []time.Duration
}

func (s *stopwatch) wrap(next http.RoundTripper) http.RoundTripper { return &timed{s, next} }

type timed struct {
	watch *stopwatch
	next  http.RoundTripper
}

// RoundTrip keeps the time to the answer's head.
func (t *timed) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	res, err := t.next.RoundTrip(r)
	if err == nil {
		t.watch.mu.Lock()
		defer t.watch.mu.Unlock()
		t.watch.took = append(t.watch.took, time.Since(begun))
	}
	return res, err
}

// median is that of the responses, and how it is known: measured, or assumed if no request was sent.
func (s *stopwatch) median() (took time.Duration, basis string) {
	if len(s.took) == 0 {
		const assumed = 100 * time.Millisecond // a gateway and its database on another continent
		return assumed, "assumed, since no request was sent"
	}
	slices.Sort(s.took)
	return max(time.Millisecond, s.took[len(s.took)/2].Round(time.Millisecond)), fmt.Sprintf("the median of %d just now", len(s.took))
}

// printDuration prints how long the rehearsed run will take, and what the estimate is based on.
func printDuration(w io.Writer, run result.Run, j job, s *stopwatch) {
	c := j.deployment()
	answer, basis := s.median()
	n, parallel := run.Summary.Exchanges, max(1, c.Parallel)
	fmt.Fprintf(w, "  takes about %s: %d requests, %d at a time, %s for a response (%s)\n", about(time.Duration(n)*answer/time.Duration(parallel)), n, parallel, answer, basis)
	if c.Rate > 0 {
		fmt.Fprintf(w, "    at --rate %g: no less than %s\n", c.Rate, about(time.Duration(float64(n)/c.Rate*float64(time.Second))))
	}
	// The limit is v0.10's own (surface.md), and the slowest that the field has for a key.
	const allowed = 120
	if busiest := busiest(run, j.checks); busiest > allowed {
		fmt.Fprintf(w, "    where a key may send %d a minute: about %s, as one of them sends %d\n", allowed, about(time.Duration(busiest-allowed)*time.Minute/allowed), busiest)
	}
	_, made := count(run)
	if bots := made["createBot"]; bots > 0 {
		fmt.Fprintf(w, "    the %d bots: up to %s more, where each takes all of --patience %s to end\n", bots, about(time.Duration(bots)*c.Patience/time.Duration(parallel)), c.Patience)
	}
	if turns := turns(made); turns > 0 {
		fmt.Fprintf(w, "    the %d agent turns: as long as the agent takes for them\n", turns)
	}
	if slices.Contains(c.Allow, spec.Exhaust) && c.Rate == 0 {
		fmt.Fprintln(w, "    the checks of limits: up to 90 s more, if Retry-After says so")
	}
}

// about is a duration as people say it: no less than a second, and without fractions.
func about(d time.Duration) time.Duration { return max(time.Second, d.Round(time.Second)) }

// busiest is how many requests the most used key sends, without those that provoke a limit.
func busiest(run result.Run, checks []suites.Check) int {
	run.Checks = slices.DeleteFunc(slices.Clone(run.Checks), func(c result.Check) bool {
		return slices.ContainsFunc(checks, func(s suites.Check) bool { return s.ID == c.ID && s.Effect == spec.Exhaust })
	})
	sent := map[string]int{}
	most := 0
	for _, e := range exchanges(run) {
		for name, values := range e.Request.Headers {
			if value := strings.Join(values, ""); strings.EqualFold(name, "X-API-Key") && value != "" {
				sent[value]++
				most = max(most, sent[value])
			}
		}
	}
	return most
}

func turns(made map[string]int) int {
	return made["createInvocation"] + made["createEvent"] + made["chat"]
}
