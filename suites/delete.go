package suites

import (
	"fmt"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// deletes is what DELETE of a meeting and of a recording deletes, in the editions that promise it.
func deletes(*spec.Contract) []Check {
	var checks []Check
	for _, row := range []struct{ name, operation string }{{"by-id", "deletePlan"}, {"by-address", "deleteMeeting"}} {
		check := func(clause string, effect spec.Effect, run func(t T, d Deployment, operation string)) Check {
			return Check{
				ID: "meetings/" + clause + "/" + row.name, Clauses: []string{"meetings." + clause}, Effect: effect, Operations: []string{row.operation},
				Run: func(t T, d Deployment) { run(t, d, row.operation) },
			}
		}
		plan := check("delete-plan", spec.Write, deletePlan)
		plan.Needs = []string{"planMeeting", "getMeeting"}
		finished := check("delete-finished", spec.Bots, deleteFinished)
		finished.Disposable, finished.UsesUp = fixtures.AMeeting, true
		checks = append(checks, plan, check("delete-under-way", spec.Bots, deleteUnderWay), finished)
	}
	return append(checks, Check{
		ID: "recordings/delete", Clauses: []string{"recordings.delete"}, Effect: spec.Bots, Operations: []string{"deleteRecording"},
		Needs: []string{"getRecording"}, Disposable: fixtures.ARecording, UsesUp: true, Run: deleteRecording,
	})
}

// deleteCall deletes a meeting by its number or by its address.
func deleteCall(operation string, id int64, m fixtures.Meeting) spec.Call {
	call := spec.Call{Operation: operation, Caller: spec.Owner, Path: m.Path()}
	if operation == "deletePlan" {
		call.Path = map[string]string{"meeting_id": fmt.Sprint(id)}
	}
	return call
}

func deletePlan(t T, d Deployment, operation string) {
	m := d.Fixtures().Planned()
	id := planMeeting(t, d, d.Fixtures().Plan(m)).Get("id").Int()
	if !expectClause(t, d, d.Call(t, deleteCall(operation, id, m)), "meetings.delete-plan") {
		return
	}
	gone := spec.Call{Operation: "getMeeting", Caller: spec.Owner, Path: map[string]string{"meeting_id": fmt.Sprint(id)}}
	var last spec.Response
	if !d.Await(t, func() bool {
		last = d.Call(t, gone)
		return !last.Success() || last.JSON().Get("id").Int() != id
	}) {
		broken(t, last, "meetings.delete-plan", "the plan is deleted", "GET /meetings/%d still shows it: %s", id, last)
	}
}

func deleteUnderWay(t T, d Deployment, operation string) {
	withBot(t, d, tooSoon, func(m fixtures.Meeting) bool {
		began := time.Now()
		id := startBot(t, d, m).JSON().Get("id").Int()
		if !present(t, d, m) {
			return false
		}
		a := d.Call(t, deleteCall(operation, id, m))
		if a.Success() && endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		if !expectClause(t, d, a, "meetings.delete-under-way") {
			return true
		}
		entries, shown := running(t, d, spec.Owner, m)
		if len(entries) > 0 && entries[0].Status != "stopping" {
			return true
		}
		if endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		broken(t, shown, "meetings.delete-under-way", "the bot goes on", "%s", shown)
		return true
	})
}

// deleteFinished deletes what a meeting has left: its transcript and its recordings, as far as there are any.
func deleteFinished(t T, d Deployment, operation string) {
	m, id := overWithRemains(t, d)
	if !expectClause(t, d, d.Call(t, deleteCall(operation, id, m)), "meetings.delete-finished") {
		return
	}
	var last spec.Response
	if !d.Await(t, func() bool {
		last = readTranscript(t, d, spec.Owner, m)
		return !last.Success() || last.JSON().Get("segments.#").Int() == 0
	}) {
		broken(t, last, "meetings.delete-finished", "the transcript is deleted", "GET /transcripts shows %d segments", last.JSON().Get("segments.#").Int())
	}
	if !isImplemented(t, d, "listRecordings") {
		return
	}
	left := 0
	if !d.Await(t, func() bool {
		last, left = requireSuccess(t, d.Call(t, spec.Call{Operation: "listRecordings", Caller: spec.Owner}), "GET /recordings"), 0
		for _, r := range last.JSON().Get("recordings").Array() {
			if r.Get("meeting_id").Int() == id {
				left++
			}
		}
		return left == 0
	}) {
		broken(t, last, "meetings.delete-finished", "the recordings are deleted", "GET /recordings shows %d of the meeting", left)
	}
}

// overWithRemains is a meeting that is over, with something said and recorded in it where the deployment does that.
func overWithRemains(t T, d Deployment) (fixtures.Meeting, int64) {
	t.Helper()
	if len(d.Disposable().Meetings) > 0 {
		m, row := oneFinished(t, d)
		return m, row.value.Get("id").Int()
	}
	m, bot := lettingIn(t, d, fixtures.Records)
	bot["recording_enabled"], bot["transcribe_enabled"] = true, true
	a := createBot(t, d, spec.Owner, bot)
	if !a.Success() { // a deployment may transcribe nothing
		bot["transcribe_enabled"] = false
		a = createBot(t, d, spec.Owner, bot)
	}
	id := requireSuccess(t, a, "POST /bots for a meeting to delete").JSON().Get("id").Int()
	if status := inOrEnded(t, d, id); status == "active" {
		d.Await(t, func() bool { return readTranscript(t, d, spec.Owner, m).JSON().Get("segments.#").Int() > 0 })
	}
	stopUnlessOver(t, d, m, id)
	awaitEnd(t, d, m, id)
	atRest(t, d, func() state { a := readTranscript(t, d, spec.Owner, m); return state{a.JSON(), a} })
	return m, id
}

func deleteRecording(t T, d Deployment) {
	path := map[string]string{"recording_id": oneRecording(t, d)}
	a := d.Call(t, spec.Call{Operation: "deleteRecording", Caller: spec.Owner, Path: path})
	if !expectClause(t, d, a, "recordings.delete") {
		return
	}
	var last spec.Response
	if !d.Await(t, func() bool {
		last = d.Call(t, spec.Call{Operation: "getRecording", Caller: spec.Owner, Path: path})
		return !last.Success() || last.JSON().Get("id").Raw != path["recording_id"]
	}) {
		broken(t, last, "recordings.delete", "the recording is deleted", "GET /recordings/%s still shows it: %s", path["recording_id"], last)
	}
}
