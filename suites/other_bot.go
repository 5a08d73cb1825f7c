package suites

import (
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// botTries is how many bots a check sends, one after the other, if each ends by itself before it has shown anything. A bot that
// nobody admits fails at once in some stacks; that three do so is no chance.
const botTries = 3

// withBot has a check look at a bot in a meeting of its own. Look returns false if the bot ended by itself too soon, and is then
// called again with another meeting; if that was in vain, the check has no verdict for the reason given.
func withBot(t T, d Deployment, reason string, look func(m fixtures.Meeting) bool) {
	t.Helper()
	for range botTries {
		if look(d.Fixtures().Meeting()) {
			return
		}
	}
	t.Blocked("%s: so did %d bots by themselves, each in another meeting", reason, botTries)
}

// soon is within which a bot that is left alone ends, if such bots end at once: what takes milliseconds takes longer on a busy machine.
const soon = 2 * time.Second

// endedByItself says whether the bot of a meeting has ended and nobody is to blame: it failed, or completed as a bot that is left
// alone does, soon or within twice the time since it was asked for. Without that control, a bot that was stopped by the very request
// that is judged would look the same.
func endedByItself(t T, d Deployment, caller spec.Caller, m fixtures.Meeting, since time.Time) bool {
	t.Helper()
	status := func(row gjson.Result) string { return row.Get("status").String() }
	rows := listed(t, d, caller, m)
	if slices.ContainsFunc(rows, func(row gjson.Result) bool { return status(row) == "failed" }) {
		return true
	}
	completed := slices.ContainsFunc(rows, func(row gjson.Result) bool { return status(row) == "completed" })
	return completed && leavesAlone(t, d, max(soon, 2*time.Since(since)))
}

// leavesAlone says whether a bot to which nothing happens ends within a time.
func leavesAlone(t T, d Deployment, within time.Duration) (left bool) {
	t.Helper()
	began := time.Now()
	id := startBot(t, d, d.Fixtures().Meeting()).JSON().Get("id").Int()
	d.Await(t, func() bool {
		left = fixtures.Ended(record(t, d, id).Get("status").String())
		return left || time.Since(began) > within
	})
	return left
}

// stopUnlessOver stops the bot of the owner's meeting with an id. If it has ended by itself, there is nothing to stop.
func stopUnlessOver(t T, d Deployment, m fixtures.Meeting, id int64) {
	t.Helper()
	stopped := d.Call(t, fixtures.StopCall(spec.Owner, m))
	if stopped.ClientError() && fixtures.Ended(record(t, d, id).Get("status").String()) {
		return
	}
	requireSuccess(t, stopped, "stopping the bot")
}
