package suites

import (
	"fmt"
	"slices"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// botLimit works on the other user, who is made with a small limit and starts no other bot.
func botLimit(t T, d Deployment) {
	me := requireSuccess(t, d.Call(t, spec.Call{Operation: "getMe", Caller: spec.Other}), "GET /auth/me").JSON()
	limit := int(me.Get("max_concurrent").Int())
	// Three bots are what an operator may be asked to start for one promise.
	if limit < 1 || limit > 3 {
		t.Skipf("the other user may run %d bots: set VEXA_API_KEY_OTHER to the key of a user with max_concurrent_bots 1 to 3", limit)
	}
	for range botTries {
		if limited(t, d, limit) {
			return
		}
	}
	t.Blocked("%s: so did those of %d tries by themselves", tooSoon, botTries)
}

// limited has the other user meet the limit, and frees one bot. It returns false, with no bot left, if one ended by itself
// meanwhile, so that another one was rightly accepted.
func limited(t T, d Deployment, limit int) bool {
	t.Helper()
	began := time.Now()
	start := func() (fixtures.Meeting, spec.Response) {
		m := d.Fixtures().Meeting()
		call := fixtures.BotCall(spec.Other, d.Fixtures().Bot(m))
		call.Unretried = true // a 429 is what is looked for
		return m, pastGateway(t, d, m, call)
	}
	var within []fixtures.Meeting
	for range limit {
		m, a := start()
		uncounted(t, d, a, within)
		requireSuccess(t, a, "POST /bots within the user's limit")
		within = append(within, m)
	}
	beyond, more := start()
	if more.Success() && slices.ContainsFunc(within, func(m fixtures.Meeting) bool { return endedByItself(t, d, spec.Other, m, began) }) {
		leaveAll(t, d, append(within, beyond))
		return false
	}
	if !expectClause(t, d, more, "bots.concurrency-limit") {
		return true
	}
	leaveAll(t, d, within[:1])
	var last spec.Response
	if !d.Await(t, func() bool {
		_, last = start()
		return last.Success()
	}) {
		uncounted(t, d, last, within)
		broken(t, last, "bots.concurrency-limit", fmt.Sprintf("one more bot is accepted once one of %d has stopped", limit), "%s", last)
	}
	return true
}

// limitIs429 judges the refusal that the check of the limit itself received: the first one after a bot that was accepted.
func limitIs429(t T, d Deployment, all []Observation) {
	accepted := false
	for _, seen := range all {
		switch a := seen.Response; {
		case seen.Check != "bots/concurrency-limit" || seen.Operation.ID != "createBot":
		case a.Success():
			accepted = true
		case accepted && a.ClientError():
			expectClause(t, d, a, "bots.limit-is-429")
			return
		}
	}
	t.Skipf("no bot was refused because of the limit: see bots/concurrency-limit")
}

// gatewayTries is how often a POST /bots is sent that a gateway loses: after a crash it may do so several times in a row.
const gatewayTries = 4

// pastGateway sends a POST /bots again that a gateway lost, once it has looked whether it has arrived: a 502, 503 or 504 says
// nothing of a limit.
func pastGateway(t T, d Deployment, m fixtures.Meeting, call spec.Call) (a spec.Response) {
	t.Helper()
	for range gatewayTries {
		if a = postBot(t, d, call); !a.GatewayError() {
			return a
		}
		if bots, _ := shown(t, d, call.Caller, m); len(bots) > 0 {
			t.Blocked("a gateway responded %s although the bot started", a)
		}
	}
	t.Blocked("a gateway responded %s to each of %d requests, which says nothing about the limit", a, gatewayTries)
	return a
}

// leaveAll stops bots of the other user, as far as they have not ended by themselves, and waits until they have left.
func leaveAll(t T, d Deployment, meetings []fixtures.Meeting) {
	t.Helper()
	for _, m := range meetings {
		stopped := d.Call(t, fixtures.StopCall(spec.Other, m))
		var last spec.Response
		if !d.Await(t, func() bool {
			entries, a := running(t, d, spec.Other, m)
			last = a
			return len(entries) == 0 || !stopped.Success()
		}) {
			t.Blocked("the stopped bot did not leave in time: %s", last)
		}
		if entries, _ := running(t, d, spec.Other, m); len(entries) > 0 {
			requireSuccess(t, stopped, "stopping one of the bots")
		}
	}
}

// uncounted ends a check of the limit that was refused a bot while the user, whose key was given, has others than those within it.
func uncounted(t T, d Deployment, a spec.Response, within []fixtures.Meeting) {
	t.Helper()
	if a.Success() || d.OwnTenant() {
		return
	}
	bots := fixtures.Bots(requireSuccess(t, d.Call(t, spec.Call{Operation: "getBotsStatus", Caller: spec.Other}), "GET /bots/status"))
	bots = slices.DeleteFunc(bots, func(b fixtures.Bot) bool { return !b.Present() || slices.Contains(within, b.Meeting) })
	if len(bots) > 0 {
		t.Skipf("the other user has %d bots that the run did not start, so its limit cannot be counted: set VEXA_API_KEY_OTHER to the key of a user that nobody else uses", len(bots))
	}
}
