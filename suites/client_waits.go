package suites

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/script"
	"vexa-conformance/spec"
)

// clientWaits is how long a client waits before it tries again, and when it gives up.
func clientWaits(*spec.Contract) []Check {
	const backs = "client.backs-off"
	checks := []Check{
		clientCheck(backs, "grows", waitsGrow, fixtures.ReadStatus),
		clientCheck(backs, "jitter", waitsVary, fixtures.ReadStatus),
		clientCheck(backs, "gives-up", givesUp, fixtures.ReadStatus),
		clientCheck(backs, "no-storm", noStorm, fixtures.ReadStatus),
	}
	for i := range checks {
		checks[i].Alone = true // others would add to the machine's own noise in the waits
	}
	const obeys = "client.obeys-retry-after"
	for _, a := range []fixtures.Action{fixtures.ReadStatus, fixtures.ReadMeetings, fixtures.PutWebhook, fixtures.CreateBot, fixtures.DeleteRecording, fixtures.Chat} {
		checks = append(checks, clientCheck(obeys, "seconds/"+string(a), func(t T, p Program) { obeysRetryAfter(t, p, a, throttledFor(long)) }, a))
	}
	for _, row := range []struct {
		name  string
		steps []script.Step
	}{
		{"date", []script.Step{{Status: http.StatusTooManyRequests, RetryAfter: long - time.Second, AsDate: true}}},
		{"html", []script.Step{{Status: http.StatusTooManyRequests, RetryAfter: long, HTML: true}}},
		{"twice", []script.Step{throttledFor(short), throttledFor(long)}},
	} {
		checks = append(checks, clientCheck(obeys, row.name, func(t T, p Program) { obeysRetryAfter(t, p, fixtures.ReadStatus, row.steps...) }, fixtures.ReadStatus))
	}
	return checks
}

const (
	// long is a Retry-After that a client does not keep by chance: longer than the first wait, and than the first two, of the
	// clients in wide use, which begin with a second or less and double it.
	long = 4 * time.Second
	// short is the least that the header can say but for nothing at all.
	short = time.Second
	// early is by how much a client may come too early: what the timers of its runtime are off (Node's by a millisecond), and
	// the way of the answer to it.
	early = 20 * time.Millisecond
)

func throttledFor(wait time.Duration) script.Step {
	return script.Step{Status: http.StatusTooManyRequests, RetryAfter: wait}
}

// obeysRetryAfter wants each try no sooner than the answer before it allows. A client that does not come again keeps the
// promise without showing it.
func obeysRetryAfter(t T, p Program, a fixtures.Action, steps ...script.Step) {
	p.Works(t, a)
	v := p.Act(t, meeting(a, steps...))
	tries := v.Tries()
	for i := 1; i < len(tries); i++ {
		if due := tries[i-1].NotBefore; !due.IsZero() && tries[i].At.Before(due.Add(-early)) {
			broken(t, tries[i-1].Response, "client.obeys-retry-after", fmt.Sprintf("the next try no sooner than Retry-After says, %s after the answer",
				seconds(due.Sub(tries[i-1].Met))), "one after %s: %s", seconds(tries[i].At.Sub(tries[i-1].Met)), v)
			return
		}
	}
	ended(t, v)
	switch {
	case len(tries) == 0:
		t.Blocked("the client sent nothing: %s", v)
	case len(tries) <= len(steps) && v.Exit == 0:
		broken(t, answerTo(tries, len(tries)-1), "client.obeys-retry-after", "another exit status than 0, since it was throttled and did not retry", "%s", v)
	case len(tries) <= len(steps):
		t.NotApplicable("the client does not retry after 429, so it has nothing to wait for: %s", v)
	case v.Exit != 0:
		broken(t, answerTo(tries, len(tries)-1), "client.obeys-retry-after", "exit 0, since the last try succeeded", "%s", v)
	}
}

// down has a crowd of clients find a deployment that answers 503 and does not recover, once a run, and returns their waits.
func down(t T, p Program) ([]Visit, [][]time.Duration) {
	t.Helper()
	p.Works(t, fixtures.ReadStatus)
	visits := p.Crowd(t, crowd, meeting(fixtures.ReadStatus, script.Step{Status: http.StatusServiceUnavailable, Forever: true}))
	waits := make([][]time.Duration, len(visits))
	for i, v := range visits {
		waits[i] = v.Waits()
	}
	return visits, waits
}

// typical is the visit with as many waits as most have.
func typical(visits []Visit) Visit {
	usual := median(visits, func(v Visit) int { return len(v.Waits()) })
	return visits[slices.IndexFunc(visits, func(v Visit) bool { return len(v.Waits()) == usual })]
}

func waitsGrow(t T, p Program) {
	visits, waits := down(t, p)
	v := typical(visits)
	g := growth(waits)
	switch {
	case g.Retries == 0:
		t.Blocked("the client does not retry, so there are no waits: %s", v)
	case quantile(longest(waits), 0.5) < leastWait:
		broken(t, answerTo(v.Tries(), 0), "client.backs-off", fmt.Sprintf("waits between the tries, the longest of them %.0f ms or more", 1000*leastWait),
			"%.3g s: %s", quantile(longest(waits), 0.5), v)
	case g.Retries == 1:
		t.NotApplicable("the client retries once, so nothing can grow: %s", v)
	case g.tooLittle():
		broken(t, answerTo(v.Tries(), 0), "client.backs-off",
			fmt.Sprintf("waits that grow by a factor of %.2g or more from one to the next, up to a limit of %.2g times the first wait or more; "+
				"here a factor of %.2f in all, in the mean of %d runs", slowest, enough, g.Needed, len(visits)),
			"a factor of %.2f (at most %.2f, once in a thousand): %s", g.Ratio, g.AtMost, v)
	}
}

func waitsVary(t T, p Program) {
	visits, waits := down(t, p)
	v := typical(visits)
	if len(v.Waits()) == 0 {
		t.Blocked("the client does not retry, so there are no waits: %s", v)
	}
	late := slices.MaxFunc(visits, func(a, b Visit) int { return cmp.Compare(a.Late, b.Late) }).Late
	switch j := jitterOf(waits, late); {
	case j.none():
		broken(t, answerTo(v.Tries(), 0), "client.backs-off",
			fmt.Sprintf("waits that differ from run to run: the middle half of %d runs spreads over %.0f %% of the wait or more", len(visits), 100*leastSpread),
			"%.0f ms, %.1f %%: %s", 1000*j.Spread, 100*j.Share, v)
	case !j.enough():
		t.Blocked("the middle half of %d runs spreads over %.0f ms, %.1f %% of the wait: surely jitter is %.0f %% and %.0f ms or more, surely none is less of both: %s",
			len(visits), 1000*j.Spread, 100*j.Share, 100*leastSpread, 1000*j.Noise, v)
	}
}

// givesUp wants an end to the tries, and a failing exit status.
func givesUp(t T, p Program) {
	visits, _ := down(t, p)
	for _, v := range visits {
		tries := v.Tries()
		switch {
		case len(tries) == 0:
			t.Blocked("the client sent nothing: %s", v)
		case !v.Ended:
			broken(t, answerTo(tries, len(tries)-1), "client.backs-off", fmt.Sprintf("an end to the tries within %s (--patience)", seconds(v.Took)), "%s", v)
			return
		case v.Exit == 0:
			broken(t, answerTo(tries, len(tries)-1), "client.backs-off", "another exit status than 0, since no try had success", "%s", v)
			return
		}
	}
}

// noStorm has a crowd of clients fail at the same moment, and wants them not to come back at the same moment.
func noStorm(t T, p Program) {
	p.Works(t, fixtures.ReadStatus)
	visits := p.Crowd(t, crowd, meeting(fixtures.ReadStatus, script.Step{Status: http.StatusServiceUnavailable, Together: true}))
	waits := make([][]time.Duration, 0, len(visits))
	for _, v := range visits {
		if w := v.Waits(); len(w) > 0 {
			waits = append(waits, w)
		}
	}
	if len(waits) < len(visits)/2 {
		t.Blocked("most of %d clients that failed at once did not come back: %s", len(visits), visits[0])
	}
	if share := atOnce(waits); share > mostAtOnce {
		v := typical(visits)
		broken(t, answerTo(v.Tries(), 0), "client.backs-off", fmt.Sprintf("%d clients that failed at once come back one by one: at most %.0f %% of them within %.0f %% of the wait",
			len(visits), 100*mostAtOnce, 100*window), "%.0f %%: %s", 100*share, v)
	}
}
