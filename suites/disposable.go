package suites

import (
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// oneFinished is a finished meeting and its record, with which the deployment is done: the first of the operator's disposable ones
// that is there, or one whose bot the check has started and stopped.
func oneFinished(t T, d Deployment) (fixtures.Meeting, state) {
	t.Helper()
	named := d.Disposable().Meetings
	if len(named) == 0 {
		m := d.Fixtures().Meeting()
		id := finished(t, d, m, d.Fixtures().Bot(m)).Get("id").Int()
		return m, atRest(t, d, func() state { return recordIn(t, d, id) })
	}
	all, shown := everyMeetingIn(t, d, spec.Owner)
	for _, m := range named {
		if rows := ofMeeting(all, m); len(rows) > 0 && fixtures.Ended(rows[0].Get("status").String()) {
			return m, state{rows[0], shown}
		}
	}
	t.Blocked("none of the disposable meetings exists and is finished: %v; each run uses one up: name others in --config", named)
	return fixtures.Meeting{}, state{}
}

// finishedElsewhere are the finished meetings that the operator's user has, the disposable ones aside. What they hold may change
// by itself, and there may be more of them; that they are there may not change. Shown is the last page that was read.
func finishedElsewhere(t T, d Deployment) (meetings []string, shown spec.Response) {
	t.Helper()
	rows, shown := everyMeetingIn(t, d, spec.Owner)
	for _, row := range rows {
		named := slices.ContainsFunc(d.Disposable().Meetings, func(m fixtures.Meeting) bool { return isAt(row, m) })
		if native := row.Get("native_meeting_id").String(); native != "" && !named && fixtures.Ended(row.Get("status").String()) {
			meetings = append(meetings, row.Get("platform").String()+"/"+native+" ("+row.Get("id").Raw+")")
		}
	}
	return meetings, shown
}

// oneRecording is the id of a recording: the first of the operator's disposable ones that is there, or one that a bot of the
// check has made.
func oneRecording(t T, d Deployment) string {
	t.Helper()
	named := d.Disposable().Recordings
	if len(named) == 0 {
		return recorded(t, d)
	}
	for _, id := range named {
		if d.Call(t, spec.Call{Operation: "getRecording", Caller: spec.Owner, Path: map[string]string{"recording_id": id}}).Success() {
			return id
		}
	}
	t.Blocked("none of the disposable recordings exists: %v; each run uses one up: name others in --config", named)
	return ""
}

// otherRecording is another recording of the same user, and empty if there is none.
func otherRecording(t T, d Deployment, than string) string {
	t.Helper()
	if len(d.Disposable().Recordings) == 0 {
		return recorded(t, d)
	}
	list := requireSuccess(t, d.Call(t, spec.Call{Operation: "listRecordings", Caller: spec.Owner}), "GET /recordings")
	for _, r := range list.JSON().Get("recordings").Array() {
		if id := r.Get("id").Raw; id != than {
			return id
		}
	}
	return ""
}
