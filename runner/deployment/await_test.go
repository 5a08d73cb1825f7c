package deployment

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/transport/transporttest"
	"vexa-conformance/spec"
)

// TestAwait looks once more when the patience is over, and keeps a minute of it at some thirty requests.
func TestAwait(t *testing.T) {
	t.Parallel()
	await := func(t *testing.T, patience time.Duration, done func(n int) bool) (polls int, came bool, took time.Duration) {
		began := time.Now()
		d := &target{session: &Session{config: Config{Patience: patience}}}
		r := record.NewRecorder(t.Context())
		r.Watch(func() {
			came = d.Await(r, func() bool {
				polls++
				return polls > 1000 || done(polls)
			})
		})
		return polls, came, time.Since(began)
	}
	synctest.Test(t, func(t *testing.T) {
		polls, came, took := await(t, time.Minute, func(int) bool { return false })
		assert.False(t, came)
		assert.InDelta(t, 40, polls, 5)
		assert.Equal(t, time.Minute+time.Millisecond, took, "it looks once more just after")
		polls, came, took = await(t, time.Minute, func(int) bool { return true })
		assert.True(t, came)
		assert.Equal(t, 1, polls)
		assert.Zero(t, took)
		_, came, took = await(t, time.Minute, func(n int) bool { return n == 4 })
		assert.True(t, came)
		assert.Equal(t, (1+2+4)*time.Millisecond, took, "the first looks are close together")
		last := time.Now().Add(time.Minute)
		_, came, _ = await(t, time.Minute, func(int) bool { return time.Now().After(last) })
		assert.True(t, came, "what happens at the last moment is seen")
	})
}

// TestAtRest takes a state for what it will remain once two readings, a tenth of the patience apart, are the same.
func TestAtRest(t *testing.T) {
	t.Parallel()
	rest := func(t *testing.T, patience time.Duration, read func(n int) string) (state string, took time.Duration, seen *record.Recorder) {
		began, n := time.Now(), 0
		d := &target{session: &Session{config: Config{Patience: patience}}}
		r := record.NewRecorder(t.Context())
		r.Watch(func() {
			state = d.AwaitStable(r, func() gjson.Result {
				if n++; n > 1000 {
					return gjson.Parse(`"at last"`) // where nothing keeps time
				}
				return gjson.Parse(read(n))
			}).String()
		})
		return state, time.Since(began), r
	}
	synctest.Test(t, func(t *testing.T) {
		state, took, _ := rest(t, time.Second, func(int) string { return `"done"` })
		assert.Equal(t, "done", state)
		assert.Equal(t, 100*time.Millisecond, took)
		state, took, _ = rest(t, time.Minute, func(n int) string { return fmt.Sprintf("%q", strings.Repeat("+", min(n, 4))) })
		assert.Equal(t, "++++", state)
		assert.Equal(t, 3*2*time.Second, took, "no pause is longer than two seconds")
		began := time.Now()
		after := func(d time.Duration) int { return int(time.Since(began) / d) }
		state, took, r := rest(t, time.Minute, func(n int) string {
			return fmt.Sprintf(`{"id":"r%d","step":%d}`, n, min(after(2*time.Second), 3))
		})
		assert.Equal(t, `{"id":"r8","step":3}`, state, "what differs in each reading is left out")
		assert.Equal(t, 4*2*time.Second, took)
		assert.Equal(t, result.Pass, r.Verdict())
		began = time.Now()
		_, took, r = rest(t, time.Minute, func(int) string { return fmt.Sprintf(`{"signature":"s%d"}`, after(time.Second)) })
		assert.Equal(t, 5*2*time.Second, took, "so is what differs by the second")
		assert.Equal(t, result.Pass, r.Verdict())
		state, took, r = rest(t, time.Minute, strconv.Itoa)
		assert.Empty(t, state)
		assert.InDelta(t, 62, took.Seconds(), 2)
		assert.Equal(t, result.Blocked, r.Verdict())
		assert.Contains(t, r.Reason(), "goes on changing for longer than --patience")
	})
}

// TestCleanUpIsPatient: a request of a cleanup that is throttled is sent again, within the time of its step.
func TestCleanUpIsPatient(t *testing.T) {
	t.Parallel()
	contract := referencetest.Contract(t, spec.V012)
	left := journal.Unfinished{Traces: []fixtures.Trace{
		{Operation: "createUser", Body: []byte(`{"email":"a@example.com"}`)}, {Operation: "mintToken", Answered: true, Status: 201, ID: "7"},
	}}
	for name, row := range map[string]struct {
		throttles int64
		after     string
		deletes   int64
		done      string
		left      string
	}{
		"at once":          {0, "", 1, "revoked the token 7", ""},
		"throttled twice":  {2, "0", 3, "revoked the token 7", ""},
		"throttled always": {1000, "0", 0, "", "wait for the limits of the target"},
		"for too long":     {1000, "3600", 1, "", "the target asks for a wait of 1h0m0s (429)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var deletes atomic.Int64
				c := Config{
					Selection: plan.Selection{Contract: contract},
					Options:   transport.Options{Target: transport.Target{BaseURL: "http://target"}, Timeout: time.Second, Version: "test"},
					Patience:  time.Minute,
				}
				c.Wrap = transporttest.Wrap(func(r *http.Request) transporttest.Reply {
					switch {
					case r.Method == http.MethodDelete && deletes.Add(1) <= row.throttles:
						return transporttest.Reply{Status: 429, Header: http.Header{"Retry-After": {row.after}}, Body: `{}`}
					case r.Method == http.MethodDelete:
						return transporttest.Reply{Status: 204}
					default:
						return transporttest.Reply{Status: 404, Body: `{}`}
					}
				})
				began := time.Now()
				done, rest, err := CleanUp(t.Context(), c, "token", fixtures.Keys{}, left)
				require.NoError(t, err)
				if row.deletes > 0 { // else as often as the waits, which are drawn, allow
					assert.Equal(t, row.deletes, deletes.Load())
				}
				assert.Equal(t, row.done, strings.Join(done, "\n"))
				assert.Contains(t, strings.Join(rest, "\n"), row.left)
				assert.Equal(t, row.left == "", len(rest) == 0)
				assert.LessOrEqual(t, time.Since(began), CleanupBound)
			})
		})
	}
}
