package cause

import "strings"

// phrase says in plain words what a deployment does that breaks a promise whose expectation is no response but a
// sentence of the check. It begins with a verb, which follows the operation: "GET /bots/status does not show …".
type phrase struct {
	clause string
	// expected is how the expectation begins, up to what differs from run to run.
	expected, says string
}

// phrases are those of all checks of a deployment. A test compares them with what the checks report.
var phrases = []phrase{
	{"admin.mint", "the new key works", "mints a key that does not work"},
	{"admin.mint", "a key with the scopes that the body names", "mints a key with other scopes than the body names"},
	{"admin.mint", "", "treats a key minted by a JSON body otherwise than one minted by the query"},
	{"auth.valid-key-under-load", "no authentication error", "refuses a valid key under load"},
	{"bots.concurrency-limit", "one more bot is accepted", "refuses one more bot although another one has stopped"},
	{"bots.duplicate", "the first bot goes on", "does not show the first bot any more after a second request for it"},
	{"bots.duplicate-race", "exactly one accepted", "does not accept exactly one of several identical requests for a bot at once"},
	{"bots.duplicate-race", "one bot runs", "shows several bots in one meeting after identical requests at once"},
	{"bots.join-failure-in-status", "POST /bots is accepted", "refuses a bot that will fail to join"},
	{"bots.join-failure-in-status", "GET /bots/status shows", "does not show a bot that failed to join"},
	{"bots.stopped", "the bot is no longer running", "shows a bot that was stopped as still running"},
	{"bots.takes-over-plan", "a bot is accepted", "refuses a bot for the link of a planned meeting"},
	{"bots.takes-over-plan", "the plan ", "accepts a bot and does not make the plan for its link its meeting"},
	{"bots.tracked", "a bot's progress goes forward", "shows a bot's progress going back"},
	{"bots.tracked", "an entry for the meeting", "does not show a bot that was accepted"},
	{"bots.tracked", "the bot's progress", "does not show a bot's progress as GET /meetings does"},
	{"meetings.delete-finished", "the transcript", "does not delete the transcript of a meeting that is over"},
	{"meetings.delete-finished", "the recordings", "does not delete the recordings of a meeting that is over"},
	{"meetings.delete-plan", "the plan is deleted", "does not delete a plan"},
	{"meetings.delete-under-way", "the bot goes on", "refuses to delete a meeting under way, and stops its bot"},
	{"meetings.exists-after-create", "GET /transcripts shows", "does not find the meeting of a bot that was just accepted"},
	{"meetings.exists-after-create", "GET /meetings shows", "accepts a bot whose meeting GET /meetings does not list"},
	{"plans.collision", "the plan keeps its link", "refuses a plan's new link, and changes the plan all the same"},
	{"rate.retry-after-is-honest", "let through after", "throttles a request that came after the time that Retry-After named"},
	{"rate.self-hosted-unlimited", "no reading of the burst", "throttles requests although no plan limits apply"},
	{"recordings.delete", "the recording is deleted", "does not delete a recording"},
	{"retry.delete-meeting", "no other meeting is touched", "shows another meeting changed after one was deleted"},
	{"retry.delete-meeting", "the meeting is anonymized", "shows the native_meeting_id of a meeting that was deleted"},
	{"retry.delete-meeting", "the meeting stays", "shows meetings changed after a meeting was deleted again"},
	{"retry.delete-recording", "no other recording is touched", "does not show another recording any more after one was deleted"},
	{"retry.get", "the same", "answers in another way when the same request is sent again"},
	{"retry.put", "the same settings", "shows other settings after a PUT was sent again"},
	{"retry.put", "the same", "answers in another way when the same request is sent again"},
	{"scope.matrix", "a key with the scope", "refuses a key that has the scope"},
	{"socket.meeting-status", "meeting.status events", "sends no meeting.status events up to the end of a bot's life"},
	{"socket.meeting-status", "nothing after", "sends a meeting.status event after the end of a bot's life"},
	{"socket.meeting-status", "active", "sends no meeting.status event for a bot that was active"},
	{"socket.meeting-status", "the order", "sends meeting.status events out of order"},
	{"stream.done-not-ok", "one done frame", "sends more than one done frame for a turn that fails"},
	{"stream.done-not-ok", `a done frame with "ok": false`, `sends a done frame without "ok": false for a turn that fails`},
	{"stream.done-not-ok", "nothing of the turn", "sends frames of a turn that fails after its done frame"},
	{"stream.done-not-ok", "a done frame at the end", "sends no done frame for a turn that fails"},
	{"stream.done-not-ok", "the stream ends", "keeps the stream of a turn that failed open"},
	{"stream.ids", "an id line", "sends events without an id line"},
	{"stream.opens", "200 text/event-stream", "answers a stream with another media type than text/event-stream"},
	{"stream.opens", "frames of Server-Sent Events", "opens a stream whose body has no frames of Server-Sent Events"},
	{"stream.opens", "Server-Sent Events that tell", "opens a stream that says nothing of what was asked"},
	{"stream.rejected", "a rejected frame", "sends no rejected frame for a blocked write"},
	{"stream.rejected", "violations", "sends a rejected frame without violations"},
	{"stream.resume", "the very next event", "does not resume a stream with the event after Last-Event-ID"},
	{"tenancy.not-found", "the list of", "shows what belongs to another user"},
	{"tenancy.not-found", "the owner's bot goes on", "does not show a bot any more that another user asked to stop"},
	{"tenancy.not-found", "the answer for what does not exist", "answers otherwise for what is another user's than for what does not exist"},
	{"tenancy.not-found", "nothing has changed", "shows what another user has changed"},
	{"webhook.dedupe-keys", "an event_type", "sends a webhook without an event_type"},
	{"webhook.dedupe-keys", "the id", "sends a webhook without the id of its meeting or recording"},
	{"webhook.retried", "the same event type and ids", "sends a refused webhook again with other ids"},
}

// phraseOf is what a deployment does whose failure has an expectation in words; empty if nothing is known of it.
func phraseOf(f failed) string {
	if strings.HasSuffix(f.Expected, " is implemented") {
		return "is not implemented"
	}
	if f.Clause == streamOpens && f.root != nil && f.root.Response != nil {
		switch shapeOf(*f.root.Response) {
		case rawDetail:
			return "answers 200 with no frame, but `{\"detail\":…}`"
		case emptyStream:
			return "answers 200 with no frame and an empty body"
		}
	}
	for _, p := range phrases {
		if p.clause == f.Clause && strings.HasPrefix(f.Expected, p.expected) {
			return p.says
		}
	}
	return ""
}

// inNumber puts a phrase, or the verb with which it begins, into the plural if several operations do it.
func inNumber(phrase string, operations int) string {
	if operations <= 1 {
		return phrase
	}
	verb, rest, _ := strings.Cut(phrase, " ")
	switch verb {
	case "is":
		verb = "are"
	case "does":
		verb = "do"
	default:
		verb = strings.TrimSuffix(verb, "s")
	}
	return strings.TrimSpace(verb + " " + rest)
}
