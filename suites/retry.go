package suites

import (
	"slices"
	"time"

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
	same := func() bool { return first.Status == second.Status && settled(first.JSON()) == settled(second.JSON()) }
	if !same() && !d.OwnTenant() {
		// Somebody may have changed it in between: then it is the same when it is read twice once more, sooner or later.
		d.Await(t, func() bool {
			first, second = d.Call(t, call), d.Call(t, call)
			return same()
		})
	}
	if !same() {
		broken(t, second, "retry.get", "the same outcome again: "+first.String(), "%s", second)
	}
}

func readFinishedTwice(t T, d Deployment) {
	m, _ := oneFinished(t, d)
	readTwice(t, d, spec.Call{Operation: "getTranscript", Caller: spec.Owner, Path: m.Path()})
}

// settled is JSON in a form that can be compared: members sorted, and without times, which a deployment may give of the
// answer itself.
func settled(v gjson.Result) string {
	switch {
	case v.IsArray():
		text := "["
		for _, item := range v.Array() {
			text += settled(item) + ","
		}
		return text + "]"
	case v.IsObject():
		members := v.Map()
		names := make([]string, 0, len(members))
		for name := range members {
			names = append(names, name)
		}
		slices.Sort(names)
		text := "{"
		for _, name := range names {
			text += name + ":" + settled(members[name]) + ","
		}
		return text + "}"
	case v.Type == gjson.String && isTime(v.Str):
		return "time"
	default:
		return v.Raw
	}
}

// isTime knows RFC 3339, and the same without a zone, as v0.10 deployments write it.
func isTime(s string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

func putWebhookTwice(t T, d Deployment) {
	call := spec.Call{Operation: "putWebhook", Caller: spec.Other, Body: fixtures.Body(d.Fixtures().Webhook())}
	if _, ok := d.Contract().Operation("getWebhook"); !ok {
		putTwice(t, d, call, nil) // v0.10 has no reading of them: the answer to the PUT is what there is
		return
	}
	putTwice(t, d, call, func() string {
		return needs(t, d.Call(t, spec.Call{Operation: "getWebhook", Caller: spec.Other}), "GET /user/webhook").JSON().Raw
	})
}

// configureTwice configures a bot that is in its meeting, as only such a one can be.
func configureTwice(t T, d Deployment) {
	m, bot := lettingIn(t, d, fixtures.Stays)
	created := needs(t, createBot(t, d, spec.Owner, bot), "POST /bots for a bot to configure").JSON().Get("id").Int()
	entered(t, d, created)
	putTwice(t, d, spec.Call{Operation: "configureBot", Caller: spec.Owner, Path: m.Path(), Body: d.Fixtures().Config()}, func() string {
		return settled(record(t, d, created).Get("data"))
	})
}

// putTwice sends the same PUT twice: the same status and answer, and the same settings read back, where they can be read.
func putTwice(t T, d Deployment, call spec.Call, read func() string) {
	t.Helper()
	settings := func() string { return "" }
	if read != nil {
		settings = func() string { return d.AtRest(t, read) }
	}
	first := needs(t, d.Call(t, call), "the first "+call.Operation)
	between := settings()
	second := d.Call(t, call)
	if first.Status != second.Status || settled(first.JSON()) != settled(second.JSON()) {
		broken(t, second, "retry.put", "the same outcome again: "+first.String(), "%s", second)
	}
	if after := settings(); after != between {
		broken(t, second, "retry.put", "the same settings read back: "+between, "%s", after)
	}
}

func deleteMeetingTwice(t T, d Deployment) {
	if len(d.Disposable().Meetings) > 0 {
		m, row := oneFinished(t, d)
		before := finishedElsewhere(t, d)
		deleteTwice(t, d, m, row.Get("id").Int())
		now := finishedElsewhere(t, d)
		if i := slices.IndexFunc(before, func(one string) bool { return !slices.Contains(now, one) }); i >= 0 {
			broken(t, spec.Answer{}, "retry.delete-meeting", "no other meeting is touched", "%s is no longer shown so", before[i])
		}
		return
	}
	bystander := d.Fixtures().Meeting()
	finished(t, d, bystander, d.Fixtures().Bot(bystander))
	bystanders := func() string { return records(t, d, bystander.NativeID) }
	m, row := oneFinished(t, d)
	others := d.AtRest(t, bystanders)
	deleteTwice(t, d, m, row.Get("id").Int())
	if now := d.AtRest(t, bystanders); now != others {
		broken(t, spec.Answer{}, "retry.delete-meeting", "no other meeting is touched: "+others, "%s", now)
	}
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
	var now gjson.Result
	if !d.Await(t, func() bool {
		now = record(t, d, id)
		return now.Get("native_meeting_id").String() != m.NativeID
	}) {
		broken(t, first, "retry.delete-meeting", "the meeting is anonymized", "%s", now.Raw)
		return
	}
	left, anonymized := afterDelete(t, d, m, id)
	second := d.Call(t, call)
	if !keeps(t, d, "deleteMeeting", second, "retry.delete-meeting") {
		return
	}
	leftNow, anonymizedNow := afterDelete(t, d, m, id)
	if leftNow != left {
		broken(t, second, "retry.delete-meeting", "no other meeting is touched: "+left, "%s", leftNow)
	}
	if anonymizedNow != anonymized {
		broken(t, second, "retry.delete-meeting", "the meeting stays as it was: "+anonymized, "%s", anonymizedNow)
	}
}

// afterDelete is what there is at rest after a DELETE: the meetings that still show the native id, and the record with the id.
func afterDelete(t T, d Deployment, m fixtures.Meeting, id int64) (left, anonymized string) {
	t.Helper()
	d.AtRest(t, func() string {
		left, anonymized = records(t, d, m.NativeID), settled(record(t, d, id))
		return left + anonymized
	})
	return left, anonymized
}

// records are the owner's meetings that still show a native id, in a form that can be compared.
func records(t T, d Deployment, nativeID string) string {
	t.Helper()
	text := ""
	for _, row := range everyMeeting(t, d, spec.Owner) {
		if row.Get("native_meeting_id").String() == nativeID {
			text += settled(row) + "\n"
		}
	}
	return text
}

func deleteRecordingTwice(t T, d Deployment) {
	gone := oneRecording(t, d)
	kept := otherRecording(t, d, gone)
	call := spec.Call{Operation: "deleteRecording", Caller: spec.Owner, Path: map[string]string{"recording_id": gone}}
	needs(t, d.Call(t, call), "the first DELETE of a recording")
	keeps(t, d, "deleteRecording", d.Call(t, call), "retry.delete-recording")
	if kept == "" {
		return
	}
	read := spec.Call{Operation: "getRecording", Caller: spec.Owner, Path: map[string]string{"recording_id": kept}}
	if a := d.Call(t, read); !a.Success() {
		broken(t, a, "retry.delete-recording", "no other recording is touched", "%s", a)
	}
}
