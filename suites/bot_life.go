package suites

import (
	"fmt"
	"slices"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// botLife is what the pages promise of a bot after POST /bots: seen, alone in its meeting, stopped, counted.
func botLife(*spec.Contract) []Check {
	return []Check{
		{ID: "bots/tracked", Clauses: []string{"bots.tracked"}, Effect: spec.Bots, Operations: []string{"createBot", "getBotsStatus"}, Run: botTracked},
		{ID: "bots/duplicate", Clauses: []string{"bots.duplicate"}, Effect: spec.Bots, Operations: []string{"createBot", "getBotsStatus"}, Run: botDuplicate},
		{ID: "bots/duplicate-race", Clauses: []string{"bots.duplicate-race"}, Effect: spec.Bots, Operations: []string{"createBot", "getBotsStatus"}, Run: botRace},
		{ID: "bots/stopped", Clauses: []string{"bots.stopped"}, Effect: spec.Bots, Operations: []string{"stopBot", "getBotsStatus"}, Run: botStopped},
		{ID: "bots/join-failure-in-status", Clauses: []string{"bots.join-failure-in-status"}, Effect: spec.Bots, Operations: []string{"createBot", "getBotsStatus"}, Run: botCannotJoin},
		{ID: "bots/concurrency-limit", Clauses: []string{"bots.concurrency-limit"}, Effect: spec.Bots, Operations: []string{"createBot", "getMe"}, Run: botLimit},
		{ID: "bots/limit-is-429", Clauses: []string{"bots.limit-is-429"}, Effect: spec.Bots, Operations: []string{"createBot"}, Final: limitIs429},
	}
}

// botTracked follows a bot in GET /bots/status until it has moved on from its first status, never backwards.
func botTracked(t T, d Deployment) {
	withBot(t, d, "the bot ended before GET /bots/status could show how it went on", func(m fixtures.Meeting) bool {
		startBot(t, d, m)
		return trackedIn(t, d, m)
	})
}

// trackedIn judges what is shown of a meeting's bot. It returns false if the bot was over before it had moved on.
func trackedIn(t T, d Deployment, m fixtures.Meeting) bool {
	t.Helper()
	last, seen, over := -1, false, false
	var answer spec.Response
	look := func() bool {
		var status string
		entries, a := shown(t, d, spec.Owner, m)
		if answer = a; len(entries) > 0 {
			seen, status = true, entries[0].Status
		}
		at, known := lifeStage(status)
		if known && at < last {
			broken(t, a, "bots.tracked", "a bot's progress goes forward", "%s after a later status", status)
			t.FailNow()
		}
		last = max(last, at)
		over = isOver(t, d, m, entries)
		return over || last > 0
	}
	moved := d.Await(t, look)
	progress := "requested"
	if seen && !moved {
		// The meeting is asked first: what it has become must then stand in the status as well.
		progress = lastStatus(t, d, m)
		moved = progress == "requested" || look()
	}
	switch {
	case over:
		return false
	case !seen:
		broken(t, answer, "bots.tracked", "an entry for the meeting "+m.String(), "%s", answer)
	case !moved:
		broken(t, answer, "bots.tracked", "the bot's progress, which GET /meetings gives as "+progress, "%s", answer)
	}
	return true
}

func lastStatus(t T, d Deployment, m fixtures.Meeting) string {
	t.Helper()
	if rows := listed(t, d, spec.Owner, m); len(rows) > 0 {
		return rows[0].Get("status").String()
	}
	return ""
}

// tooSoon is why bots that end by themselves leave a check without a verdict.
const tooSoon = "the bot ended too soon for what was to be shown with it"

func botDuplicate(t T, d Deployment) {
	withBot(t, d, tooSoon, func(m fixtures.Meeting) bool {
		began := time.Now()
		startBot(t, d, m)
		if !present(t, d, m) {
			return false
		}
		second := postDuplicate(t, d, spec.Owner, d.Fixtures().Bot(m))
		if second.Success() && endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		if !expectClause(t, d, second, "bots.duplicate") {
			return true
		}
		entries, a := running(t, d, spec.Owner, m)
		if len(entries) > 0 && entries[0].Status != "stopping" {
			return true
		}
		if endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		broken(t, a, "bots.duplicate", "the first bot goes on", "%s", a)
		return true
	})
}

// A race is lost by chance, so it is run more than once; eight requests overlap on any deployment that works on two at
// a time, and start eight bots at the most where it is broken.
const (
	raceRounds   = 3
	raceRequests = 8
)

func botRace(t T, d Deployment) {
	for range raceRounds {
		withBot(t, d, tooSoon, func(m fixtures.Meeting) bool { return raced(t, d, m) })
	}
}

// raced sends identical requests for a meeting at once. It returns false if a bot ended by itself meanwhile, so that another one
// may have been accepted rightly.
func raced(t T, d Deployment, m fixtures.Meeting) bool {
	t.Helper()
	began := time.Now()
	calls := make([]spec.Call, raceRequests)
	for i := range calls {
		calls[i] = fixtures.BotCall(spec.Owner, d.Fixtures().Bot(m))
	}
	d.Undo(fixtures.StopCall(spec.Owner, m))
	answers := unthrottled(t, d, calls)
	accepted, lost := 0, 0
	for _, a := range answers {
		switch {
		case a.Success():
			accepted++
		case a.Lost || a.GatewayError(): // it did not get there, which says nothing of the race
			lost++
		default:
			expectClause(t, d, a, "bots.duplicate-race")
		}
	}
	if accepted > 1 && endedByItself(t, d, spec.Owner, m, began) || accepted == 0 && lost > 0 {
		return false
	}
	if accepted != 1 {
		broken(t, answers[0], "bots.duplicate-race", "exactly one accepted",
			"%d of %d identical requests at once were accepted", accepted, raceRequests)
	}
	if entries, a := running(t, d, spec.Owner, m); len(entries) > 1 {
		t.Broken(a, spec.Mismatch{
			Clause: "bots.duplicate-race", Expected: "one bot runs", Actual: fmt.Sprintf("%d run: %s", len(entries), a),
			Follows: answers[0].Seq,
		})
	}
	return true
}

// unthrottled sends calls at once, for the same meeting, until none of them is refused for a limit. The waits double from a second
// on, and outlast a minute, by which limits in the field are counted.
func unthrottled(t T, d Deployment, calls []spec.Call) []spec.Response {
	t.Helper()
	const most = 32 * time.Second
	for wait := time.Second; ; wait *= 2 {
		answers := d.Burst(t, calls)
		refused := slices.IndexFunc(answers, spec.Response.Throttled)
		switch {
		case refused < 0:
			return answers
		case slices.ContainsFunc(answers, spec.Response.Success):
			// One is accepted, so that the rest says what it says without those that were refused for the limit.
			return slices.DeleteFunc(answers, spec.Response.Throttled)
		case wait > most:
			t.Blocked("the deployment throttles %d requests at once: %s", len(calls), answers[refused])
		}
		d.Pause(t, wait)
	}
}

func botStopped(t T, d Deployment) {
	withBot(t, d, tooSoon, func(m fixtures.Meeting) bool {
		began := time.Now()
		startBot(t, d, m)
		stopped := d.Call(t, fixtures.StopCall(spec.Owner, m))
		if stopped.ClientError() && endedByItself(t, d, spec.Owner, m, began) {
			return false
		}
		if !expectClause(t, d, stopped, "bots.stopped") {
			return true
		}
		var last spec.Response
		if !d.Await(t, func() bool {
			entries, a := running(t, d, spec.Owner, m)
			last = a
			return len(entries) == 0
		}) {
			broken(t, last, "bots.stopped", "the bot is no longer running", "%s", last)
		}
		return true
	})
}

// surfacing is how long GET /bots/status may lag behind GET /meetings, which says that a bot has failed: many times what reads from a
// copy take.
const surfacing = 10 * time.Second

// botCannotJoin asks for a bot that will not get in: by the operator's stimulus, by a script where bots have one, and otherwise
// because nobody admits it to a meeting that does not exist.
func botCannotJoin(t T, d Deployment) {
	m := d.Fixtures().Meeting()
	bot, provoked := d.BotThatCannotJoin(m)
	a := createBot(t, d, spec.Owner, bot)
	if !a.Success() {
		broken(t, a, "bots.join-failure-in-status", "POST /bots is accepted although the bot will not get in", "%s", a)
		return
	}
	var last spec.Response
	surfaced := func() bool {
		var entries []fixtures.Bot
		entries, last = shown(t, d, spec.Owner, m)
		return slices.ContainsFunc(entries, func(b fixtures.Bot) bool { return b.Status == "failed" })
	}
	status := ""
	var failed time.Time
	d.Await(t, func() bool {
		if surfaced() {
			return true
		}
		if status = lastStatus(t, d, m); status == "failed" && failed.IsZero() {
			failed = time.Now()
		}
		return status == "active" || status == "completed" || !failed.IsZero() && time.Since(failed) > surfacing
	})
	switch status = lastStatus(t, d, m); {
	case status != "failed" && !provoked && (status == "active" || status == "completed"):
		t.Skipf("the bot joined a meeting that does not exist, so it did not fail: say what makes a bot fail to join "+
			"(stimuli: {join_failure: ...} in --config), or that bots are scripted (bot: {scripted: true}): %s", last)
	case status != "failed" && !surfaced():
		t.Blocked("the bot did not fail to join in time; it is %s: %s", status, last)
	case !surfaced(): // it may have failed since it was last looked at
		broken(t, last, "bots.join-failure-in-status", "GET /bots/status shows that the bot failed", "%s", last)
	}
}
