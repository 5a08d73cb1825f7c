package runner

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestGateRates: how answers and refusals move the rate, as TCP moves its window (RFC 5681, section 3.1).
func TestGateRates(t *testing.T) {
	t.Parallel()
	const unknown = 1 << 16 // where the limit is
	for name, row := range map[string]struct {
		// moves are numbers of answers between refusals; the last ones come after the last refusal.
		moves        []int
		rate, enough float64
	}{
		"never refused":                  {[]int{100}, 0, 0},
		"refused":                        {[]int{100, 0}, 8, unknown},
		"and a few too little":           {[]int{100, 3}, 8, unknown},
		"and a few":                      {[]int{100, 4}, 16, unknown},
		"and a few more":                 {[]int{100, 7}, 16, unknown},
		"and twice a few":                {[]int{100, 8}, 32, unknown},
		"far too much":                   {[]int{100, 3, 0}, 4, 6},
		"a little too much":              {[]int{100, 4, 0}, 16 * 0.8, 12},
		"doubled up to what is near":     {[]int{100, 3, 4}, 6, 6},
		"no more of what is near":        {[]int{100, 3, 15}, 6, 6},
		"then raised a little":           {[]int{100, 3, 16}, 6 * 1.02, 6},
		"and again":                      {[]int{100, 3, 32}, 6 * 1.02 * 1.02, 6},
		"near is what was least":         {[]int{100, 4, 16, 0}, 16 * 0.8 * 1.02 * 0.8, 16 * 0.8 * 1.02 * 0.75},
		"a little and then far":          {[]int{100, 3, 16, 1, 0}, 6 * 1.02 * 0.8 / 2, 6 * 1.02 * 0.8 * 0.75},
		"near stays the least":           {[]int{100, 3, 240, 0}, 6 * math.Pow(1.02, 15) * 0.8, 6},
		"never below what the field has": {[]int{100, 1, 1, 1, 1, 1, 1, 1, 1, 0}, leastRate, leastRate * 0.75},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var g gate
				for i, answers := range row.moves {
					if i > 0 {
						time.Sleep(time.Second)
						g.slow(time.Now(), firstBackoff)
					}
					for range answers {
						g.grow()
					}
				}
				assert.InDelta(t, row.rate, g.rate, 1e-9, "rate")
				assert.InDelta(t, row.enough, g.enough, 1e-9, "enough")
			})
		})
	}
}

// TestGateIsSlowedOnce by all that went before, and by what is refused in vain not at all: then it is the wait that doubles.
func TestGateIsSlowedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		went := time.Now().Add(time.Second)
		time.Sleep(2 * time.Second)
		g.slow(went, time.Second)
		g.grow()
		g.slow(went, time.Second)
		assert.InDelta(t, 8, g.rate, 0, "what went before")
		assert.Equal(t, 1, g.through)
		g.slow(g.slowed, time.Second)
		assert.Equal(t, 1, g.through, "and what went at that moment")

		g.through = 0
		for n, wait := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
			time.Sleep(2 * time.Minute)
			g.slow(time.Now(), time.Second)
			assert.Equal(t, wait*time.Second, time.Until(g.closed), "refusal %d", n)
			assert.InDelta(t, 8, g.rate, 0, "the rate has nothing to do with it")
		}
		g.grow()
		assert.Zero(t, g.vain, "something was let through")
	})
}

// TestGateLetsGo: at once until it has a rate, and never after more than the run's patience.
func TestGateLetsGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		took := func() time.Duration {
			began := time.Now()
			assert.NoError(t, g.wait(t.Context()))
			return time.Since(began)
		}
		assert.Zero(t, took())
		assert.True(t, g.next.IsZero(), "there are no turns yet")
		g.close(time.Now().Add(throttlePatience))
		assert.Equal(t, throttlePatience, took(), "as long as that it waits")
		g.close(time.Now().Add(throttlePatience + 1))
		assert.ErrorContains(t, g.wait(t.Context()), "the target asks to be left alone for 2m30s more (429)")
		time.Sleep(throttlePatience + 1)
		g.slow(time.Now(), time.Second)
		assert.Zero(t, took())
		assert.Equal(t, time.Second/firstRate, took(), "the second one's turn")
		assert.Equal(t, time.Second/firstRate, took())
	})
}

// TestOthers: a limit is the address's where another credential was refused within the minute.
func TestOthers(t *testing.T) {
	t.Parallel()
	var p pacer
	p.gate("a")
	now := time.Now()
	assert.False(t, p.others("a", now), "the first")
	assert.False(t, p.others("a", now.Add(time.Second)), "the same again")
	assert.True(t, p.others("b", now.Add(time.Second+together-1)))
	assert.False(t, p.others("c", now.Add(time.Second+together-1+together)), "a minute after the last")
	assert.True(t, p.others("a", now.Add(time.Second+together-1+together)))
}

// TestRenewed reads what the field says of limits that are used up: seconds, or Unix time.
func TestRenewed(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	const day = 24 * time.Hour
	for name, row := range map[string]struct {
		prefix, left, reset string
		in                  time.Duration // 0 is that it says nothing
	}{
		"seconds":                     {"", "0", "30", 30 * time.Second},
		"with X-":                     {"X-", "0", "30", 30 * time.Second},
		"a day":                       {"", "0", "86400", day},
		"more than a day":             {"", "0", "86401", 0},
		"Unix time":                   {"X-", "0", "1800000060", time.Minute},
		"Unix time that has passed":   {"X-", "0", "1799999990", -10 * time.Second},
		"almost a day from now":       {"", "0", "1800086399", day - time.Second},
		"a day from now, and no less": {"", "0", "1800086400", 0},
		"something is left":           {"", "1", "30", 0},
		"no number":                   {"", "0", "soon", 0},
		"nothing of what is left":     {"", "", "30", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if row.left != "" {
				h.Set(row.prefix+"RateLimit-Remaining", row.left)
			}
			h.Set(row.prefix+"RateLimit-Reset", row.reset)
			var want time.Time
			if row.in != 0 {
				want = now.Add(row.in)
			}
			assert.True(t, want.Equal(renewed(h, now)), "%s", renewed(h, now))
		})
	}
}
