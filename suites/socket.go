package suites

import (
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// socket is what a subscriber hears of a bot (surface.md, WebSocket).
func socket(*spec.Contract) []Check {
	return []Check{{
		ID: "socket/meeting-status", Clauses: []string{"socket.meeting-status"}, Effect: spec.Bots,
		Operations: []string{"openSocket", "createBot", "listMeetings"}, Run: followsTheBot,
	}}
}

// followsTheBot subscribes before there is a bot and, where that is too early, once there is one; follows it through its
// life; and compares what it received with what GET /meetings says.
func followsTheBot(t T, d Deployment) {
	const clause = "socket.meeting-status"
	m, bot := lettingIn(t, d, fixtures.Stays)
	s := d.Socket(t, spec.Call{Operation: "openSocket", Caller: spec.Owner})
	h := s.Until(t, func(spec.StreamLog) bool { return true })
	answered(t, h)
	if !expectClause(t, d, h.Response, clause) {
		return
	}
	subscribe := map[string]any{"action": "subscribe", "meetings": []any{map[string]any{"platform": m.Platform, "native_id": m.NativeID}}}
	early := subscribed(t, s, subscribe)
	created := requireSuccess(t, createBot(t, d, spec.Owner, bot), "POST /bots for a bot to follow").JSON().Get("id").Int()
	if !early {
		subscribed(t, s, subscribe)
	}
	from := record(t, d, created).Get("status").String()
	// The events are promised of every bot, also of one that nobody admits.
	got := inOrEnded(t, d, created)
	if !fixtures.Ended(got) {
		stopUnlessOver(t, d, m, created)
	}
	var end string
	if !d.Await(t, func() bool {
		end = record(t, d, created).Get("status").String()
		return fixtures.Ended(end)
	}) {
		t.Blocked("the bot was stopped and has not ended: it is %s", end)
	}
	h = s.Until(t, func(h spec.StreamLog) bool { return toTheEnd(h) || slices.Contains(statuses(h, m), end) })
	reported := statuses(notLost(t, h), m)
	switch {
	case !slices.Contains(reported, end):
		broken(t, h.Response, clause, "meeting.status events up to "+end+", which GET /meetings says", "%v: %s", reported, h)
	case reported[len(reported)-1] != end:
		broken(t, h.Response, clause, "nothing after "+end, "%v", reported)
	case got == "active" && (early || from != "active") && !slices.Contains(reported, "active"):
		broken(t, h.Response, clause, "active, which the bot was", "%v", reported)
	}
	inOrder(t, h, reported)
}

// inOrder wants each status to be the one before or a later one: repeats are allowed, and so are gaps.
func inOrder(t T, h spec.StreamLog, reported []string) {
	t.Helper()
	last := -1
	for _, status := range reported {
		stage, known := lifeStage(status)
		switch {
		case !known:
			continue
		case stage < last:
			broken(t, h.Response, "socket.meeting-status", "the order of a bot's life", "%v", reported)
			return
		}
		last = stage
	}
}

// subscribed subscribes, and says whether the deployment took it: some know a meeting only once it has a bot.
func subscribed(t T, s Socket, message map[string]any) bool {
	t.Helper()
	before := len(s.Until(t, func(spec.StreamLog) bool { return true }).Events)
	s.Say(t, message)
	h := s.Until(t, func(h spec.StreamLog) bool { return toTheEnd(h) || len(h.Events) > before })
	return len(h.Events) > before && h.Events[before].Type() == "subscribed"
}

// statuses are those of a meeting, in either of the two forms that the lines have (contract/recorded).
func statuses(h spec.StreamLog, m fixtures.Meeting) []string {
	var all []string
	for _, e := range h.Of("meeting.status") {
		said := e.JSON()
		for _, form := range []struct{ meeting, status string }{{"meeting.native_id", "payload.status"}, {"native", "status"}} {
			if said.Get(form.meeting).String() == m.NativeID && said.Get(form.status).String() != "" {
				all = append(all, said.Get(form.status).String())
			}
		}
	}
	return all
}
