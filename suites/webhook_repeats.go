package suites

import (
	"encoding/json"
	"slices"

	"github.com/tidwall/gjson"

	"vexa-conformance/spec"
)

// comesAgain refuses the first delivery, and waits for its repeat past other events. That it never comes again is
// reported and no broken promise: the page calls deliveries best effort.
func comesAgain(t T, d Deployment) {
	came := delivered(t, d, true, func(came []spec.Delivery) bool {
		_, again := repeated(came)
		return again != nil
	})
	refused, again := repeated(came)
	switch {
	case refused == nil:
		t.Blocked("no delivery was refused")
	case again != nil:
		return
	}
	if altered := repeatedOtherwise(came, refused); altered != nil {
		t.Broken(spec.Response{Seq: altered.Seq}, spec.Mismatch{
			Clause:   "webhook.retried",
			Expected: "the same event type and ids again: " + keysOf(refused.JSON()), Actual: keysOf(altered.JSON()),
		})
		return
	}
	t.NotApplicable("the delivery that was refused was not sent again: this deployment does not repeat deliveries, " +
		"or not in the patience of the run (--patience)")
}

// repeated finds the delivery that was refused, and the later one that has its keys. Where events have no ids of their
// own, those of one meeting share their keys, and what happened tells them apart.
func repeated(came []spec.Delivery) (refused, again *spec.Delivery) {
	for i := range came {
		one := &came[i]
		if one.Refused {
			refused = one
			continue
		}
		if refused == nil {
			continue
		}
		was, is := refused.JSON(), one.JSON()
		if keysOf(was) == keysOf(is) && (was.Get("event_id").Exists() || happened(was) == happened(is)) {
			return refused, one
		}
	}
	return refused, nil
}

// repeatedOtherwise finds a later delivery that is surely the refused one with other keys: it has the id of that event;
// or, where events have none, it is the same but for its type and the id of what it is about. Another event id is
// another event, whatever else is alike.
func repeatedOtherwise(came []spec.Delivery, refused *spec.Delivery) *spec.Delivery {
	was, after := refused.JSON(), false
	for i := range came {
		one := &came[i]
		if one == refused {
			after = true
			continue
		}
		is := one.JSON()
		id, other := was.Get("event_id"), is.Get("event_id")
		switch {
		case !after:
		case id.Exists() || other.Exists():
			if id.String() == other.String() {
				return one
			}
		case !change(was).Exists() || withoutKeys(was) != withoutKeys(is):
		case was.Get("event_type").String() == is.Get("event_type").String() || !ownType(came, is):
			return one
		}
	}
	return nil
}

// ownType says whether a delivery's type is used for other events too, so that it is no other name of the refused
// one's: a deployment may tell of one change by events of two types.
func ownType(came []spec.Delivery, is gjson.Result) bool {
	return slices.ContainsFunc(came, func(other spec.Delivery) bool {
		it := other.JSON()
		return it.Get("event_type").String() == is.Get("event_type").String() && withoutKeys(it) != withoutKeys(is)
	})
}

// withoutKeys is everything of a delivery but what a receiver knows a repeat by, with members sorted.
func withoutKeys(body gjson.Result) string {
	var all map[string]any
	if json.Unmarshal([]byte(body.Raw), &all) != nil {
		return body.Raw
	}
	delete(all, "event_type")
	inner := all
	if data, wrapped := all["data"].(map[string]any); wrapped {
		inner = data
	}
	for _, about := range []string{"meeting", "recording"} {
		if object, is := inner[about].(map[string]any); is {
			delete(object, "id")
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return body.Raw
	}
	return string(text)
}

// change is a delivery's change of status, whether the deployment wraps it or not.
func change(body gjson.Result) gjson.Result {
	if wrapped := body.Get("data.status_change"); wrapped.Exists() {
		return wrapped
	}
	return body.Get("status_change")
}

// happened is what a delivery is about, without its type and ids.
func happened(body gjson.Result) string {
	return spec.CanonicalJSON(change(body), nil) + meetingOf(body).Get("status").String() + recordingOf(body).Get("session_uid").String()
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
