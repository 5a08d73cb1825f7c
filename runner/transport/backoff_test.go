package transport

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"vexa-conformance/spec"
)

// TestBackoff: never below Retry-After, never above the doubling ceiling over it, and not always the same.
func TestBackoff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 100).Draw(t, "n")
		seconds := rapid.SampledFrom([]string{"", "0", "2", "soon"}).Draw(t, "Retry-After")
		a := spec.Response{Header: http.Header{}}
		if seconds != "" {
			a.Header.Set("Retry-After", seconds)
		}
		least := map[string]time.Duration{"2": 2 * time.Second}[seconds]
		ceiling := longestBackoff
		if n < 8 {
			ceiling = firstBackoff << n
		}
		wait := backoff(n, a)
		assert.GreaterOrEqual(t, wait, least)
		assert.Less(t, wait, least+ceiling)
	})
	seen := map[time.Duration]bool{}
	for range 20 {
		seen[backoff(5, spec.Response{})] = true
	}
	assert.Greater(t, len(seen), 10, "jitter keeps clients from coming back together")
}
