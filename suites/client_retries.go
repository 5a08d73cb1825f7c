package suites

import (
	"fmt"
	"net/http"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/script"
	"vexa-conformance/spec"
)

// clientRetries is what a client sends again, and what it never does.
func clientRetries(*spec.Contract) []Check {
	var checks []Check
	add := func(clause, problem string, a fixtures.Action, judge func(T, Program, fixtures.Action, ...script.Step), steps ...script.Step) {
		checks = append(checks, clientCheck(clause, problem+"/"+string(a), func(t T, p Program) { judge(t, p, a, steps...) }, a))
	}
	for _, a := range fixtures.SafeActions() {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout} {
			add("client.retries-transient", fmt.Sprint(status), a, retriesStatus, script.Step{Status: status})
		}
		add("client.retries-transient", "html-502", a, retriesStatus, script.Step{Status: http.StatusBadGateway, HTML: true})
		add("client.retries-transient", "timeout", a, retriesTimeout, script.Step{Break: script.Stall})
		add("client.retries-server-error", "500", a, retriesStatus, script.Step{Status: http.StatusInternalServerError})
		add("client.retries-safe-methods", "reset", a, retriesBreak, script.Step{Break: script.Reset})
		add("client.retries-safe-methods", "reset-after-done", a, retriesBreak, script.Step{Break: script.Reset, Done: true})
		add("client.retries-safe-methods", "cut", a, retriesBreak, script.Step{Break: script.Cut})
		checks = append(checks, clientCheck("client.retries-safe-methods", "refused/"+string(a), func(t T, p Program) { retriesRefused(t, p, a) }, a))
	}
	for _, a := range append(fixtures.SafeActions(), fixtures.CreateBot) {
		for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
			add("client.never-retries-client-errors", fmt.Sprint(status), a, neverRetries, script.Step{Status: status, Forever: true})
		}
	}
	return checks
}

// clientCheck is a check of a clause about clients: its id is the clause's name in the suite `client`, and what it is about.
func clientCheck(clause, about string, run func(T, Program), actions ...fixtures.Action) Check {
	operations := make([]string, len(actions))
	for i, a := range actions {
		operations[i] = a.Operation()
	}
	name := strings.ReplaceAll(clause, ".", "/")
	return Check{ID: name + "/" + about, Clauses: []string{clause}, Operations: operations, Actions: actions, Client: run}
}

// retriesStatus wants another try after an answer that passes, and exit 0 once a try succeeds.
func retriesStatus(t T, p Program, a fixtures.Action, steps ...script.Step) {
	p.Works(t, a)
	v := p.Act(t, meeting(a, steps...))
	clause := "client.retries-transient"
	if steps[0].Status == http.StatusInternalServerError {
		clause = "client.retries-server-error"
	}
	again(t, clause, v)
}

// retriesTimeout is as retriesStatus, where the client's own time-out has to tell it that something is wrong.
func retriesTimeout(t T, p Program, a fixtures.Action, steps ...script.Step) {
	p.Works(t, a)
	v := p.Act(t, meeting(a, steps...))
	if !v.Ended && len(v.Tries()) == 1 {
		t.Blocked("the client waited longer for a response than the run waits for the client: give it the time-out of VEXA_TIMEOUT, or "+
			"give --patience: %s", v)
	}
	again(t, "client.retries-transient", v)
}

func retriesBreak(t T, p Program, a fixtures.Action, steps ...script.Step) {
	p.Works(t, a)
	again(t, "client.retries-safe-methods", p.Act(t, meeting(a, steps...)))
}

// retriesRefused has nobody listen until the client has been refused. That it comes then shows that it tries again; and so
// does that it was refused more than once, where it had used up its tries by then.
func retriesRefused(t T, p Program, a fixtures.Action) {
	p.Works(t, a)
	v := p.Act(t, Scenario{Action: a, Closed: true})
	ended(t, v)
	const clause = "client.retries-safe-methods"
	switch tries := v.Tries(); {
	case len(tries) == 0 && v.Refused < 2:
		broken(t, spec.Response{}, clause, "another try after a refused connection", "%s", v)
	case len(tries) > 0 && v.Exit != 0:
		broken(t, answerTo(tries, len(tries)-1), clause, "exit 0, since the deployment was reachable by then", "%s", v)
	}
}

// again judges that a first try was followed by another, and that the exit status is true.
func again(t T, clause string, v Visit) {
	t.Helper()
	tries := v.Tries()
	ended(t, v)
	switch {
	case len(tries) == 0:
		t.Blocked("the client sent nothing: %s", v)
	case len(tries) == 1:
		broken(t, answerTo(tries, 0), clause, "another try", "%s", v)
	case v.Exit != 0:
		broken(t, answerTo(tries, len(tries)-1), clause, "exit 0, since the second try succeeded", "%s", v)
	}
}

// neverRetries wants exactly one request, and a failing exit status.
func neverRetries(t T, p Program, a fixtures.Action, steps ...script.Step) {
	p.Works(t, a)
	v := p.Act(t, meeting(a, steps...))
	const clause = "client.never-retries-client-errors"
	tries, status := v.Tries(), steps[0].Status
	if len(tries) > 1 {
		broken(t, answerTo(tries, 1), clause, fmt.Sprintf("no other try after %d", status), "%s", v)
		return
	}
	ended(t, v)
	// To delete what is not there may well count as done: the page calls these two idempotent.
	gone := status == http.StatusNotFound && (a == fixtures.DeleteMeeting || a == fixtures.DeleteRecording)
	switch {
	case len(tries) == 0:
		t.Blocked("the client sent nothing: %s", v)
	case v.Exit == 0 && !gone:
		broken(t, answerTo(tries, 0), clause, fmt.Sprintf("another exit status than 0, since %d is no success", status), "%s", v)
	}
}
