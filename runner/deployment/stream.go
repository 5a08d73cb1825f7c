package deployment

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/sse"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// streamReader is a stream or a socket that is read in the background, and what has come over it until now.
type streamReader struct {
	session *Session
	cancel  context.CancelFunc
	done    chan struct{} // closed when nothing more will come

	mu      sync.Mutex
	sent    transport.Exchange
	log     spec.StreamLog
	raw     []byte // the beginning of what came, for the report
	size    int64  // of all that came, in bytes
	opened  bool
	held    bool // the request has not been sent yet: it is throttled
	changed chan struct{}
	err     error
}

func (s *Session) newStreamReader(ctx context.Context) (*streamReader, context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	return &streamReader{session: s, cancel: cancel, done: make(chan struct{}), changed: make(chan struct{})}, ctx
}

// update changes what was received and wakes those who wait.
func (l *streamReader) update(change func(h *spec.StreamLog)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.log)
	close(l.changed)
	l.changed = make(chan struct{})
}

// open keeps the head: from here on the exchange has its number in the record.
func (l *streamReader) open(e transport.Exchange) {
	l.session.record.Add(&e)
	l.update(func(h *spec.StreamLog) {
		l.sent, l.opened = e, true
		h.Response, h.Opened, h.Last = e.Response, e.Took, e.Took
	})
}

// arrived keeps the time of what has just come. The caller is in an update.
func (l *streamReader) arrived(h *spec.StreamLog) time.Duration {
	at := time.Since(l.sent.Started)
	h.Quiet = max(h.Quiet, at-h.Last)
	h.Last = at
	return at
}

// event keeps an event.
func (l *streamReader) event(e spec.Event) {
	l.update(func(h *spec.StreamLog) {
		if e.At = l.arrived(h); len(h.Events) == 0 {
			h.First = e.At
		}
		h.Events = append(h.Events, e)
	})
}

// ended says why nothing more will come, and completes the exchange in the record.
func (l *streamReader) ended(end spec.End, why error) {
	l.update(func(h *spec.StreamLog) {
		h.End, h.Why = end, why
		if h.Body == nil {
			h.Body = l.raw
		}
		if l.opened {
			l.session.record.Complete(h.Seq, *h, time.Since(l.sent.Started))
		}
	})
	close(l.done)
}

// failed says that there is no answer at all.
func (l *streamReader) failed(e transport.Exchange) {
	l.session.record.Add(&e)
	l.mu.Lock()
	l.err = e.Err
	l.mu.Unlock()
	close(l.done)
}

// watch reads the stream, and hands a panic to those who wait for events.
func (l *streamReader) watch(listen func()) {
	if p := parallel.Catch(listen); p != nil {
		l.mu.Lock()
		l.err = p
		l.mu.Unlock()
		close(l.done)
	}
}

// giveUp ends a check that has nothing to listen to.
func giveUp(t suites.T, err error) {
	t.Helper()
	var p *parallel.Panic
	if errors.As(err, &p) {
		panic(p)
	}
	t.Blocked("%v", err)
}

// Until waits, as [suites.Stream] has it.
func (l *streamReader) Until(t suites.T, until func(spec.StreamLog) bool) spec.StreamLog {
	t.Helper()
	head, patience := time.NewTimer(l.session.config.Timeout), time.NewTimer(l.session.config.Patience)
	defer head.Stop()
	defer patience.Stop()
	for wasHeld := false; ; {
		l.mu.Lock()
		streamLog, opened, held, changed, err := l.log, l.opened, l.held, l.changed, l.err
		l.mu.Unlock()
		streamLog.Response = judged(t, streamLog.Response)
		noHead, over := head.C, patience.C
		switch {
		case held: // it is not waited for yet
			noHead, over = nil, nil
		case wasHeld:
			head.Reset(l.session.config.Timeout)
			patience.Reset(l.session.config.Patience)
		}
		wasHeld = held
		if err != nil {
			giveUp(t, err)
		}
		if opened {
			noHead = nil
			if until(streamLog) {
				return streamLog
			}
		}
		select {
		case <-changed:
		case <-l.done:
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.err != nil {
				giveUp(t, l.err)
			}
			streamLog = l.log
			streamLog.Response = judged(t, streamLog.Response)
			return streamLog
		case <-noHead:
			return streamLog
		case <-over:
			return streamLog
		case <-t.Context().Done():
			t.Blocked("the run was interrupted: %v", context.Cause(t.Context()))
		}
	}
}

// close cuts what is still open, and waits until nobody reads it any more.
func (l *streamReader) close() {
	l.cancel()
	<-l.done
}

// Stream opens a stream and has it read in the background.
func (d *target) Stream(t suites.T, c spec.Call) suites.Stream {
	t.Helper()
	r := d.request(t, c)
	l, ctx := d.session.newStreamReader(t.Context())
	go l.watch(func() {
		var before time.Time // when it was sent the time before
		for n := 0; ; n++ {
			l.setHeld(true)
			e, body := d.session.transport.Stream(ctx, r, l.observer())
			if e.Err != nil {
				l.failed(e)
				return
			}
			l.open(e)
			end, why := l.read(ctx, body, c)
			_ = body.Close() // what was not read is not wanted
			if n == transport.AftermathRetries || end != spec.Closed || !l.lostTo5xx(ctx, e, before) {
				l.ended(end, why)
				return
			}
			before = e.Started
			d.session.record.SentAgain(l.log.Seq, l.raw)
			l.begin()
		}
	})
	d.closers = append(d.closers, l.close)
	return implementedStream{l, d, c}
}

// setHeld says whether the request is held back, so that it cannot be answered yet. Meanwhile nobody waits for it.
func (l *streamReader) setHeld(held bool) {
	l.update(func(*spec.StreamLog) { l.held = held })
}

// observer records the attempts but for the last one, which is recorded by who reads it.
func (l *streamReader) observer() transport.Observer {
	return transport.Observer{
		Sending: func() { l.setHeld(false) },
		Attempt: func(e *transport.Exchange) {
			if e.Retry != "" {
				l.setHeld(true)
				l.session.record.Add(e)
			}
		},
	}
}

// read reads what is a stream, and what is none.
func (l *streamReader) read(ctx context.Context, body io.Reader, c spec.Call) (spec.End, error) {
	if !l.log.Streams() {
		return l.readAll(ctx, body)
	}
	events := sse.NewReader(&tee{l, body})
	events.MaxEvent = l.session.config.MaxBody // which the stream as a whole must not exceed either
	return l.follow(ctx, events, c)
}

// lostTo5xx says whether a stream may be lost for another request's 5xx, which came after a moment: a gateway that answers 200
// before it has asked its backend then sends an error body in place of frames.
func (l *streamReader) lostTo5xx(ctx context.Context, e transport.Exchange, after time.Time) bool {
	l.mu.Lock()
	lost := l.log.Streams() && len(l.log.Events)+l.log.Comments == 0 && gjson.ValidBytes(l.raw) && gjson.GetBytes(l.raw, "detail").Exists()
	l.mu.Unlock()
	return lost && l.session.transport.StreamMayBeLostTo5xx(ctx, e, after)
}

// begin forgets what came, for a request that is sent again.
func (l *streamReader) begin() {
	l.update(func(h *spec.StreamLog) {
		*h = spec.StreamLog{}
		l.raw, l.size, l.opened = nil, 0, false
	})
}

// follow reads a stream to its end or its cut.
func (l *streamReader) follow(ctx context.Context, r *sse.Reader, c spec.Call) (spec.End, error) {
	news := 0
	for {
		item, err := r.Next()
		if err != nil {
			return end(ctx, err)
		}
		switch item.Kind {
		case sse.Event:
			e := spec.Event{ID: item.ID, OwnID: item.OwnID, Name: item.Type, Data: item.Text}
			l.event(e)
			if !e.Ping() {
				news++
			}
		case sse.Strange:
			l.update(func(h *spec.StreamLog) {
				l.arrived(h)
				h.Strange = append(h.Strange, item.Text)
			})
		default:
			l.update(func(h *spec.StreamLog) {
				l.arrived(h)
				h.Comments++
			})
		}
		if c.CutAfter > 0 && news >= c.CutAfter {
			if c.CutInside {
				if err := r.Break(); err != nil {
					return end(ctx, err)
				}
			}
			return spec.Cut, nil
		}
	}
}

// end says what the end of a body means.
func end(ctx context.Context, err error) (spec.End, error) {
	switch {
	case errors.Is(err, io.EOF):
		return spec.Closed, nil
	case ctx.Err() != nil:
		return spec.Cut, nil
	default:
		return spec.Lost, err
	}
}

// readAll reads a body that is no stream.
func (l *streamReader) readAll(ctx context.Context, body io.Reader) (spec.End, error) {
	text, more, err := transport.ReadUpTo(body, l.session.config.MaxBody)
	l.update(func(h *spec.StreamLog) {
		l.arrived(h)
		h.Body, h.Truncated = text, more
	})
	switch {
	case more:
		return spec.Cut, nil
	case err == nil:
		err = io.EOF
	}
	return end(ctx, err)
}
