package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/coder/websocket"

	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// listeningSocket is a WebSocket that is read in the background.
type listeningSocket struct {
	*listening
	ready chan struct{} // closed once the handshake has an answer
	conn  *websocket.Conn
}

// Socket opens a WebSocket and has it read in the background.
func (d *deployment) Socket(t suites.T, c spec.Call) suites.Socket {
	t.Helper()
	credential, sent := d.credential(t, c)
	l, ctx := d.session.newListening(t.Context())
	socket := &listeningSocket{listening: l, ready: make(chan struct{})}
	go l.watch(func() {
		var conn *websocket.Conn
		s := l.ask(ctx, d, c, credential, func() (s Sent) {
			s, conn = d.session.transport.Dial(ctx, c, d.check.ID, credential, sent)
			return s
		})
		socket.conn = conn
		close(socket.ready)
		switch {
		case s.Err != nil:
			l.failed(d.check.ID, s)
		case conn == nil:
			l.open(d.check.ID, s)
			l.ended(spec.Closed, nil)
		default:
			defer func() { _ = conn.CloseNow() }() // a second close is no error
			l.open(d.check.ID, s)
			l.ended(socket.read(ctx))
		}
	})
	d.closers = append(d.closers, l.close)
	return socket
}

// Dial does the handshake of a WebSocket (RFC 6455, section 4). The connection is nil where it was not accepted.
func (t *Transport) Dial(ctx context.Context, c spec.Call, check, credential string, sent bool) (Sent, *websocket.Conn) {
	s := t.prepare(c, check, credential, sent)
	if s.Err != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.client.Timeout)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, s.Request.URL.String(), &websocket.DialOptions{HTTPClient: t.streams, HTTPHeader: s.Request.Header})
	if s.came(); res == nil {
		s.Err = t.explain(s.Request, err)
		return s, nil
	}
	s.Answer = spec.Answer{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
	s.came()
	if err != nil {
		if res.StatusCode == http.StatusSwitchingProtocols {
			s.Err = fmt.Errorf("%s %s: the handshake does not hold: %w", s.Request.Method, s.Request.URL.Redacted(), err)
		}
		s.Answer.Body, _ = io.ReadAll(res.Body) // coder/websocket keeps its first KiB in memory
		return s, nil
	}
	conn.SetReadLimit(t.maxBody)
	return s, conn
}

// read takes the messages until the socket is closed.
func (s *listeningSocket) read(ctx context.Context) (spec.End, error) {
	size := int64(0)
	for {
		_, text, err := s.conn.Read(ctx)
		var closed websocket.CloseError
		switch {
		case errors.As(err, &closed):
			return spec.Closed, nil
		case err != nil:
			return end(ctx, err)
		}
		s.note("← " + string(text))
		s.event(spec.Event{Name: "message", Data: string(text)})
		if size += int64(len(text)); size > s.session.config.MaxBody {
			return spec.Lost, errTooMuch(s.session.config.MaxBody)
		}
	}
}

// note keeps the beginning of the conversation for the report.
func (s *listeningSocket) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.raw) <= maxShown {
		s.raw = append(s.raw, line+"\n"...)
	}
}

// Say sends a message. A socket that does not take it within the timeout blocks the check; one that is closed says so in
// what was heard.
func (s *listeningSocket) Say(t suites.T, message map[string]any) {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		panic(err) // the messages are the suites' own
	}
	select {
	case <-s.ready:
	case <-s.done: // the listening panicked before: who waits for what is heard gets that
	case <-t.Context().Done():
		t.Blocked("the run was interrupted: %v", context.Cause(t.Context()))
	}
	if s.conn == nil {
		return // what the handshake was answered is seen in what was heard
	}
	s.note("→ " + string(text))
	ctx, cancel := context.WithTimeout(t.Context(), s.session.config.Timeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, text); err != nil && ctx.Err() != nil {
		t.Blocked("the socket did not take %s: %v", text, err)
	}
}
