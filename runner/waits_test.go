package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// The tests of this file wait for minutes by a clock that only goes on while everybody waits (testing/synctest).

// contracts are loaded once for all tests, which only read them.
var contracts sync.Map

func contractOf(t *testing.T, e spec.Edition) *spec.Contract {
	t.Helper()
	if c, loaded := contracts.Load(e); loaded {
		return c.(*spec.Contract)
	}
	c, err := spec.Load(t.Context(), e)
	require.NoError(t, err)
	contracts.Store(e, c)
	return c
}

// TestSendWithRetry: what is throttled or lost is sent again, for as long as is promised, and what may have made something is not.
func TestSendWithRetry(t *testing.T) {
	t.Parallel()
	contract := contractOf(t, spec.V012)
	op, _ := contract.Operation("getMe")
	answer := func(method string, status int, err error) Exchange {
		req, reqErr := http.NewRequest(method, "http://target/", nil)
		require.NoError(t, reqErr)
		return Exchange{Operation: op, Request: req, Answer: spec.Answer{Status: status, Header: http.Header{}, Body: []byte(`{}`)}, Err: err}
	}
	throttled, refused, accepted := answer("GET", 429, nil), answer("GET", 404, nil), answer("GET", 200, nil)
	lost, reset := answer("GET", 0, io.ErrUnexpectedEOF), answer("GET", 0, fmt.Errorf("read: %w", syscall.ECONNRESET))
	for name, row := range map[string]struct {
		call   spec.Call
		sents  []Exchange // the last one again and again
		sends  int
		status int
		says   string
		within [2]time.Duration
	}{
		"answered":                {spec.Call{}, []Exchange{refused}, 1, 404, "", [2]time.Duration{}},
		"accepted":                {spec.Call{}, []Exchange{accepted}, 1, 200, "", [2]time.Duration{}},
		"throttled at first":      {spec.Call{}, []Exchange{throttled, throttled, refused}, 3, 404, "", [2]time.Duration{3 * leastShut, 3 * leastShut}},
		"throttled for ever":      {spec.Call{}, []Exchange{throttled}, 0, 429, "is still throttled after 2m30s", [2]time.Duration{throttlePatience, throttlePatience + longestShut}},
		"not to be sent again":    {spec.Call{Unretried: true}, []Exchange{throttled}, 1, 429, "", [2]time.Duration{}},
		"a reading, lost once":    {spec.Call{}, []Exchange{lost, refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a reading, reset twice":  {spec.Call{}, []Exchange{reset, reset, refused}, 3, 404, "", [2]time.Duration{0, 3 * firstBackoff}},
		"a reading, lost always":  {spec.Call{}, []Exchange{lost}, 1 + lostRetries, 0, "unexpected EOF", [2]time.Duration{0, 3 * firstBackoff}},
		"a broken pipe":           {spec.Call{}, []Exchange{answer("GET", 0, syscall.EPIPE), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a closed connection":     {spec.Call{}, []Exchange{answer("GET", 0, io.EOF), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a head cut short":        {spec.Call{}, []Exchange{answer("GET", 0, fmt.Errorf("broken: %w", textproto.ProtocolError("missing colon"))), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a status cut short":      {spec.Call{}, []Exchange{answer("GET", 0, errors.New(`malformed HTTP response "HTTP/1"`)), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a writing, cut short":    {spec.Call{}, []Exchange{answer("POST", 0, textproto.ProtocolError("missing colon"))}, 1, 0, "missing colon", [2]time.Duration{}},
		"a writing, lost":         {spec.Call{}, []Exchange{answer("POST", 0, io.EOF)}, 1, 0, "EOF", [2]time.Duration{}},
		"refused connections":     {spec.Call{}, []Exchange{answer("GET", 0, syscall.ECONNREFUSED)}, 1, 0, "refused", [2]time.Duration{}},
		"a request that was none": {spec.Call{}, []Exchange{{Operation: op, Err: io.EOF}}, 1, 0, "EOF", [2]time.Duration{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &Transport{contract: contract, limits: newLimiter()}
				began, sends, seen := time.Now(), 0, 0
				o := Observer{Attempt: func(*Exchange) { seen++ }}
				last := transport.attempts(t.Context(), Request{Call: row.call, Credential: "key"}, o, func(Request) Exchange {
					sends++
					require.Less(t, sends, 1000, "it sends without an end")
					sent := row.sents[min(sends, len(row.sents))-1]
					sent.Call, sent.Started = row.call, time.Now()
					return sent
				})
				if row.says == "" {
					require.NoError(t, last.Err)
				} else {
					require.ErrorContains(t, last.Err, row.says)
				}
				assert.Equal(t, row.status, last.Answer.Status)
				if row.sends > 0 {
					assert.Equal(t, row.sends, sends)
				}
				assert.Equal(t, sends, seen, "each is observed")
				assert.GreaterOrEqual(t, time.Since(began), row.within[0])
				assert.LessOrEqual(t, time.Since(began), row.within[1])
			})
		})
	}
	for name, sent := range map[string]Exchange{"throttled": throttled, "lost": lost} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("enough"))
		transport, seen := &Transport{contract: contract, limits: newLimiter()}, 0
		o := Observer{Attempt: func(*Exchange) { seen++ }}
		last := transport.attempts(ctx, Request{Credential: "key"}, o, func(Request) Exchange { return sent })
		require.Error(t, last.Err)
		assert.Equal(t, 1, seen, "%s: an interrupt ends the waiting", name)
	}
}

// TestDriftIsCounted: how many answers had it.
func TestDriftIsCounted(t *testing.T) {
	t.Parallel()
	contract := contractOf(t, spec.V012)
	op, _ := contract.Operation("getMe")
	r := NewRecord(contract, spec.Server)
	for _, status := range []int{203, 203, 404} {
		r.Compare(Exchange{Operation: op, Answer: spec.Answer{Status: status, Header: http.Header{}}})
	}
	r.Compare(Exchange{Operation: op, Answer: spec.Answer{Status: 203}, Err: io.EOF})
	r.Compare(Exchange{Operation: op, Answer: spec.Answer{Status: 203}, Call: spec.Call{HeadOnly: true}})
	drifts := r.Drift(NewRedactor(nil))
	require.Len(t, drifts, 1)
	assert.Equal(t, 2, drifts[0].Count)
}

// TestAwait looks once more when the patience is over, and keeps a minute of it at some thirty requests.
func TestAwait(t *testing.T) {
	t.Parallel()
	await := func(t *testing.T, patience time.Duration, done func(n int) bool) (polls int, held bool, took time.Duration) {
		began := time.Now()
		d := &deployment{session: &Session{config: Config{Patience: patience}}}
		r := NewRecorder(t.Context())
		r.Watch(func() {
			held = d.Await(r, func() bool {
				polls++
				return polls > 1000 || done(polls)
			})
		})
		return polls, held, time.Since(began)
	}
	synctest.Test(t, func(t *testing.T) {
		polls, held, took := await(t, time.Minute, func(int) bool { return false })
		assert.False(t, held)
		assert.InDelta(t, 40, polls, 5)
		assert.Equal(t, time.Minute+time.Millisecond, took, "it looks once more just after")
		polls, held, took = await(t, time.Minute, func(int) bool { return true })
		assert.True(t, held)
		assert.Equal(t, 1, polls)
		assert.Zero(t, took)
		_, held, took = await(t, time.Minute, func(n int) bool { return n == 4 })
		assert.True(t, held)
		assert.Equal(t, (1+2+4)*time.Millisecond, took, "the first looks are close together")
		last := time.Now().Add(time.Minute)
		_, held, _ = await(t, time.Minute, func(int) bool { return time.Now().After(last) })
		assert.True(t, held, "what happens at the last moment is seen")
	})
}

// TestAtRest takes a state for what it will remain once two readings, a tenth of the patience apart, are the same.
func TestAtRest(t *testing.T) {
	t.Parallel()
	rest := func(t *testing.T, patience time.Duration, read func(n int) string) (state string, took time.Duration, seen *Recorder) {
		began, n := time.Now(), 0
		d := &deployment{session: &Session{config: Config{Patience: patience}}}
		r := NewRecorder(t.Context())
		r.Watch(func() {
			state = d.AtRest(r, func() gjson.Result {
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
		assert.Equal(t, result.Pass, r.verdict)
		began = time.Now()
		_, took, r = rest(t, time.Minute, func(int) string { return fmt.Sprintf(`{"signature":"s%d"}`, after(time.Second)) })
		assert.Equal(t, 5*2*time.Second, took, "so is what differs by the second")
		assert.Equal(t, result.Pass, r.verdict)
		state, took, r = rest(t, time.Minute, strconv.Itoa)
		assert.Empty(t, state)
		assert.InDelta(t, 62, took.Seconds(), 2)
		assert.Equal(t, result.Blocked, r.verdict)
		assert.Contains(t, r.reason, "goes on changing for longer than --patience")
	})
}

// memory is a target that answers from the memory of the test.
type memory func(*http.Request) (status int, header http.Header)

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header := m(r)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(`{}`)), Request: r}, nil
}

// TestCleanUpIsPatient: a request of a cleanup that is throttled is sent again, within the time of its step.
func TestCleanUpIsPatient(t *testing.T) {
	t.Parallel()
	contract := contractOf(t, spec.V012)
	left := Unfinished{Traces: []fixtures.Trace{
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
					Selection: Selection{Contract: contract},
					Options:   Options{Target: Target{BaseURL: "http://target"}, Timeout: time.Second, Version: "test"},
					Patience:  time.Minute,
				}
				c.Wrap = func(http.RoundTripper) http.RoundTripper {
					return memory(func(r *http.Request) (int, http.Header) {
						switch {
						case r.Method == http.MethodDelete && deletes.Add(1) <= row.throttles:
							return 429, http.Header{"Retry-After": {row.after}}
						case r.Method == http.MethodDelete:
							return 204, nil
						default:
							return 404, nil
						}
					})
				}
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
