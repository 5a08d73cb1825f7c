package suites

import (
	"fmt"
	"net/url"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// stream is how the streamed endpoints open, whatever follows, and how they tell of a problem in their frames.
func stream(*spec.Contract) []Check {
	opens := []string{"stream.opens"}
	chat := []string{"chat", "initWorkspace"}
	return []Check{
		{ID: "stream/opens/chat", Clauses: opens, Effect: spec.Agent, Operations: chat, OwnTenant: true, Run: opensTurn(fixtures.Done)},
		{ID: "stream/opens/failed-turn", Clauses: opens, Effect: spec.Agent, Operations: chat, OwnTenant: true, Run: opensTurn(fixtures.Failed)},
		{ID: "stream/opens/blocked-write", Clauses: opens, Effect: spec.Agent, Operations: chat, OwnTenant: true, Run: opensTurn(fixtures.Blocked)},
		{ID: "stream/opens/refused-body", Clauses: opens, Effect: spec.Agent, Operations: []string{"chat"}, Run: opensRefused},
		{ID: "stream/opens/meeting", Clauses: opens, Effect: spec.Bots, Operations: []string{"streamMeeting"}, Run: opensMeeting},
		{ID: "stream/opens/unknown-meeting", Clauses: opens, Effect: spec.Observe, Operations: []string{"streamMeeting"}, Run: opensUnknownMeeting},
		{ID: "stream/rejected", Clauses: []string{"stream.rejected"}, Effect: spec.Agent, Operations: chat, OwnTenant: true, Run: rejected},
		{ID: "stream/done-not-ok", Clauses: []string{"stream.done-not-ok"}, Effect: spec.Agent, Operations: chat, OwnTenant: true, Run: doneNotOK},
	}
}

// took takes a turn with the prompt for an outcome, and hears it to the end.
func took(t T, d Deployment, outcome fixtures.Outcome) spec.StreamLog {
	t.Helper()
	prompt := d.Stimulus(t, outcome)
	requireSuccess(t, d.Control(t, "initWorkspace", func(*fixtures.Kit) spec.Response {
		return d.Call(t, spec.Call{Operation: "initWorkspace", Caller: spec.Owner, Body: []byte(`{}`)})
	}), "POST /agent/workspace/init")
	turn := d.Stream(t, spec.Call{Operation: "chat", Caller: spec.Owner, Body: d.Fixtures().Chat(prompt)})
	return turn.Until(t, toTheEnd)
}

func toTheEnd(h spec.StreamLog) bool { return h.End != spec.Open }

func opensTurn(outcome fixtures.Outcome) func(T, Deployment) {
	return func(t T, d Deployment) {
		h := took(t, d, outcome)
		if opened(t, d, "chat", h) && len(h.News()) == 0 {
			broken(t, h.Response, "stream.opens", "Server-Sent Events that tell of the turn", "%s", h)
		}
	}
}

// opened holds the head of a stream and the form of what follows against the promise.
func opened(t T, d Deployment, operation string, h spec.StreamLog) bool {
	t.Helper()
	answered(t, h)
	switch {
	case h.GatewayError():
		t.Blocked("the stream was answered %s", h)
	case !expectClause(t, d, h.Response, "stream.opens"):
	case !h.Streams():
		broken(t, h.Response, "stream.opens", "200 text/event-stream", "%s", h)
	case len(h.Strange) > 0:
		broken(t, h.Response, "stream.opens", "frames of Server-Sent Events", "%s", h)
	case h.End == spec.Closed && len(h.Events) == 0 && h.Comments == 0:
		broken(t, h.Response, "stream.opens", "frames of Server-Sent Events", "%s", h)
	default:
		notLost(t, h)
		return true
	}
	return false
}

// answered ends the check where not even the head of a stream came in time.
func answered(t T, h spec.StreamLog) {
	t.Helper()
	if h.Status == 0 {
		t.Blocked("it did not open within the timeout of an answer (--timeout)")
	}
}

// streamed ends the check unless there is a stream whose frames can be judged: how it opens is another check's.
func streamed(t T, h spec.StreamLog) spec.StreamLog {
	t.Helper()
	answered(t, h)
	if !h.Streams() || len(h.Strange) > 0 || h.End == spec.Closed && len(h.News()) == 0 {
		t.Blocked("there are no frames to judge, see stream/opens: %s", h)
	}
	return notLost(t, h)
}

// notLost ends the check where the network lost what was listened to, before that looks like something that never came.
func notLost(t T, h spec.StreamLog) spec.StreamLog {
	t.Helper()
	if h.End == spec.Lost {
		t.Blocked("the connection was lost before its end: %s", h)
	}
	return h
}

// opensRefused sends what the agent refuses. To refuse it by a status is right, and so is a stream that tells of it; a 200
// with anything else is not.
func opensRefused(t T, d Deployment) {
	for _, body := range []string{`{"prompt": 7}`, `{"prompt": {"text": "Say hello and stop."}}`, `{}`} {
		s := d.Stream(t, spec.Call{Operation: "chat", Caller: spec.Owner, Body: []byte(body), Wrong: "no prompt that is a text"})
		h := s.Until(t, toTheEnd)
		answered(t, h)
		if h.ClientError() {
			continue
		}
		if opened(t, d, "chat", h) && len(h.News()) == 0 {
			broken(t, h.Response, "stream.opens", "Server-Sent Events that tell of the refusal", "%s", h)
		}
	}
}

// opensUnknownMeeting is lenient: the page has both, a stream that tells of the problem and 404 for a meeting that does
// not exist.
func opensUnknownMeeting(t T, d Deployment) {
	pastGuard(t, d, "streamMeeting")
	h := d.Stream(t, meetingStream(d.Fixtures().Number(), d.Fixtures().Word())).Until(t, func(h spec.StreamLog) bool {
		return toTheEnd(h) || len(h.Events)+h.Comments+len(h.Strange) > 0
	})
	answered(t, h)
	if !h.ClientError() {
		opened(t, d, "streamMeeting", h)
	}
}

// meetingStream follows a meeting by its number. Session is the meeting's number or its native id; others are refused (surface.md).
func meetingStream(id, session string) spec.Call {
	return spec.Call{Operation: "streamMeeting", Caller: spec.Owner, Query: url.Values{"meeting_id": {id}, "session_uid": {session}}}
}

// opensMeeting follows a running meeting, and stops it if nothing comes until then: what comes all at once when the
// meeting ends was held back on its way.
func opensMeeting(t T, d Deployment) {
	f := talking(t, d)
	s := d.Stream(t, meetingStream(fmt.Sprint(f.id), f.NativeID)) // the other name of its session: see [talking]
	h := s.Until(t, func(h spec.StreamLog) bool { return toTheEnd(h) || len(h.Events)+len(h.Strange) > 0 })
	if h.Status == 0 {
		stopUnlessOver(t, d, f.Meeting, f.id)
		if h = s.Until(t, toTheEnd); h.Status != 0 {
			t.Blocked("the stream is buffered to its end: nothing came while the meeting ran, and %d events in %s once it had ended; "+
				"a proxy in between holds it back (nginx: proxy_buffering off)", len(h.Events), h.Last-h.Opened)
		}
	}
	opened(t, d, "streamMeeting", h)
}

// rejected looks at the turn whose write is blocked.
func rejected(t T, d Deployment) {
	h := streamed(t, took(t, d, fixtures.Blocked))
	frames := h.Of("rejected")
	switch over := h.End != spec.Open || len(h.Of("done")) > 0; {
	case len(frames) == 0 && !over:
		t.Blocked("the turn had not ended within --patience, so that a rejected frame may still come: %s", h)
	case len(frames) == 0:
		broken(t, h.Response, "stream.rejected", "a rejected frame for the write that is blocked", "%s", h)
	}
	for _, frame := range frames {
		if violations := frame.JSON().Get("violations"); !violations.IsArray() || len(violations.Array()) == 0 {
			broken(t, h.Response, "stream.rejected", "violations, a list that is not empty", "%s", frame.Data)
		}
	}
}

// doneNotOK looks at the turn that fails: what ends it, what comes after, and that the stream ends too.
func doneNotOK(t T, d Deployment) {
	const clause = "stream.done-not-ok"
	h := streamed(t, took(t, d, fixtures.Failed))
	over := false
	for _, e := range h.Events {
		switch kind := e.Type(); {
		case kind == "done" && over:
			broken(t, h.Response, clause, "one done frame at the end of the turn", "%s", h)
			return
		case kind == "done":
			over = true
			if ok := e.JSON().Get("ok"); ok.Type != gjson.False {
				broken(t, h.Response, clause, `a done frame with "ok": false`, "%s", e.Data)
				return
			}
		case over && ofTheTurn(kind):
			broken(t, h.Response, clause, "nothing of the turn after its done frame", "%s after it: %s", kind, h)
			return
		}
	}
	switch {
	case !over:
		broken(t, h.Response, clause, "a done frame at the end of the turn that fails", "%s", h)
	case h.End == spec.Open:
		broken(t, h.Response, clause, "the stream ends with the turn", "%s", h)
	}
}

// ofTheTurn knows the frames that carry a turn on; frames that the page does not name may come after done, and a commit
// too (contract/recorded).
func ofTheTurn(kind string) bool {
	return kind == "message-delta" || kind == "tool-call" || kind == "tool-result"
}
