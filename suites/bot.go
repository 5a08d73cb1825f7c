package suites

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// createBot sends a POST /bots that should be accepted, or that a broken deployment might accept: what it starts is
// stopped when the check ends.
func createBot(t T, d Deployment, caller spec.Caller, bot map[string]any) spec.Response {
	t.Helper()
	return postBot(t, d, fixtures.BotCall(caller, bot))
}

// postBot is createBot also for a request that is wrong on purpose. Where the body addresses no meeting, what a broken
// deployment makes of it is found at the end of the run, among the bots that are shown.
func postBot(t T, d Deployment, call spec.Call) spec.Response {
	t.Helper()
	m := fixtures.MeetingOf(call.Body)
	if m.Platform == "" || m.NativeID == "" {
		return d.Call(t, call)
	}
	user := spec.Owner
	if call.Caller == spec.Other || call.Caller == spec.Revoked { // whose key the revoked one was
		user = spec.Other
	}
	stop := fixtures.StopCall(user, m)
	stop.Fuzz = call.Fuzz || call.Wrong != "" // it asks for what was sent, which may be no address
	forget := d.Undo(stop)
	var a spec.Response
	if call.Repeatable {
		a = d.Call(t, call)
	} else {
		var lost error
		if a, lost = d.Attempt(t, call); lost != nil {
			a = postAgain(t, d, user, m, call, lost)
		}
	}
	if a.ClientError() {
		forget()
	}
	return a
}

// postDuplicate sends a POST /bots for a meeting that has a bot. It is refused in any case, so that it may be sent again if its
// response is lost: a bot that is there says nothing of whether it arrived.
func postDuplicate(t T, d Deployment, caller spec.Caller, bot map[string]any) spec.Response {
	t.Helper()
	call := fixtures.BotCall(caller, bot)
	call.Repeatable = true
	return postBot(t, d, call)
}

// postAgain sends a POST /bots again whose response was lost, after it looked whether a bot is in the meeting: as the page asks of
// clients (Be careful retrying). If there is one, the request arrived, and its response is unknown. A plan and a meeting that is over
// were there before.
func postAgain(t T, d Deployment, user spec.Caller, m fixtures.Meeting, call spec.Call, lost error) spec.Response {
	t.Helper()
	bots, _ := running(t, d, user, m)
	meetings := slices.DeleteFunc(listed(t, d, user, m), func(row gjson.Result) bool {
		return isPlanned(state{value: row}) || fixtures.Ended(row.Get("status").String())
	})
	if len(bots) > 0 || len(meetings) > 0 {
		t.Blocked("%v; the request arrived and its response is unknown", lost)
	}
	a := d.Call(t, call)
	if a.Status == http.StatusConflict {
		t.Blocked("%v; the request arrived all the same", lost)
	}
	return a
}

// startBot starts the bot that a check needs, and returns the response of POST /bots.
func startBot(t T, d Deployment, m fixtures.Meeting) spec.Response {
	t.Helper()
	return requireSuccess(t, createBot(t, d, spec.Owner, d.Fixtures().Bot(m)), "POST /bots for a bot that the check needs")
}

// shown are the entries of GET /bots/status for a meeting.
func shown(t T, d Deployment, caller spec.Caller, m fixtures.Meeting) ([]fixtures.Bot, spec.Response) {
	t.Helper()
	a := requireSuccess(t, d.Call(t, spec.Call{Operation: "getBotsStatus", Caller: caller}), "GET /bots/status")
	return slices.DeleteFunc(fixtures.Bots(a), func(b fixtures.Bot) bool { return b.Meeting != m }), a
}

// running are the entries whose meeting has not ended: that is what the pages promise of bots. A deployment may show a failed one for a
// while, and the process of a stopped one for as long as it takes to end: see [fixtures.Bot].
func running(t T, d Deployment, caller spec.Caller, m fixtures.Meeting) ([]fixtures.Bot, spec.Response) {
	t.Helper()
	entries, a := shown(t, d, caller, m)
	return slices.DeleteFunc(entries, fixtures.Bot.Ended), a
}

// present waits until the bot that a check has started is shown in its meeting, and says whether it is: it may have ended by
// itself. One that is never shown ends the check.
func present(t T, d Deployment, m fixtures.Meeting) bool {
	t.Helper()
	var last spec.Response
	over := false
	if !d.Await(t, func() bool {
		var entries []fixtures.Bot
		entries, last = running(t, d, spec.Owner, m)
		over = isOver(t, d, m, entries)
		return over || len(entries) > 0
	}) {
		t.Blocked("no bot runs in the meeting, so nothing can happen to it: %s", last)
	}
	return !over
}

// isOver says whether the bot of a meeting for which GET /bots/status has these entries has ended.
func isOver(t T, d Deployment, m fixtures.Meeting, entries []fixtures.Bot) bool {
	t.Helper()
	return len(entries) == 0 && fixtures.Ended(lastStatus(t, d, m))
}

// lifeStage is a status's place in a bot's life; statuses that surface.md does not order have none.
func lifeStage(status string) (int, bool) {
	at := slices.Index([]string{"requested", "joining", "awaiting_admission", "active", "stopping", "completed"}, status)
	if status == "failed" {
		at = 5
	}
	return at, at >= 0
}

// listed are the caller's meetings at an address, read page by page until there are some: the address, not the place, tells them.
func listed(t T, d Deployment, caller spec.Caller, m fixtures.Meeting) []gjson.Result {
	t.Helper()
	rows, _ := listedIn(t, d, caller, m)
	return rows
}

// listedIn is listed, and the page that shows them.
func listedIn(t T, d Deployment, caller spec.Caller, m fixtures.Meeting) ([]gjson.Result, spec.Response) {
	t.Helper()
	rows, shown := meetingsUntil(t, d, caller, func(row gjson.Result) bool { return isAt(row, m) })
	return ofMeeting(rows, m), shown
}

// everyMeetingIn reads every page of GET /meetings, and returns the last of them as well.
func everyMeetingIn(t T, d Deployment, caller spec.Caller) ([]gjson.Result, spec.Response) {
	t.Helper()
	return meetingsUntil(t, d, caller, func(gjson.Result) bool { return false })
}

// record is the owner's meeting with an id, and nothing if there is none.
func record(t T, d Deployment, id int64) gjson.Result {
	t.Helper()
	return recordIn(t, d, id).value
}

// recordIn is record, and the page that shows it.
func recordIn(t T, d Deployment, id int64) state {
	t.Helper()
	rows, shown := meetingsUntil(t, d, spec.Owner, func(row gjson.Result) bool { return row.Get("id").Int() == id })
	return state{byID(rows, id), shown}
}

// meetingsUntil reads GET /meetings page by page, up to the page with the row that is looked for, which it returns as well.
func meetingsUntil(t T, d Deployment, caller spec.Caller, found func(gjson.Result) bool) (all []gjson.Result, page spec.Response) {
	t.Helper()
	for n := range fixtures.MostPages {
		page = requireSuccess(t, d.Call(t, spec.Call{Operation: "listMeetings", Caller: caller, Query: url.Values{
			"limit": {strconv.Itoa(fixtures.PageSize)}, "offset": {strconv.Itoa(n * fixtures.PageSize)},
		}}), "GET /meetings")
		rows := page.JSON().Get("meetings").Array()
		all = append(all, rows...)
		if len(rows) < fixtures.PageSize || slices.ContainsFunc(rows, found) {
			break
		}
	}
	return all, page
}

func ofMeeting(rows []gjson.Result, m fixtures.Meeting) []gjson.Result {
	var found []gjson.Result
	for _, row := range rows {
		if isAt(row, m) {
			found = append(found, row)
		}
	}
	return found
}

func isAt(row gjson.Result, m fixtures.Meeting) bool {
	return row.Get("platform").String() == m.Platform && row.Get("native_meeting_id").String() == m.NativeID
}

// inOrEnded waits until the bot of a meeting is in it, or has ended, and returns the meeting's status then.
func inOrEnded(t T, d Deployment, id int64) (status string) {
	t.Helper()
	d.Await(t, func() bool {
		status = record(t, d, id).Get("status").String()
		return status == "active" || fixtures.Ended(status)
	})
	return status
}

// finished starts a bot, stops it unless it has ended by itself, waits for its end, and returns the meeting's record.
func finished(t T, d Deployment, m fixtures.Meeting, bot map[string]any) gjson.Result {
	t.Helper()
	created := requireSuccess(t, createBot(t, d, spec.Owner, bot), "POST /bots for a bot that the check needs").JSON().Get("id").Int()
	stopUnlessOver(t, d, m, created)
	return awaitEnd(t, d, m, created)
}

// awaitEnd waits until the meeting with an id is completed or failed.
func awaitEnd(t T, d Deployment, m fixtures.Meeting, id int64) gjson.Result {
	t.Helper()
	var last gjson.Result
	if !d.Await(t, func() bool {
		last = record(t, d, id)
		return fixtures.Ended(last.Get("status").String())
	}) {
		t.Blocked("the meeting %s did not end in time: %s", m, last.Get("status"))
	}
	return last
}

func byID(rows []gjson.Result, id int64) gjson.Result {
	for _, row := range rows {
		if row.Get("id").Int() == id {
			return row
		}
	}
	return gjson.Result{}
}
