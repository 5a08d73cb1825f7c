package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// meetings is what can be read of a meeting before and after its bot was asked for.
func meetings(*spec.Contract) []Check {
	return []Check{
		{
			ID: "transcripts/never-started", Clauses: []string{"transcripts.never-started"}, Effect: spec.Observe,
			Operations: []string{"getTranscript"}, Run: neverStarted,
		},
		{
			ID: "meetings/exists-after-create", Clauses: []string{"meetings.exists-after-create"}, Effect: spec.Bots,
			Operations: []string{"createBot", "getTranscript", "listMeetings"}, Run: existsAfterCreate,
		},
	}
}

// neverStarted has its control request in the transcript of a meeting that was started, where the operator allows a bot.
func neverStarted(t T, d Deployment) {
	if !d.Allows(spec.Bots) {
		expectAuthorized(t, d, mustOperation(d.Contract(), "getTranscript"))
	} else {
		requireSuccess(t, d.Control(t, "getTranscript", func(k *fixtures.Kit) spec.Response {
			m := k.Meeting()
			requireSuccess(t, createBot(t, d, spec.Owner, k.Bot(m)), "POST /bots for a meeting with a transcript")
			return readTranscript(t, d, spec.Owner, m)
		}), "the transcript of a meeting that was started")
	}
	expectClause(t, d, readTranscript(t, d, spec.Owner, d.Fixtures().Meeting()), "transcripts.never-started")
}

func readTranscript(t T, d Deployment, caller spec.Caller, m fixtures.Meeting) spec.Response {
	t.Helper()
	return d.Call(t, spec.Call{Operation: "getTranscript", Caller: caller, Path: m.Path()})
}

func existsAfterCreate(t T, d Deployment) {
	m := d.Fixtures().Meeting()
	created := startBot(t, d, m)
	if a := readTranscript(t, d, spec.Owner, m); !a.Success() {
		broken(t, a, "meetings.exists-after-create", "GET /transcripts shows the meeting", "%s", a)
	}
	if len(listed(t, d, spec.Owner, m)) == 0 {
		broken(t, created, "meetings.exists-after-create", "GET /meetings shows the meeting "+m.String(), "it is not listed")
	}
}
