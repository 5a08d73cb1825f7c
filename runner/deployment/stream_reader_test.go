package deployment

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/sse"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/transport/transporttest"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// opened is a stream whose head has come.
func opened(t *testing.T) *streamReader {
	t.Helper()
	s := newSession(Config{
		Selection: plan.Selection{Contract: referencetest.Contract(t, spec.V012)}, Options: transport.Options{Timeout: time.Second}, Patience: time.Minute,
	})
	l, _ := s.newStreamReader(t.Context())
	l.open(transport.Exchange{Check: "stream/a", Operation: &spec.Operation{}, Started: time.Now(), Response: spec.Response{Status: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}}})
	return l
}

// TestFollow reads a stream to its end, its cut, or what breaks it; what only keeps it open is no news.
func TestFollow(t *testing.T) {
	t.Parallel()
	const ping, one = "data: {\"type\": \"ping\"}\n\n", "id: 1\ndata: {}\n\n"
	broken := errors.New("the network failed")
	for name, row := range map[string]struct {
		text     string
		after    error
		call     spec.Call
		end      spec.End
		why      string
		events   int
		comments int
		strange  int
	}{
		"to its end":            {one + ping + ": c\n" + "retry: 5\n" + "<html>\n" + one, io.EOF, spec.Call{}, spec.Closed, "", 3, 2, 1},
		"to its cut":            {ping + one + ping + one + one, io.EOF, spec.Call{CutAfter: 2}, spec.Cut, "", 4, 0, 0},
		"not so far":            {one, io.EOF, spec.Call{CutAfter: 2}, spec.Closed, "", 1, 0, 0},
		"cut in the next":       {one + one, io.EOF, spec.Call{CutAfter: 1, CutInside: true}, spec.Cut, "", 1, 0, 0},
		"no next to be cut in":  {one, io.EOF, spec.Call{CutAfter: 1, CutInside: true}, spec.Closed, "", 1, 0, 0},
		"a network that breaks": {one, broken, spec.Call{}, spec.Lost, "the network failed", 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := opened(t)
			end, why := l.follow(t.Context(), sse.NewReader(io.MultiReader(strings.NewReader(row.text), iotest.ErrReader(row.after))), row.call)
			assert.Equal(t, row.end, end)
			if row.why == "" {
				assert.NoError(t, why)
			} else {
				assert.ErrorContains(t, why, row.why)
			}
			assert.Len(t, l.log.Events, row.events)
			assert.Equal(t, row.comments, l.log.Comments)
			assert.Len(t, l.log.Strange, row.strange)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	end, why := opened(t).follow(ctx, sse.NewReader(iotest.ErrReader(broken)), spec.Call{})
	assert.Equal(t, spec.Cut, end, "what broke because of the harness is no loss")
	assert.NoError(t, why)
}

// TestWhole reads a body that is no stream, up to the bound.
func TestWhole(t *testing.T) {
	t.Parallel()
	const bound = 1 << 10
	for name, row := range map[string]struct {
		size int
		kept int
		end  spec.End
	}{"nothing": {0, 0, spec.Closed}, "the longest": {bound, bound, spec.Closed}, "one byte more": {bound + 1, bound, spec.Cut}} {
		l := opened(t)
		l.session.config.MaxBody = bound
		end, why := l.readAll(t.Context(), strings.NewReader(strings.Repeat("x", row.size)))
		assert.Equal(t, row.end, end, name)
		assert.NoError(t, why, name)
		assert.Len(t, l.log.Body, row.kept, name)
		assert.Equal(t, row.size > bound, l.log.Truncated, name)
	}
}

// TestTee keeps the beginning of what comes, one byte more than is shown, so that it is seen to be cut; and it bounds the whole.
func TestTee(t *testing.T) {
	t.Parallel()
	l := opened(t)
	const bound = 5 * record.MaxShown
	l.session.config.MaxBody = bound
	tee := &tee{l, strings.NewReader(strings.Repeat("x", bound+1))}
	buffer := make([]byte, record.MaxShown)
	for range 3 {
		n, err := tee.Read(buffer)
		require.NoError(t, err)
		require.Len(t, buffer, n)
	}
	assert.Len(t, l.raw, record.MaxShown+1)
	rest := make([]byte, bound-3*record.MaxShown)
	n, err := tee.Read(rest)
	require.NoError(t, err, "the bound itself is within it")
	require.Len(t, rest, n)
	_, err = tee.Read(buffer)
	assert.ErrorContains(t, err, "what came over the stream is larger than 25 KiB (--max-body)")
	assert.Len(t, l.raw, record.MaxShown+1)
}

// TestTimesOfAStream: the first event, the last thing, and the longest silence, counted from the request.
func TestTimesOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := opened(t)
		comes := func(after time.Duration) {
			time.Sleep(after) // by the clock of synctest
			l.event(spec.Event{Name: "message"})
		}
		comes(2 * time.Second)
		comes(3 * time.Second)
		comes(time.Second)
		assert.Equal(t, []time.Duration{2 * time.Second, 6 * time.Second, 3 * time.Second}, []time.Duration{l.log.First, l.log.Last, l.log.Quiet})
		assert.Equal(t, 5*time.Second, l.log.Events[1].At)
		time.Sleep(time.Second)
		l.ended(spec.Closed, nil)
		shown := l.session.record.Check(plan.Planned{Check: suites.Check{ID: "stream/a"}}, record.NewRecorder(t.Context()), time.Now(), 0, redact.New(nil))
		assert.InDelta(t, 7000, shown.Exchanges[0].DurationMS, 1)
		assert.Equal(t, 3, shown.Exchanges[0].Stream.Events)
	})
}

// TestUntil waits for the head as long as for any answer, and for what is to come as long as the patience lasts.
func TestUntil(t *testing.T) {
	t.Parallel()
	timeout, patience := 3*time.Second, 20*time.Second
	for name, row := range map[string]struct {
		happens func(l *streamReader)
		verdict result.Verdict
		reason  string
		took    time.Duration
		end     spec.End
	}{
		"no head":      {func(*streamReader) {}, result.Pass, "", timeout, spec.Open},
		"a head alone": {func(l *streamReader) { l.open(transport.Exchange{Operation: &spec.Operation{}, Started: time.Now()}) }, result.Pass, "", patience, spec.Open},
		"no answer":    {func(l *streamReader) { l.failed(transport.Exchange{Operation: &spec.Operation{}, Err: io.EOF}) }, result.Blocked, "EOF", 0, spec.Open},
		"no answer, later": {func(l *streamReader) {
			time.Sleep(time.Second)
			l.failed(transport.Exchange{Operation: &spec.Operation{}, Err: io.EOF})
		}, result.Blocked, "EOF", time.Second, spec.Open},
		"ended before": {func(l *streamReader) { time.Sleep(time.Second); l.ended(spec.Closed, nil) }, result.Pass, "", time.Second, spec.Closed},
		"enough": {func(l *streamReader) {
			l.open(transport.Exchange{Operation: &spec.Operation{}, Started: time.Now()})
			time.Sleep(5 * time.Second)
			l.event(spec.Event{})
		}, result.Pass, "", 5 * time.Second, spec.Open},
		"enough, no head":   {func(l *streamReader) { time.Sleep(time.Second); l.event(spec.Event{}) }, result.Pass, "", timeout, spec.Open},
		"the run is broken": {func(l *streamReader) { time.Sleep(time.Second); l.session.notes.Add("interrupt") }, result.Blocked, "the run was interrupted: enough", time.Second, spec.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancelCause(t.Context())
				s := newSession(Config{Options: transport.Options{Timeout: timeout}, Patience: patience})
				l, _ := s.newStreamReader(ctx)
				began := time.Now()
				go func() {
					row.happens(l)
					if len(s.notes.All()) > 0 {
						interrupt(errors.New("enough"))
					}
				}()
				var streamLog spec.StreamLog
				r := record.NewRecorder(ctx)
				r.Watch(func() { streamLog = l.Until(r, func(h spec.StreamLog) bool { return len(h.Events) > 0 }) })
				assert.Equal(t, row.verdict, r.Verdict())
				assert.Contains(t, r.Reason(), row.reason)
				assert.Equal(t, row.took, time.Since(began))
				assert.Equal(t, row.end, streamLog.End)
				interrupt(nil)
			})
		})
	}
}

// TestAStreamIsOpenedPatiently: throttled, it is opened again, for as long as is promised.
func TestAStreamIsOpenedPatiently(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		call      spec.Call
		throttles int
		asked     int
		status    int
		says      string
	}{
		"at once":            {spec.Call{}, 0, 1, 200, ""},
		"throttled at first": {spec.Call{}, 2, 3, 200, ""},
		"not to be retried":  {spec.Call{Unretried: true}, 2, 1, 429, ""},
		"throttled for ever": {spec.Call{}, 1000, 0, 429, ""},
		"no answer":          {spec.Call{}, -1, 1, 0, "the network failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				c := Config{
					Selection: plan.Selection{Contract: referencetest.Contract(t, spec.V012)},
					Options:   transport.Options{Target: transport.Target{BaseURL: "http://target"}},
				}
				c.Wrap = transporttest.Wrap(func(*http.Request) transporttest.Reply {
					asked++
					require.Less(t, asked, 1000, "it asks without an end")
					switch {
					case row.throttles < 0:
						return transporttest.Reply{Err: errors.New("the network failed")}
					case asked <= row.throttles:
						return transporttest.JSON(429, `{}`)
					default:
						return transporttest.JSON(200, `{}`)
					}
				})
				d := &target{session: newSession(c)}
				row.call.Operation = "getMe"
				began := time.Now()
				s := askPatiently(t.Context(), d, row.call)
				assert.Equal(t, row.status, s.Response.Status)
				if row.says != "" {
					assert.ErrorContains(t, s.Err, row.says)
				}
				if row.asked > 0 {
					assert.Equal(t, row.asked, asked)
				} else {
					assert.Greater(t, time.Since(began), 2*time.Minute)
				}
				recorded := asked - 1 // the one that is returned is recorded by who reads it
				if row.throttles == 1000 {
					recorded = asked // nobody reads it
				}
				assert.Equal(t, recorded, d.session.record.Len())
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := Config{
		Selection: plan.Selection{Contract: referencetest.Contract(t, spec.V012)},
		Options:   transport.Options{Target: transport.Target{BaseURL: "http://target"}},
	}
	c.Wrap = transporttest.Wrap(func(*http.Request) transporttest.Reply { cancel(); return transporttest.JSON(429, `{}`) })
	d := &target{session: newSession(c)}
	s := askPatiently(ctx, d, spec.Call{Operation: "getMe"})
	assert.ErrorIs(t, s.Err, context.Canceled)
	assert.ErrorContains(t, s.Err, "wait for ")
}

// askPatiently asks as a stream does, for a body that nobody reads.
func askPatiently(ctx context.Context, d *target, c spec.Call) transport.Exchange {
	l := &streamReader{session: d.session, changed: make(chan struct{})}
	last, body := d.session.transport.Stream(ctx, transport.Request{Call: c, Anonymous: true}, l.observer())
	if body != nil {
		_ = body.Close() // nobody reads it
	}
	return last
}
