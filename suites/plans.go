package suites

import (
	"fmt"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// plans is what the later pages of v0.12 promise of planned meetings: which links can be planned, and what becomes of a plan
// once a bot is sent to its link.
func plans(*spec.Contract) []Check {
	check := func(id, clause string, effect spec.Effect, operations []string, run func(T, Deployment)) Check {
		return Check{ID: id, Clauses: []string{clause}, Effect: effect, Operations: operations, Run: run}
	}
	checks := []Check{
		check("plans/duplicate/plan", "plans.duplicate", spec.Write, []string{"planMeeting"}, planTwice),
		check("plans/duplicate/bot", "plans.duplicate", spec.Bots, []string{"planMeeting"}, planBesideBot),
		check("plans/collision", "plans.collision", spec.Bots, []string{"patchMeeting"}, planOntoBot),
		check("plans/taken-over/patch", "plans.taken-over", spec.Bots, []string{"patchMeeting"}, takenOver("patchMeeting")),
		check("plans/taken-over/delete", "plans.taken-over", spec.Bots, []string{"deletePlan"}, takenOver("deletePlan")),
		check("plans/taken-over/delete-by-address", "plans.taken-over", spec.Bots, []string{"deleteMeeting"}, takenOver("deleteMeeting")),
		check("bots/takes-over-plan", "bots.takes-over-plan", spec.Bots, []string{"createBot"}, botTakesOver),
	}
	for _, row := range []struct{ name, link string }{{"words", "not the link of a meeting"}, {"address", "mailto:meeting@example.com"}} {
		checks = append(checks, check("plans/unrecognized-url/"+row.name, "plans.unrecognized-url", spec.Write, []string{"planMeeting"},
			func(t T, d Deployment) { planNoLink(t, d, row.link) }))
	}
	for i := range checks {
		checks[i].Needs = []string{"planMeeting"}
	}
	return checks
}

// planAgain requests a plan that should be refused, and deletes it at the end if it is not.
func planAgain(t T, d Deployment, call spec.Call) spec.Response {
	t.Helper()
	a := d.Call(t, call)
	undoPlan(d, a)
	return a
}

func planCall(plan map[string]any) spec.Call {
	return spec.Call{Operation: "planMeeting", Caller: spec.Owner, Body: fixtures.Body(plan)}
}

func planTwice(t T, d Deployment) {
	plan := d.Fixtures().Plan(d.Fixtures().Planned())
	planMeeting(t, d, plan)
	expectClause(t, d, planAgain(t, d, planCall(plan)), "plans.duplicate")
}

func planBesideBot(t T, d Deployment) {
	withBot(t, d, tooSoon, func(m fixtures.Meeting) bool {
		began := time.Now()
		startBot(t, d, m)
		a := planAgain(t, d, planCall(d.Fixtures().Plan(m)))
		if a.Success() && endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		expectClause(t, d, a, "plans.duplicate")
		return true
	})
}

func planNoLink(t T, d Deployment, link string) {
	control := d.Control(t, "planMeeting", func(k *fixtures.Kit) spec.Response {
		return planAgain(t, d, planCall(k.Plan(k.Planned())))
	})
	plan := d.Fixtures().Plan(d.Fixtures().Planned())
	plan["meeting_url"] = link
	call := planCall(plan)
	call.Wrong = "a meeting_url that is not a link"
	judgeRefusal(t, d, &control, planAgain(t, d, call), "plans.unrecognized-url")
}

// planOntoBot gives a plan the link of a meeting with a bot. What the plan's own link is stays.
func planOntoBot(t T, d Deployment) {
	withBot(t, d, tooSoon, func(busy fixtures.Meeting) bool {
		own := d.Fixtures().Planned()
		plan := planMeeting(t, d, d.Fixtures().Plan(own))
		began := time.Now()
		startBot(t, d, busy)
		a := d.Call(t, spec.Call{
			Operation: "patchMeeting", Caller: spec.Owner, Path: own.Path(), Body: fixtures.Body(map[string]any{"meeting_url": busy.URL()}),
		})
		if a.Success() && endedByItself(t, d, spec.Owner, busy, began) {
			return false
		}
		if !expectClause(t, d, a, "plans.collision") {
			return true
		}
		if now := recordIn(t, d, plan.Get("id").Int()); !isAt(now.value, own) {
			broken(t, now.shown, "plans.collision", "the plan keeps its link "+own.URL(), "it has %s", now.value.Get("native_meeting_id"))
		}
		return true
	})
}

// taken plans a meeting, sends a bot to its link, and returns the number of the plan, the answer to POST /bots and the meeting as it
// is then.
func taken(t T, d Deployment, m fixtures.Meeting) (plan int64, sent spec.Response, now state) {
	t.Helper()
	plan = planMeeting(t, d, d.Fixtures().Plan(m)).Get("id").Int()
	sent = createBot(t, d, spec.Owner, d.Fixtures().Bot(m))
	if !sent.Success() {
		return plan, sent, state{}
	}
	d.Await(t, func() bool {
		now = recordIn(t, d, plan)
		return !isPlanned(now)
	})
	return plan, sent, now
}

func isPlanned(s state) bool {
	status := s.value.Get("status").String()
	return status == "scheduled" || status == "idle"
}

func botTakesOver(t T, d Deployment) {
	plan, sent, now := taken(t, d, d.Fixtures().Meeting())
	if !sent.Success() {
		broken(t, sent, "bots.takes-over-plan", "a bot is accepted for the link of a plan", "%s", sent)
		return
	}
	if isPlanned(now) {
		broken(t, now.shown, "bots.takes-over-plan", fmt.Sprintf("the plan %d is the bot's meeting", plan), "it is still %s", now.value.Get("status"))
	}
}

// takenOver changes or deletes a plan that a bot has taken over and that is not over.
func takenOver(operation string) func(T, Deployment) {
	return func(t T, d Deployment) {
		withBot(t, d, tooSoon, func(m fixtures.Meeting) bool {
			began := time.Now()
			plan, sent, now := taken(t, d, m)
			if requireSuccess(t, sent, "POST /bots for the link of a plan"); isPlanned(now) {
				t.Blocked("no bot took the plan over: it is still %s", now.value.Get("status"))
			}
			call := spec.Call{Operation: operation, Caller: spec.Owner, Path: m.Path()}
			switch operation {
			case "deletePlan":
				call.Path = map[string]string{"meeting_id": fmt.Sprint(plan)}
			case "patchMeeting":
				call.Body = patchBody(d.Contract())
			}
			a := d.Call(t, call)
			if a.Success() && endedByItself(t, d, spec.Owner, m, began) {
				return false
			}
			expectClause(t, d, a, "plans.taken-over")
			return true
		})
	}
}
