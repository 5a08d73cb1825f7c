package suites

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// retry sends again what the v0.10 page calls safe to send again: the outcome and the state are looked at before,
// between and after.
func retry(c *spec.Contract) []Check {
	var checks []Check
	for _, op := range keyed(c) {
		if op.Method == "GET" && !op.Stream {
			checks = append(checks, Check{
				ID: "retry/get/" + op.ID, Clauses: []string{"retry.get"}, Effect: spec.Observe, Operations: []string{op.ID},
				Run: func(t T, d Deployment) { readTwice(t, d, d.Fixtures().Harmless(op)) },
			})
		}
	}
	return append(checks, []Check{
		{ID: "retry/get/finished-meeting", Clauses: []string{"retry.get"}, Effect: spec.Bots, Operations: []string{"getTranscript"}, Disposable: fixtures.AMeeting, Run: readFinishedTwice},
		{ID: "retry/put/webhook", Clauses: []string{"retry.put"}, Effect: spec.Write, Operations: []string{"putWebhook"}, OwnTenant: true, Run: putWebhookTwice},
		{ID: "retry/put/bot-config", Clauses: []string{"retry.put"}, Effect: spec.Bots, Operations: []string{"configureBot"}, Run: configureTwice},
		{ID: "retry/delete-meeting", Clauses: []string{"retry.delete-meeting"}, Effect: spec.Bots, Operations: []string{"deleteMeeting"}, Disposable: fixtures.AMeeting, UsesUp: true, Run: deleteMeetingTwice},
		{ID: "retry/delete-meeting/shared-id", Clauses: []string{"retry.delete-meeting"}, Effect: spec.Bots, Operations: []string{"deleteMeeting"}, Run: deleteSharedMeetingTwice},
		{ID: "retry/delete-recording", Clauses: []string{"retry.delete-recording"}, Effect: spec.Bots, Operations: []string{"deleteRecording"}, Disposable: fixtures.ARecording, UsesUp: true, Run: deleteRecordingTwice},
	}...)
}

// readTwice asks as the other user, who does nothing meanwhile, so that only the reading itself could change something.
func readTwice(t T, d Deployment, call spec.Call) {
	t.Helper()
	if call.Caller == "" {
		call.Caller = spec.Other
	}
	first, second := d.Call(t, call), d.Call(t, call)
	if first.ServerError() {
		t.Blocked("the first reading was answered %s", first)
	}
	if first.Status != second.Status && !d.OwnTenant() {
		// Somebody may have changed it in between: then it is the same when it is read twice once more, sooner or later.
		d.Await(t, func() bool {
			first, second = d.Call(t, call), d.Call(t, call)
			return first.Status == second.Status
		})
	}
	sameAgain(t, d, "retry.get", call, first, second)
}

func readFinishedTwice(t T, d Deployment) {
	m, _ := oneFinished(t, d)
	readTwice(t, d, spec.Call{Operation: "getTranscript", Caller: spec.Owner, Path: m.Path()})
}

func putWebhookTwice(t T, d Deployment) {
	call := spec.Call{Operation: "putWebhook", Caller: spec.Other, Body: fixtures.Body(d.Fixtures().Webhook())}
	if _, ok := d.Contract().Operation("getWebhook"); !ok {
		putTwice(t, d, call, nil, nil) // v0.10 has no reading of them: the answer to the PUT is what there is
		return
	}
	putTwice(t, d, call, func() state {
		a := requireSuccess(t, d.Call(t, spec.Call{Operation: "getWebhook", Caller: spec.Other}), "GET /user/webhook")
		return state{a.JSON(), a}
	}, nil)
}

// configureTwice configures a bot that is in its meeting, as only such a one can be.
func configureTwice(t T, d Deployment) {
	m, bot := lettingIn(t, d, fixtures.Stays)
	created := requireSuccess(t, createBot(t, d, spec.Owner, bot), "POST /bots for a bot to configure").JSON().Get("id").Int()
	entered(t, d, created)
	putTwice(t, d, spec.Call{Operation: "configureBot", Caller: spec.Owner, Path: m.Path(), Body: d.Fixtures().Config()}, func() state {
		row := recordIn(t, d, created)
		return state{row.value.Get("data"), row.shown}
	}, func() {
		if status := recordIn(t, d, created).value.Get("status").String(); fixtures.Ended(status) {
			t.Blocked("the bot left by itself (%s) before the same settings were sent again", status)
		}
	})
}

// putTwice sends the same PUT twice: the same status and answer, and the same settings read back, where they can be read.
// Left, if set, ends the check if what the settings belong to has ended between the two.
func putTwice(t T, d Deployment, call spec.Call, settings func() state, left func()) {
	t.Helper()
	first := requireSuccess(t, d.Call(t, call), "the first "+call.Operation)
	var between state
	if settings != nil {
		between = atRest(t, d, settings)
	}
	second := d.Call(t, call)
	if left != nil && second.Status != first.Status {
		left()
	}
	sameAgain(t, d, "retry.put", call, first, second)
	if settings != nil {
		unchanged(t, d, "retry.put", "the same settings read back", between, func() state { return atRest(t, d, settings) })
	}
}

func deleteMeetingTwice(t T, d Deployment) {
	const clause = "retry.delete-meeting"
	if len(d.Disposable().Meetings) > 0 {
		m, row := oneFinished(t, d)
		before, _ := finishedElsewhere(t, d)
		deleteTwice(t, d, m, row.value.Get("id").Int())
		now, shown := finishedElsewhere(t, d)
		if i := slices.IndexFunc(before, func(one string) bool { return !slices.Contains(now, one) }); i >= 0 {
			broken(t, shown, clause, "no other meeting is touched", "%s is no longer shown so", before[i])
		}
		return
	}
	bystander := d.Fixtures().Meeting()
	finished(t, d, bystander, d.Fixtures().Bot(bystander))
	bystanders := func() state { return records(t, d, bystander.NativeID) }
	m, row := oneFinished(t, d)
	others := atRest(t, d, bystanders)
	deleteTwice(t, d, m, row.value.Get("id").Int())
	unchanged(t, d, clause, "no other meeting is touched", others, func() state { return atRest(t, d, bystanders) })
}

// deleteSharedMeetingTwice has two finished meetings with one native id: once the first DELETE has anonymized one, the
// second must not go on to the other.
func deleteSharedMeetingTwice(t T, d Deployment) {
	k := d.Fixtures()
	m := k.Meeting()
	finished(t, d, m, k.Bot(m))
	id := finished(t, d, m, k.Bot(m)).Get("id").Int()
	deleteTwice(t, d, m, id)
}

// deleteTwice anonymizes a meeting and does it again. What the first DELETE left is what the second must leave.
func deleteTwice(t T, d Deployment, m fixtures.Meeting, id int64) {
	t.Helper()
	call := spec.Call{Operation: "deleteMeeting", Caller: spec.Owner, Path: m.Path()}
	first := d.Call(t, call)
	if !first.Success() {
		t.Blocked("the first DELETE of a finished meeting was answered %s", first)
	}
	var now state
	if !d.Await(t, func() bool {
		now = recordIn(t, d, id)
		return now.value.Get("native_meeting_id").String() != m.NativeID
	}) {
		broken(t, now.shown, "retry.delete-meeting", "the meeting is anonymized", "it has the native_meeting_id %s", now.value.Get("native_meeting_id"))
		return
	}
	// What is left is the meeting itself, and others that still show its native id.
	left := func() state {
		rows, shown := everyMeetingIn(t, d, spec.Owner)
		others := withNativeID(rows, m.NativeID)
		return state{gjson.Parse(`{"others":` + listOf(others) + `,"meeting":` + cmp.Or(byID(rows, id).Raw, "null") + `}`), shown}
	}
	before := atRest(t, d, left)
	second := d.Call(t, call)
	if !expectClause(t, d, second, "retry.delete-meeting") {
		return
	}
	unchanged(t, d, "retry.delete-meeting", "the meeting stays as the first DELETE left it, and no other one is touched", before,
		func() state { return atRest(t, d, left) })
}

// records are the owner's meetings that still show a native id.
func records(t T, d Deployment, nativeID string) state {
	t.Helper()
	rows, shown := everyMeetingIn(t, d, spec.Owner)
	return state{gjson.Parse(listOf(withNativeID(rows, nativeID))), shown}
}

func withNativeID(rows []gjson.Result, nativeID string) []gjson.Result {
	return slices.DeleteFunc(slices.Clone(rows), func(row gjson.Result) bool { return row.Get("native_meeting_id").String() != nativeID })
}

func listOf(items []gjson.Result) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.Raw
	}
	return "[" + strings.Join(texts, ",") + "]"
}

func deleteRecordingTwice(t T, d Deployment) {
	gone := oneRecording(t, d)
	kept := otherRecording(t, d, gone)
	call := spec.Call{Operation: "deleteRecording", Caller: spec.Owner, Path: map[string]string{"recording_id": gone}}
	requireSuccess(t, d.Call(t, call), "the first DELETE of a recording")
	expectClause(t, d, d.Call(t, call), "retry.delete-recording")
	if kept == "" {
		return
	}
	read := spec.Call{Operation: "getRecording", Caller: spec.Owner, Path: map[string]string{"recording_id": kept}}
	if a := d.Call(t, read); !a.Success() {
		broken(t, a, "retry.delete-recording", "no other recording is touched", "%s", a)
	}
}
