package suites

import (
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// tenancy asks as another user for what the run's user has: the answer is the one for what does not exist, and
// afterwards nothing has changed for the owner.
func tenancy(*spec.Contract) []Check {
	check := func(name string, effect spec.Effect, operations []string, run func(T, Deployment)) Check {
		return Check{
			ID: "tenancy/" + name, Clauses: []string{"tenancy.not-found"}, Effect: effect, Operations: operations,
			Run: func(t T, d Deployment) {
				// Of several operations, those are left out that the deployment does not implement.
				if !slices.ContainsFunc(operations, func(id string) bool { return isImplemented(t, d, id) }) {
					d.Probe(t, operations[0], spec.Owner) // ends the check and says why
				}
				run(t, d)
			},
		}
	}
	with := func(thing fixtures.Thing, check Check) Check {
		check.Disposable = thing
		return check
	}
	return []Check{
		check("bot", spec.Bots, []string{"stopBot"}, othersBot),
		check("bot-config", spec.Bots, []string{"configureBot"}, othersConfig),
		with(fixtures.AMeeting, check("finished-meeting", spec.Bots, []string{"patchMeeting", "deleteMeeting", "getTranscript"}, othersMeeting)),
		check("planned-meeting", spec.Write, []string{"planMeeting", "getMeeting", "deletePlan"}, othersPlan),
		with(fixtures.ARecording, check("recording", spec.Bots, []string{"getRecording", "deleteRecording"}, othersRecording)),
	}
}

func othersBot(t T, d Deployment) {
	withBot(t, d, tooSoon, func(m fixtures.Meeting) bool {
		began := time.Now()
		startBot(t, d, m)
		if !present(t, d, m) {
			return false
		}
		strangerIsRefused(t, d, spec.Call{Operation: "stopBot", Path: m.Path()}, d.Fixtures().Meeting().Path())
		if entries, a := shown(t, d, spec.Other, m); len(entries) > 0 {
			broken(t, a, "tenancy.not-found", "the list of bots shows nobody else's", "%s", a)
		}
		entries, a := running(t, d, spec.Owner, m)
		if len(entries) == 0 || entries[0].Status == "stopping" {
			if endedByItself(t, d, spec.Owner, m, began) {
				return false
			}
			broken(t, a, "tenancy.not-found", "the owner's bot goes on", "%s", a)
			return true
		}
		// The control request: what was refused to the stranger is accepted from the owner.
		stopped := d.Call(t, fixtures.StopCall(spec.Owner, m))
		if stopped.ClientError() && endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		requireSuccess(t, stopped, "the owner's own DELETE of the bot")
		return true
	})
}

func othersConfig(t T, d Deployment) {
	k := d.Fixtures()
	m := k.Meeting()
	startBot(t, d, m)
	strangerIsRefused(t, d, spec.Call{Operation: "configureBot", Path: m.Path(), Body: k.Config()}, k.Meeting().Path())
}

func othersMeeting(t T, d Deployment) {
	k := d.Fixtures()
	m, before := oneFinished(t, d)
	for _, call := range []spec.Call{
		{Operation: "getTranscript", Path: m.Path()},
		{Operation: "patchMeeting", Path: m.Path(), Body: patchBody(d.Contract())},
		{Operation: "deleteMeeting", Path: m.Path()},
	} {
		strangerIsRefused(t, d, call, k.Meeting().Path())
	}
	listsNobodyElses(t, d, m)
	requireSuccess(t, readTranscript(t, d, spec.Owner, m), "the owner's own reading of the transcript")
	unchangedForOwner(t, d, before, func() state { return recordIn(t, d, before.value.Get("id").Int()) })
}

func othersPlan(t T, d Deployment) {
	k := d.Fixtures()
	m := k.Planned()
	plan := planMeeting(t, d, k.Plan(m))
	path := map[string]string{"meeting_id": plan.Get("id").Raw}
	nowhere := map[string]string{"meeting_id": k.Number()}
	read := func() state {
		a := d.Call(t, spec.Call{Operation: "getMeeting", Caller: spec.Owner, Path: path})
		return state{a.JSON(), a}
	}
	before := read()
	requireSuccess(t, before.shown, "the owner's own reading of the plan")
	strangerIsRefused(t, d, spec.Call{Operation: "getMeeting", Path: path}, nowhere)
	strangerIsRefused(t, d, spec.Call{Operation: "deletePlan", Path: path}, nowhere)
	strangerIsRefused(t, d, spec.Call{Operation: "patchMeeting", Path: m.Path(), Body: patchBody(d.Contract())}, k.Planned().Path())
	strangerIsRefused(t, d, spec.Call{Operation: "deleteMeeting", Path: m.Path()}, k.Planned().Path())
	listsNobodyElses(t, d, m)
	unchangedForOwner(t, d, before, read)
}

func othersRecording(t T, d Deployment) {
	k := d.Fixtures()
	id := oneRecording(t, d)
	path, nowhere := map[string]string{"recording_id": id}, map[string]string{"recording_id": k.Number()}
	read := func() state {
		a := d.Call(t, spec.Call{Operation: "getRecording", Caller: spec.Owner, Path: path})
		return state{a.JSON(), a}
	}
	before := atRest(t, d, read)
	requireSuccess(t, before.shown, "the owner's own reading of the recording")
	strangerIsRefused(t, d, spec.Call{Operation: "getRecording", Path: path}, nowhere)
	strangerIsRefused(t, d, spec.Call{Operation: "deleteRecording", Path: path}, nowhere)
	list := requireSuccess(t, d.Call(t, spec.Call{Operation: "listRecordings", Caller: spec.Other}), "GET /recordings")
	if slices.ContainsFunc(list.JSON().Get("recordings").Array(), func(r gjson.Result) bool { return r.Get("id").Raw == id }) {
		broken(t, list, "tenancy.not-found", "the list of recordings shows nobody else's", "%s", list)
	}
	unchangedForOwner(t, d, before, read)
}

func isImplemented(t T, d Deployment, operation string) bool {
	t.Helper()
	_, ok := d.Implemented(t, operation)
	return ok
}

// listsNobodyElses wants another user's list of meetings not to show the owner's.
func listsNobodyElses(t T, d Deployment, m fixtures.Meeting) {
	t.Helper()
	if rows, shown := listedIn(t, d, spec.Other, m); len(rows) > 0 {
		broken(t, shown, "tenancy.not-found", "the list of meetings shows nobody else's", "it shows %s", m)
	}
}

func unchangedForOwner(t T, d Deployment, before state, read func() state) {
	t.Helper()
	unchanged(t, d, "tenancy.not-found", "nothing has changed for the owner", before, read)
}

// strangerIsRefused sends a call as the other user and compares its answer with the answer for what does not exist: a
// difference tells the stranger that there is something.
func strangerIsRefused(t T, d Deployment, call spec.Call, nowhere map[string]string) {
	t.Helper()
	if !isImplemented(t, d, call.Operation) {
		return
	}
	call.Caller = spec.Other
	absent := call
	absent.Path = nowhere
	theirs, none := d.Call(t, call), d.Call(t, absent)
	difference := ""
	if theirs.Status == none.Status {
		difference = differentResponses(t, d, call, absent, theirs, none)
	}
	same := theirs.Status == none.Status && difference == ""
	if same && len(mustOperation(d.Contract(), call.Operation).Conditions("transcripts.never-started")) > 0 {
		return // the answer for what does not exist is that clause's
	}
	switch {
	case !expectClause(t, d, theirs, "tenancy.not-found") || same:
	case difference == "":
		broken(t, theirs, "tenancy.not-found", "the answer for what does not exist: "+none.String(), "%s", theirs)
	default:
		broken(t, theirs, "tenancy.not-found", fmt.Sprintf("the answer for what does not exist, %d with the same body", none.Status), "%s", difference)
	}
}

// differentResponses says in what the bodies of the answers for another's thing and for what does not exist differ. What differs
// when the same thing is asked for again is no such difference, and neither is the id that was asked for.
func differentResponses(t T, d Deployment, call, absent spec.Call, theirs, none spec.Response) string {
	t.Helper()
	c := spec.Comparison{Renamed: map[string]string{}}
	for name, id := range absent.Path {
		c.Renamed[id] = call.Path[name]
	}
	if c.SameResponse(none, theirs) {
		return ""
	}
	c.Mask = spec.Volatile(theirs.Value(), d.Call(t, call).Value()).Union(spec.Volatile(none.Value(), d.Call(t, absent).Value()))
	return c.Difference(none.Value(), theirs.Value())
}

// planMeeting plans a meeting, and deletes the plan when the check ends.
func planMeeting(t T, d Deployment, plan map[string]any) gjson.Result {
	t.Helper()
	a := d.Call(t, spec.Call{Operation: "planMeeting", Caller: spec.Owner, Body: fixtures.Body(plan)})
	undoPlan(d, a)
	return requireSuccess(t, a, "POST /meetings for a plan that the check needs").JSON()
}

func undoPlan(d Deployment, a spec.Response) {
	if id := a.JSON().Get("id"); a.Success() && id.Exists() {
		d.Undo(spec.Call{Operation: "deletePlan", Caller: spec.Owner, Path: map[string]string{"meeting_id": id.Raw}})
	}
}

// recorded starts a bot that records, lets it get in, stops it, and returns the id of its recording.
func recorded(t T, d Deployment) string {
	t.Helper()
	m, bot := lettingIn(t, d, fixtures.Records)
	bot["recording_enabled"] = true
	created := requireSuccess(t, createBot(t, d, spec.Owner, bot), "POST /bots for a bot that records").JSON().Get("id").Int()
	if inOrEnded(t, d, created) != "completed" { // one that completed by itself was in its meeting
		entered(t, d, created)
	}
	var id string
	began := time.Now()
	isListed := func() bool {
		list := requireSuccess(t, d.Call(t, spec.Call{Operation: "listRecordings", Caller: spec.Owner}), "GET /recordings")
		for _, r := range list.JSON().Get("recordings").Array() {
			if r.Get("meeting_id").Int() == created {
				id = r.Get("id").Raw
			}
		}
		return id != ""
	}
	// Some deployments list a recording as soon as it begins, others once the bot has left.
	d.Await(t, func() bool { return isListed() || time.Since(began) > recordingTime })
	stopUnlessOver(t, d, m, created)
	awaitEnd(t, d, m, created)
	if id == "" && !d.Await(t, isListed) {
		t.Blocked("the deployment made no recording of the meeting %s in time", m)
	}
	return id
}

// recordingTime is how long a bot records at the most: some seconds of sound, so that there is something to keep.
const recordingTime = 10 * time.Second

// patchBody is a change of a meeting that the edition's document allows.
func patchBody(c *spec.Contract) []byte {
	if op := mustOperation(c, "patchMeeting"); slices.ContainsFunc(op.Fields, func(f spec.Field) bool { return f.Path == "title" }) {
		return []byte(`{"title":"changed"}`)
	}
	return []byte(fmt.Sprintf(`{"data":{"notes":%q}}`, "changed"))
}
