package suites

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"time"

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

// settingsCached is how long deployments in the field (0.10.6) go on using what they read of a user's webhook together
// with a key: a meeting that begins within it may be delivered to the webhook of before.
const settingsCached = 60 * time.Second

// delivered has a meeting begin and end with a receiver set, and returns what was delivered of it until enough was. The
// meeting is an invented one, whose id no other delivery holds. The bot is started with a key that no deployment has
// cached anything with; if nothing comes all the same, a second meeting begins once what may be cached has expired.
func delivered(t T, d Deployment, refuse bool, until func([]spec.Delivery) bool) []spec.Delivery {
	t.Helper()
	hooks := d.Webhooks(t)
	setWebhook(t, d, hooks)
	set := time.Now()
	for _, first := range []bool{true, false} {
		m := d.Fixtures().Meeting()
		if refuse {
			hooks.Refuse(m.NativeID)
		}
		lived(t, d, m)
		var came []spec.Delivery
		d.Await(t, func() bool {
			came = hooks.Received(m.NativeID)
			return until(came) || first && len(came) == 0 && time.Since(set) > settingsCached
		})
		if len(came) > 0 {
			return came
		}
	}
	tried := fmt.Sprintf("no delivery came to %s of two meetings, the second %s after PUT /user/webhook: "+
		"deployments cache that setting for up to %s, and --patience bounds the wait",
		hooks.URL(), time.Since(set).Round(time.Second), settingsCached)
	if !hooks.Expected() {
		t.Skipf("%s; deliveries are best effort: give --webhook-listen and --webhook-url "+
			"if the deployment cannot reach this machine", tried)
	}
	t.Blocked("%s; can the deployment reach the receiver?", tried)
	return nil
}

// setWebhook has deliveries of the owner's meetings made to the receiver, once a run.
func setWebhook(t T, d Deployment, hooks Webhooks) {
	t.Helper()
	put := d.Control(t, "putWebhook", func(*fixtures.Kit) spec.Response {
		body := map[string]any{"webhook_url": hooks.URL(), "webhook_secret": hooks.Secret()}
		return d.Call(t, spec.Call{Operation: "putWebhook", Caller: spec.Owner, Body: fixtures.Body(body)})
	})
	if put.ClientError() && (!hooks.Expected() || private(hooks.URL())) {
		t.Skipf("the deployment refuses receivers at private addresses such as %s: give a public --webhook-url, "+
			"and --webhook-listen for it; PUT /user/webhook got %s", hooks.URL(), put)
	}
	requireSuccess(t, put, "PUT /user/webhook")
}

// private says whether a URL is of this machine or of a private network, which careful deployments do not call.
func private(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// lived has a bot get into a meeting, where it records if the deployment does that, and leave it.
func lived(t T, d Deployment, m fixtures.Meeting) {
	t.Helper()
	bot := d.Fixtures().BotThat(fixtures.Records, m)
	bot["recording_enabled"] = true
	created := requireSuccess(t, createBot(t, d, spec.Fresh, bot), "POST /bots for a bot whose life is delivered").JSON().Get("id").Int()
	if !fixtures.Ended(inOrEnded(t, d, created)) {
		stopUnlessOver(t, d, m, created)
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
			t.Broken(spec.Response{Seq: one.Seq}, mismatch("an event_type", one))
		case !identified(body):
			t.Broken(spec.Response{Seq: one.Seq}, mismatch("the id of the meeting or the recording", one))
		}
	}
}

func mismatch(expected string, one spec.Delivery) spec.Mismatch {
	return spec.Mismatch{Clause: "webhook.dedupe-keys", Expected: expected + " in every delivery", Actual: spec.Response{Status: 200, Body: one.Body}.String()}
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

// identified wants the id of what the delivery is about: of the recording if there is one.
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
			t.Broken(spec.Response{Seq: one.Seq}, mismatch("Authorization or X-Webhook-Signature", one))
		case bearer != "" && bearer != "Bearer "+secret, signature != "" && signature != right:
			t.Broken(spec.Response{Seq: one.Seq}, mismatch("a signature that the secret of the setting verifies", one))
		default:
			continue
		}
		return
	}
}
