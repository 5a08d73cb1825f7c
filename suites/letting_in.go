package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// lettingIn is a meeting whose bot is to get in, and the body of its POST /bots: one that the operator names, or one that is
// invented, which lets in the scripted bots of a test stack and nobody else. In the operator's, a bot that is there already is
// waited for: it is the one of the check before, or somebody's.
func lettingIn(t T, d Deployment, b fixtures.Behavior) (fixtures.Meeting, map[string]any) {
	t.Helper()
	own := d.OwnMeeting(t)
	if own == nil {
		m := d.Fixtures().Meeting()
		return m, d.Fixtures().BotThat(b, m)
	}
	m := own.Meeting()
	if !d.Await(t, func() bool {
		there, _ := running(t, d, spec.Owner, m)
		return len(there) == 0
	}) {
		t.Blocked("a bot of the same user is in %s and does not leave: the check needs that meeting for a bot of its own", m)
	}
	return m, d.Fixtures().BotIn(b, own)
}

// entered waits until the bot of the meeting with an id is in it. Where it does not get into an invented one, that says nothing
// of the deployment.
func entered(t T, d Deployment, id int64) {
	t.Helper()
	status := inOrEnded(t, d, id)
	switch own := d.OwnMeeting(t); {
	case status == "active", status == "completed" && own == nil && d.Fixtures().Scripted(): // it was, and has left by itself
	case own != nil:
		t.Blocked("the bot was not admitted to %s, a meeting of the operator: it is %s", own.Meeting(), status)
	case d.Fixtures().Scripted():
		t.Blocked("the scripted bot (bot:) was not admitted to its meeting: it is %s", status)
	default:
		t.Skipf("the bot was not admitted to a meeting that does not exist (%s): name one that admits bots (meetings: in --config), or say that bots are scripted (bot: {scripted: true})", status)
	}
}
