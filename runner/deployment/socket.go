package deployment

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/coder/websocket"

	"vexa-conformance/runner/record"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// socketReader is a WebSocket that is read in the background.
type socketReader struct {
	*streamReader
	ready chan struct{} // closed once the handshake has an answer
	conn  *websocket.Conn
}

// Socket opens a WebSocket and has it read in the background.
func (d *target) Socket(t suites.T, c spec.Call) suites.Socket {
	t.Helper()
	r := d.request(t, c)
	l, ctx := d.session.newStreamReader(t.Context())
	socket := &socketReader{streamReader: l, ready: make(chan struct{})}
	go l.watch(func() {
		l.setHeld(true)
		e, conn := d.session.transport.Dial(ctx, r, l.observer())
		socket.conn = conn
		close(socket.ready)
		switch {
		case e.Err != nil:
			l.failed(e)
		case conn == nil:
			l.open(e)
			l.ended(spec.Closed, nil)
		default:
			defer func() { _ = conn.CloseNow() }() // a second close is no error
			l.open(e)
			l.ended(socket.read(ctx))
		}
	})
	d.closers = append(d.closers, l.close)
	return socket
}

// read takes the messages until the socket is closed.
func (s *socketReader) read(ctx context.Context) (spec.End, error) {
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
func (s *socketReader) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.raw) <= record.MaxShown {
		s.raw = append(s.raw, line+"\n"...)
	}
}

// Say sends a message. A socket that does not take it within the timeout blocks the check; one that is closed says so in
// what was received.
func (s *socketReader) Say(t suites.T, message map[string]any) {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		panic(err) // the messages are the suites' own
	}
	select {
	case <-s.ready:
	case <-s.done: // the listening panicked before: whoever waits for events gets that
	case <-t.Context().Done():
		t.Blocked("the run was interrupted: %v", context.Cause(t.Context()))
	}
	if s.conn == nil {
		return // what the handshake was answered is seen in what was received
	}
	s.note("→ " + string(text))
	ctx, cancel := context.WithTimeout(t.Context(), s.session.config.Timeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, text); err != nil && ctx.Err() != nil {
		t.Blocked("the socket did not take %s: %v", text, err)
	}
}
