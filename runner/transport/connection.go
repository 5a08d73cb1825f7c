package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Servers close a connection after an error that nothing handled, and do not say so (no Connection: close). Whatever is sent on it
// next is lost, and looks like the fault of that request. So a connection that carried a 5xx is used no more.

// connection is one to a server, which can be marked as spent: it is read on, and nothing more is sent on it.
type connection struct {
	net.Conn
	spent atomic.Bool
}

// errSpent says that nothing was sent.
var errSpent = errors.New("the connection carried a 5xx, and is not used again")

// Write fails on a connection that is spent, before a byte of a request is sent.
func (c *connection) Write(p []byte) (int, error) {
	if c.spent.Load() {
		return 0, errSpent
	}
	return c.Conn.Write(p)
}

// dialer opens connections that can be marked.
func dialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &connection{Conn: conn}, nil
	}
}

// connections is a round tripper that uses no connection again which carried a 5xx, decodes bodies, and tells of each error of a
// server. An HTTP/2 connection carries many requests at once and stays: there, a server says that it goes away.
type connections struct {
	next      http.RoundTripper
	aftermath *aftermath
}

// RoundTrip sends a request and returns the head of its response.
func (c *connections) RoundTrip(req *http.Request) (*http.Response, error) {
	defer c.aftermath.sent(req.URL.Host)()
	conn, res, err := c.send(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusInternalServerError {
		if conn != nil && res.ProtoMajor == 1 {
			conn.spent.Store(true) // before its body is read, so that nobody else has it yet
			res.Body = &lastBody{res.Body, conn}
		}
		c.aftermath.failed(req.URL.Host, res.StatusCode)
	}
	decode(res)
	return res, nil
}

// send sends a request on a connection that is not spent. The pool gives out a spent one until it is closed: that fails before
// anything is sent, so that it is safe to take another one, for any method. net/http does that for some requests, but for none
// whose body is longer than its buffer.
func (c *connections) send(req *http.Request) (*connection, *http.Response, error) {
	var used atomic.Pointer[connection]
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { used.Store(marked(info.Conn)) }}
	out := req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	for range idleConns {
		used.Store(nil)
		res, err := c.next.RoundTrip(out)
		conn := used.Load()
		if err == nil || conn == nil || !conn.spent.Load() || req.Context().Err() != nil {
			return conn, res, err
		}
		out = out.Clone(out.Context())
		if out.Body, err = bodyOf(req); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, errSpent
}

// bodyOf is a request's body from its beginning.
func bodyOf(req *http.Request) (io.ReadCloser, error) {
	if req.GetBody == nil {
		return http.NoBody, nil
	}
	return req.GetBody()
}

// marked is the connection below TLS, if there is any, or nil if it is not ours.
func marked(conn net.Conn) *connection {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	own, _ := conn.(*connection)
	return own
}

// lastBody is the last body of a connection, and closes it.
type lastBody struct {
	io.ReadCloser
	conn *connection
}

// Close closes the body and the connection.
func (b *lastBody) Close() error { return errors.Join(b.ReadCloser.Close(), b.conn.Close()) }
