package suites

import (
	"net/http"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/script"
	"vexa-conformance/spec"
)

// clientCreates is how careful a client is with POST /bots, which can start another bot each time (Be careful retrying).
func clientCreates(*spec.Contract) []Check {
	down := script.Step{Status: http.StatusServiceUnavailable, Forever: true}
	var checks []Check
	for _, row := range []struct {
		name string
		// create are the steps of POST /bots; look, where it is set, meets whatever could tell whether a bot runs.
		create []script.Step
		look   *script.Step
	}{
		{"reset", []script.Step{{Break: script.Reset}}, nil},
		{"reset-after-done", []script.Step{{Break: script.Reset, Done: true}}, nil},
		{"cut", []script.Step{{Break: script.Cut, Done: true}}, nil},
		{"timeout-after-done", []script.Step{{Break: script.Stall, Done: true}}, nil},
		{"500-after-done", []script.Step{{Status: http.StatusInternalServerError, Done: true}}, nil},
		{"502-after-done", []script.Step{{Status: http.StatusBadGateway, HTML: true, Done: true}}, nil},
		{"503", []script.Step{{Status: http.StatusServiceUnavailable}}, nil},
		{"503-after-done", []script.Step{{Status: http.StatusServiceUnavailable, Done: true}}, nil},
		{"504-after-done", []script.Step{{Status: http.StatusGatewayTimeout, Done: true}}, nil},
		{"no-look-possible", []script.Step{{Break: script.Reset, Done: true}}, &down},
		{"already-running", []script.Step{{Status: http.StatusConflict, Done: true}}, nil},
	} {
		s := meeting(fixtures.CreateBot, row.create...)
		if row.look != nil {
			for _, operation := range looks() {
				s.Script[operation] = []script.Step{*row.look}
			}
		}
		checks = append(checks, clientCheck("client.checks-before-retrying-create", row.name, func(t T, p Program) { looksFirst(t, p, s) }, fixtures.CreateBot))
	}
	return checks
}

// looks are the operations that tell an unsure client whether a bot runs: those that the clause names.
func looks() []string { return []string{"getTranscript", "listMeetings", "getBotsStatus"} }

// looksFirst wants no second POST /bots before a look that succeeded, and none while a bot runs. A client that sends none is
// careful enough.
func looksFirst(t T, p Program, s Scenario) {
	p.Works(t, fixtures.CreateBot)
	v := p.Act(t, s)
	const clause = "client.checks-before-retrying-create"
	unsure, looked := false, false
	for _, a := range v.Arrivals {
		switch {
		case slices.ContainsFunc(looks(), a.Is):
			// 404 for the transcript says that there is no such meeting, and is as good an answer as the meeting.
			looked = looked || a.Broke == script.Whole && (a.Response.Success() || a.Response.Status == http.StatusNotFound)
		case !a.Is(v.Operation.ID):
		case unsure && !looked:
			broken(t, a.Response, clause, "a successful look (GET /transcripts/..., GET /meetings or GET /bots/status) before POST /bots again", "%s", v)
			return
		case unsure && duplicate(a):
			broken(t, a.Response, clause, "no other POST /bots while a bot runs", "%s", v)
			return
		default:
			unsure, looked = a.Lost() || duplicate(a), false
		}
	}
	ended(t, v)
	if tries := v.Tries(); v.Exit == 0 && v.Running == 0 {
		broken(t, answerTo(tries, len(tries)-1), clause, "another exit status than 0, since no bot runs", "%s", v)
	}
}

// duplicate says that a bot ran when the request came.
func duplicate(a script.Arrival) bool { return a.Response.Status == http.StatusConflict }
