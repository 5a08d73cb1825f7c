package suites

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// webhook is what a receiver can count on (surface.md, Webhooks).
func webhook(*spec.Contract) []Check {
	dedupe := []string{"webhook.dedupe-keys"}
	operations := []string{"putWebhook", "createBot"}
	return []Check{
		{ID: "webhook/dedupe-keys", Clauses: dedupe, Effect: spec.Bots, Operations: operations, OwnTenant: true, Run: carriesKeys},
		{ID: "webhook/signed", Clauses: dedupe, Effect: spec.Bots, Operations: operations, OwnTenant: true, Run: isSigned},
		{ID: "webhook/retried", Clauses: []string{"webhook.retried"}, Effect: spec.Bots, Operations: operations, OwnTenant: true, Run: comesAgain},
	}
}

// delivered has a meeting begin and end with a receiver set, and returns what was delivered of it until enough was. The meeting is
// an invented one, whose id no other delivery holds.
func delivered(t T, d Deployment, refuse bool, enough func([]spec.Delivery) bool) []spec.Delivery {
	t.Helper()
	hooks := d.Webhooks(t)
	put := d.Twin(t, "putWebhook", func(*fixtures.Kit) spec.Answer {
		body := map[string]any{"webhook_url": hooks.URL(), "webhook_secret": hooks.Secret()}
		return d.Call(t, spec.Call{Operation: "putWebhook", Caller: spec.Owner, Body: fixtures.Body(body)})
	})
	if put.ClientError() && !hooks.Expected() {
		t.Skipf("the deployment delivers to no such address: give --webhook-listen and --webhook-url; PUT /user/webhook was answered %s", put)
	}
	needs(t, put, "PUT /user/webhook")
	m := d.Fixtures().Meeting()
	if refuse {
		hooks.Refuse(m.NativeID)
	}
	lived(t, d, m)
	d.Await(t, func() bool { return enough(hooks.Received(m.NativeID)) })
	came := hooks.Received(m.NativeID)
	if len(came) == 0 && !hooks.Expected() {
		t.Skipf("no delivery came, and deliveries are best effort: give --webhook-listen and --webhook-url if the deployment cannot reach this machine")
	}
	if len(came) == 0 {
		t.Blocked("no delivery came to %s: can the deployment reach it?", hooks.URL())
	}
	return came
}

// lived has a bot get into a meeting, where it records if the deployment does that, and leave it.
func lived(t T, d Deployment, m fixtures.Meeting) {
	t.Helper()
	bot := d.Fixtures().Bot(m)
	bot["recording_enabled"] = true
	created := needs(t, createBot(t, d, spec.Owner, bot), "POST /bots for a bot whose life is delivered").JSON().Get("id").Int()
	if !fixtures.Ended(inOrEnded(t, d, created)) {
		needs(t, d.Call(t, fixtures.StopCall(spec.Owner, m)), "stopping that bot")
	}
	awaitEnd(t, d, m, created)
}

func carriesKeys(t T, d Deployment) {
	toldOfTheEnd := func(came []spec.Delivery) bool {
		for _, one := range came {
			if fixtures.Ended(meetingOf(one.JSON()).Get("status").String()) {
				return true
			}
		}
		return false
	}
	came := delivered(t, d, false, toldOfTheEnd)
	for _, recording := range meetingRecordings(t, d, came) {
		d.Await(t, func() bool { return len(d.Webhooks(t).Received(recording)) > 0 })
		came = append(came, d.Webhooks(t).Received(recording)...)
	}
	for _, one := range came {
		body := one.JSON()
		switch {
		case body.Get("event_type").Type != gjson.String || body.Get("event_type").Str == "":
			t.Broken(spec.Answer{Seq: one.Seq}, mismatch("an event_type", one))
		case !identified(body):
			t.Broken(spec.Answer{Seq: one.Seq}, mismatch("the id of the meeting or the recording", one))
		}
	}
}

func mismatch(expected string, one spec.Delivery) spec.Mismatch {
	return spec.Mismatch{Clause: "webhook.dedupe-keys", Expected: expected + " in every delivery", Actual: spec.Answer{Status: 200, Body: one.Body}.String()}
}

// meetingRecordings are what the deliveries about the recordings of the meeting can be found by.
func meetingRecordings(t T, d Deployment, came []spec.Delivery) []string {
	t.Helper()
	address := meetingOf(came[0].JSON())
	m := fixtures.Meeting{Platform: address.Get("platform").String(), NativeID: address.Get("native_meeting_id").String()}
	var found []string
	for _, recording := range readTranscript(t, d, spec.Owner, m).JSON().Get("recordings").Array() {
		if uid := recording.Get("session_uid").String(); uid != "" {
			found = append(found, uid)
		}
	}
	return found
}

// meetingOf is a delivery's meeting, whether the deployment wraps it or not.
func meetingOf(body gjson.Result) gjson.Result {
	if wrapped := body.Get("data.meeting"); wrapped.Exists() {
		return wrapped
	}
	return body.Get("meeting")
}

func recordingOf(body gjson.Result) gjson.Result {
	if wrapped := body.Get("data.recording"); wrapped.Exists() {
		return wrapped
	}
	return body.Get("recording")
}

// identified wants the id of what the delivery is about: of the recording where there is one.
func identified(body gjson.Result) bool {
	if recording := recordingOf(body); recording.Exists() {
		return isID(recording.Get("id"))
	}
	return isID(meetingOf(body).Get("id"))
}

func isID(v gjson.Result) bool {
	return v.Type == gjson.Number || v.Type == gjson.String && v.Str != ""
}

// isSigned verifies what a delivery is signed with: the secret itself, or a signature made with it.
func isSigned(t T, d Deployment) {
	secret := d.Webhooks(t).Secret()
	for _, one := range delivered(t, d, false, func(came []spec.Delivery) bool { return len(came) > 0 }) {
		bearer, signature := one.Header.Get("Authorization"), one.Header.Get("X-Webhook-Signature")
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(one.Header.Get("X-Webhook-Timestamp") + "."))
		mac.Write(one.Body)
		right := "sha256=" + hex.EncodeToString(mac.Sum(nil))
		switch {
		case bearer == "" && signature == "":
			t.Broken(spec.Answer{Seq: one.Seq}, mismatch("Authorization or X-Webhook-Signature", one))
		case bearer != "" && bearer != "Bearer "+secret, signature != "" && signature != right:
			t.Broken(spec.Answer{Seq: one.Seq}, mismatch("a signature that the secret of the setting verifies", one))
		default:
			continue
		}
		return
	}
}

// comesAgain refuses the first delivery. That it never comes again is told and no broken promise: the page calls
// deliveries best effort.
func comesAgain(t T, d Deployment) {
	var refused, again *spec.Delivery
	delivered(t, d, true, func(came []spec.Delivery) bool {
		refused, again = repeated(came)
		return again != nil
	})
	switch {
	case refused == nil:
		t.Blocked("no delivery was refused")
	case again == nil:
		t.Skipf("the delivery that was refused was not sent again: this deployment does not repeat deliveries, or not in the patience of the run")
	}
	if was, is := keysOf(refused.JSON()), keysOf(again.JSON()); was != is {
		t.Broken(spec.Answer{Seq: again.Seq}, spec.Mismatch{Clause: "webhook.retried", Expected: "the same event type and ids again: " + was, Actual: is})
	}
}

// repeated finds the delivery that was refused, and a later one that tells of the same: the same change of the same
// meeting, whatever its ids are.
func repeated(came []spec.Delivery) (refused, again *spec.Delivery) {
	for i := range came {
		switch one := &came[i]; {
		case one.Refused:
			refused = one
		case refused != nil && tells(one.JSON()) == tells(refused.JSON()):
			return refused, one
		}
	}
	return refused, nil
}

// tells is what a delivery is about, without its type and ids.
func tells(body gjson.Result) string {
	change := body.Get("status_change")
	if wrapped := body.Get("data.status_change"); wrapped.Exists() {
		change = wrapped
	}
	return spec.CanonicalJSON(change, nil) + meetingOf(body).Get("status").String() + recordingOf(body).Get("session_uid").String()
}

// keysOf are what a receiver knows a repeat by.
func keysOf(body gjson.Result) string {
	text := body.Get("event_type").String()
	for _, id := range []gjson.Result{body.Get("event_id"), meetingOf(body).Get("id"), recordingOf(body).Get("id")} {
		if id.Exists() {
			text += " " + id.String()
		}
	}
	return text
}
