package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"vexa-conformance/spec"
)

// Observer sees the attempts of a request as they are made. Its zero value sees nothing.
type Observer struct {
	// Sending, if set, is called when an attempt goes out, after it has waited for limits.
	Sending func()
	// Attempt, if set, gets each attempt, also the last one.
	Attempt func(*Exchange)
}

func (o Observer) sending() {
	if o.Sending != nil {
		o.Sending()
	}
}

// Do sends a request until there is a response to judge, as the policy of [Transport] has it, and returns the last attempt. Its
// Err says why there is no response, or why it was not sent again.
func (t *Transport) Do(ctx context.Context, r Request, o Observer) Exchange {
	return t.attempts(ctx, r, o, func(r Request) Exchange {
		e := t.prepare(r)
		t.send(ctx, &e, o)
		return e
	})
}

// Send sends a request once, whatever the response, and waits for no limit.
func (t *Transport) Send(ctx context.Context, r Request) Exchange {
	e := t.prepare(r)
	t.send(ctx, &e, Observer{})
	return e
}

// Stream is Do for a response that is read as it comes: it returns as soon as its head is there. The caller reads and closes the
// body, which is nil if there is no response.
func (t *Transport) Stream(ctx context.Context, r Request, o Observer) (last Exchange, body io.ReadCloser) {
	last = t.attempts(ctx, r, o, func(r Request) Exchange {
		if body != nil {
			_ = body.Close() // that of a refusal
			body = nil
		}
		e := t.prepare(r)
		if !t.ready(ctx, &e, o) {
			return e
		}
		res, err := t.streams.Do(e.Request.WithContext(ctx))
		if err == nil {
			e.Response = spec.Response{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
			body = res.Body
		} else {
			e.Err = t.explain(e.Request, err)
		}
		e.finish()
		return e
	})
	if body != nil && last.Err != nil {
		_ = body.Close() // that of the last refusal
		body = nil
	}
	return last, body
}

// Dial is Do for the handshake of a WebSocket (RFC 6455, section 4). The connection is nil if it was not accepted.
func (t *Transport) Dial(ctx context.Context, r Request, o Observer) (last Exchange, conn *websocket.Conn) {
	last = t.attempts(ctx, r, o, func(r Request) (e Exchange) {
		e, conn = t.dial(ctx, r, o)
		return e
	})
	return last, conn
}

func (t *Transport) dial(ctx context.Context, r Request, o Observer) (Exchange, *websocket.Conn) {
	e := t.prepare(r)
	if !t.ready(ctx, &e, o) {
		return e, nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.client.Timeout)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, e.Request.URL.String(), &websocket.DialOptions{HTTPClient: t.streams, HTTPHeader: e.Request.Header})
	if e.finish(); res == nil {
		e.Err = t.explain(e.Request, err)
		return e, nil
	}
	e.Response = spec.Response{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
	e.finish()
	if err != nil {
		if res.StatusCode == http.StatusSwitchingProtocols {
			e.Err = fmt.Errorf("%s %s: the handshake does not hold: %w", e.Request.Method, e.Request.URL.Redacted(), err)
		}
		e.Response.Body, _ = io.ReadAll(res.Body) // coder/websocket keeps its first KiB in memory
		return e, nil
	}
	conn.SetReadLimit(t.maxBody)
	return e, conn
}

// send does one round trip, with what it makes in the journal.
func (t *Transport) send(ctx context.Context, e *Exchange, o Observer) {
	if !t.ready(ctx, e, o) {
		return
	}
	after := func(spec.Response) {}
	if t.Journal != nil {
		var err error
		if after, err = t.Journal.Before(e.Call); err != nil {
			e.Err = fmt.Errorf("%w: %w", spec.ErrNotSent, err)
			return
		}
	}
	if e.Response, e.Err = t.RoundTrip(e.Request.WithContext(ctx), e.Call.HeadOnly); e.Err == nil {
		after(e.Response)
	}
	e.finish()
}

// ready waits until a request may go by the rate that the operator asks for, and says whether it may.
func (t *Transport) ready(ctx context.Context, e *Exchange, o Observer) bool {
	if e.Err != nil {
		return false
	}
	if t.pace != nil {
		if err := t.pace.Wait(ctx); err != nil {
			e.Err = fmt.Errorf("%w: wait for the next request (--rate): %w", spec.ErrNotSent, err)
			return false
		}
	}
	e.Started = time.Now()
	o.sending()
	return true
}
