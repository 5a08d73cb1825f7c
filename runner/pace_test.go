package runner

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestGateFindsTheLimit has eight checks send to limits of several kinds, in a time of its own: few are refused, and what is
// allowed is used.
func TestGateFindsTheLimit(t *testing.T) {
	t.Parallel()
	const requests = 400
	one, several := []string{"key"}, []string{"", "bot", "", "tx", "", "admin", "", "bot", "browser"}
	two := []string{"tx", "bot"} // whose limits are their own
	second := func(time.Duration) string { return "1" }
	honest := func(wait time.Duration) string { return strconv.Itoa(int(math.Ceil(wait.Seconds()))) }
	for name, row := range map[string]struct {
		limit       *bucket
		retryAfter  func(time.Duration) string
		credentials []string
	}{
		"40 a second":                         {&bucket{every: time.Second / 40, size: 1}, honest, one},
		"10 a second":                         {&bucket{every: time.Second / 10, size: 1}, honest, one},
		"10 a second, without":                {&bucket{every: time.Second / 10, size: 1}, func(time.Duration) string { return "" }, one},
		"10 a second, too short":              {&bucket{every: time.Second / 10, size: 1}, func(time.Duration) string { return "0" }, one},
		"10 a second, not to be read":         {&bucket{every: time.Second / 10, size: 1}, func(time.Duration) string { return "soon" }, one},
		"2 a second":                          {&bucket{every: time.Second / 2, size: 1}, honest, one},
		"40 a second for an address":          {&bucket{every: time.Second / 40, size: 1}, honest, several},
		"10 a second for an address":          {&bucket{every: time.Second / 10, size: 1}, honest, several},
		"10 a second for an address, without": {&bucket{every: time.Second / 10, size: 1}, func(time.Duration) string { return "" }, several},
		"2 a second for an address":           {&bucket{every: time.Second / 2, size: 1}, honest, several},
		"120 a minute":                        {&bucket{every: time.Second / 2, size: 120}, honest, one},
		"120 a minute, all at once again":     {&bucket{size: 120, whole: time.Minute}, honest, one},
		"120 a minute for a key":              {&bucket{every: time.Second / 2, size: 120, each: true}, honest, two},
		"120 in a minute for a key":           {&bucket{size: 120, whole: time.Minute, each: true}, honest, two},
		"120 in a minute, too short":          {&bucket{size: 120, whole: time.Minute, each: true}, second, two},
		"120 in any minute, too short":        {&bucket{size: 120, whole: time.Minute, each: true, sliding: true}, second, two},
		"120 in a minute, refusals counted":   {&bucket{size: 120, whole: time.Minute, each: true, counts: true}, second, two},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p pacer
				limits := row.limit.apart(row.credentials)
				var workers sync.WaitGroup
				begun, refused := time.Now(), 0
				left := make(chan string, requests)
				for i := range requests {
					left <- row.credentials[i%len(row.credentials)]
				}
				close(left)
				for range 8 {
					workers.Go(func() {
						for credential := range left {
							for n := 0; ; n++ {
								require.NoError(t, p.wait(t.Context(), credential))
								went := time.Now()
								a := limits[credential].answer(row.retryAfter)
								if p.learn(credential, went, a); !a.Throttled() {
									break
								}
								require.NoError(t, sitOut(t.Context(), n, went, Sent{Operation: &spec.Operation{ID: "getMe"}, Answer: a}))
							}
						}
					})
				}
				workers.Wait()
				best := row.limit.least(requests)
				if row.limit.each {
					best = row.limit.least(requests / len(limits))
				}
				for _, limit := range limits {
					if refused += limit.refused; !row.limit.each {
						break // it is one and the same
					}
				}
				assert.Less(t, refused, requests/5, "few are refused")
				assert.Less(t, time.Since(begun), 2*best+20*time.Second, "what is allowed is used: %s would do", best)
				t.Logf("%d of %d refused, %s where %s would do", refused, requests, time.Since(begun), best)
			})
		})
	}
}

// bucket is a limit of one request every so often, with so many saved up at most; or of so many in a whole period.
type bucket struct {
	mu      sync.Mutex
	every   time.Duration
	size    float64
	whole   time.Duration
	used    float64
	at      time.Time
	refused int
	// each credential has such a limit of its own; sliding counts what was let through in any period; counts also counts refusals.
	each, sliding, counts bool
	let                   []time.Time
}

// apart gives each credential its limit.
func (b *bucket) apart(credentials []string) map[string]*bucket {
	limits := map[string]*bucket{}
	for _, credential := range credentials {
		if limits[credential] = b; b.each {
			limits[credential] = &bucket{every: b.every, size: b.size, whole: b.whole, sliding: b.sliding, counts: b.counts}
		}
	}
	return limits
}

// least is how long so many requests take at best.
func (b *bucket) least(n int) time.Duration {
	if b.whole > 0 {
		return time.Duration(math.Floor(float64(n-1)/b.size)) * b.whole
	}
	return time.Duration(float64(n)-b.size) * b.every
}

func (b *bucket) answer(retryAfter func(time.Duration) string) spec.Answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	var wait time.Duration
	switch {
	case b.sliding:
		b.let = slices.DeleteFunc(b.let, func(at time.Time) bool { return now.Sub(at) >= b.whole })
		if b.used = float64(len(b.let)); b.used < b.size {
			b.let = append(b.let, now)
		}
	case b.whole > 0:
		if now.Sub(b.at) >= b.whole {
			b.at, b.used = now, 0
		}
		wait = b.at.Add(b.whole).Sub(now)
	default:
		b.used = max(0, b.used-float64(now.Sub(b.at))/float64(b.every))
		b.at = now
		wait = time.Duration((b.used + 1 - b.size) * float64(b.every))
	}
	if b.used+1 <= b.size {
		b.used++
		return spec.Answer{Status: http.StatusOK}
	}
	if b.refused++; b.counts {
		b.used++
	}
	a := spec.Answer{Status: http.StatusTooManyRequests, Header: http.Header{}}
	if told := retryAfter(wait); told != "" {
		a.Header.Set("Retry-After", told)
	}
	return a
}

// TestGateHeeds what answers say of limits: it waits as long as it is told, and not for ever.
func TestGateHeeds(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		header map[string]string
		waits  time.Duration
		fails  string
	}{
		"nothing said":          {200, nil, 0, ""},
		"refused":               {429, map[string]string{"Retry-After": "7"}, 7 * time.Second, ""},
		"nothing left":          {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 30 * time.Second, ""},
		"nothing left until":    {200, map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": fmt.Sprint(time.Date(2000, 1, 1, 0, 0, 20, 0, time.UTC).Unix())}, 20 * time.Second, ""},
		"something left":        {200, map[string]string{"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "30"}, 0, ""},
		"nonsense":              {200, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"}, 0, ""},
		"longer than a run has": {429, map[string]string{"Retry-After": "3600"}, 0, "left alone for 1h0m0s more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p pacer
				a := spec.Answer{Status: row.status, Header: http.Header{}}
				for key, value := range row.header {
					a.Header.Set(key, value)
				}
				begun := time.Now() // 2000-01-01, as synctest has it
				p.learn("key", begun, a)
				err := p.wait(t.Context(), "key")
				if row.fails != "" {
					assert.ErrorContains(t, err, row.fails)
				} else {
					assert.NoError(t, err)
				}
				assert.Equal(t, row.waits, time.Since(begun))
			})
		})
	}
}
