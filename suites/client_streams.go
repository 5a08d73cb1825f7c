package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/script"
	"vexa-conformance/spec"
)

// clientStreams is what a client makes of problems that a stream tells of although its status is 200 (Streaming errors).
func clientStreams(*spec.Contract) []Check {
	const clause = "client.reads-stream-errors"
	checks := []Check{
		clientCheck(clause, "rejected", tellsOf(fixtures.Blocked, "a rejected frame"), fixtures.Chat),
		clientCheck(clause, "done-not-ok", tellsOf(fixtures.Failed, "a done frame with ok false"), fixtures.Chat),
	}
	for _, row := range []struct {
		name  string
		steps []script.Step
	}{
		{"resume/dropped", []script.Step{{Events: 2, Break: script.Cut}}},
		{"resume/ended", []script.Step{{Events: 2, Break: script.Close}}},
		{"resume/inside-an-event", []script.Step{{Events: 2, Inside: true, Break: script.Cut}}},
		{"resume/twice", []script.Step{{Events: 1, Break: script.Cut}, {Events: 1, Break: script.Cut}}},
	} {
		checks = append(checks, clientCheck(clause, row.name, func(t T, p Program) { resumes(t, p, row.steps) }, fixtures.FollowMeeting))
	}
	return checks
}

// tellsOf wants a failing exit status for a turn that did not do its work.
func tellsOf(outcome fixtures.Outcome, frame string) func(T, Program) {
	return func(t T, p Program) {
		p.Works(t, fixtures.Chat)
		v := p.Act(t, Scenario{Action: fixtures.Chat, Outcome: outcome})
		ended(t, v)
		if tries := v.Tries(); len(tries) == 0 {
			t.Blocked("the client sent nothing: %s", v)
		} else if v.Exit == 0 {
			broken(t, answerTo(tries, 0), "client.reads-stream-errors", "another exit status than 0, since the turn ended with "+frame, "%s", v)
		}
	}
}

// resumes wants a stream that was lost asked for again with the id of the last event that came whole.
func resumes(t T, p Program, steps []script.Step) {
	p.Works(t, fixtures.FollowMeeting)
	v := p.Act(t, meeting(fixtures.FollowMeeting, steps...))
	const clause = "client.reads-stream-errors"
	tries := v.Tries()
	ended(t, v)
	if len(tries) == 0 {
		t.Blocked("the client sent nothing: %s", v)
	}
	for i := range steps {
		if i+1 >= len(tries) {
			broken(t, answerTo(tries, i), clause, "the stream requested again after it broke off", "%s", v)
			return
		}
		if sent, echoed := tries[i].LastID, tries[i+1].Request.Header.Get("Last-Event-ID"); echoed != sent {
			broken(t, answerTo(tries, i+1), clause, "Last-Event-ID: "+sent+", the id of the last event that came whole", "%q: %s", echoed, v)
			return
		}
	}
	if v.Exit != 0 {
		broken(t, answerTo(tries, len(tries)-1), clause, "exit 0, since the rest of the stream came to its end", "%s", v)
	}
}
