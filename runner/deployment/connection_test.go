package deployment

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// sessionWith is a session with a transport to a target.
func sessionWith(t *testing.T, c Config) *Session {
	t.Helper()
	c.Contract, c.Timeout, c.Version = referencetest.Contract(t, spec.V012), 5*time.Second, "test"
	s := newSession(c)
	t.Cleanup(s.transport.Close)
	return s
}

// ask sends a call as a check does.
func ask(t *testing.T, s *Session, c spec.Call) (spec.Response, error) {
	t.Helper()
	c.Fuzz = true // what is sent does not matter here
	e := s.do(t.Context(), transport.Request{Call: c, Check: "auth/a", Credential: "key"})
	return e.Response, e.Err
}

// silentServer speaks HTTP/1.1 by hand: it answers the first request on each connection, and where that is a 500, it reads no
// further request on it: it closes the connection, without saying so, once the next request has come, as the reset of a connection
// that was closed meanwhile looks to a client.
type silentServer struct {
	t         *testing.T
	l         net.Listener
	all       sync.WaitGroup
	conns     atomic.Int64
	closed    atomic.Int64 // connections that were closed under a request
	responses func(n int64, method string) string
	requests  atomic.Int64
}

func (s *silentServer) start(secure *tls.Config) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	if s.l = l; secure != nil {
		s.l = tls.NewListener(l, secure)
	}
	s.all.Go(func() {
		for {
			conn, err := s.l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			s.all.Go(func() { s.serve(conn) })
		}
	})
	s.t.Cleanup(func() {
		require.NoError(s.t, s.l.Close())
		s.all.Wait()
	})
	return l.Addr().String()
}

func (s *silentServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }() // it may be closed already
	in := bufio.NewReader(conn)
	for failed := false; ; {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		if failed {
			s.closed.Add(1)
			return
		}
		response := s.responses(s.requests.Add(1), req.Method)
		failed = strings.HasPrefix(response, "HTTP/1.1 5")
		if _, err := io.WriteString(conn, response); err != nil {
			return
		}
	}
}

func said200() string { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" }

func said500() string {
	return "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\nInternal Server Error"
}

// TestConnectionsAfterA5xx: a connection that carried a 5xx carries nothing more, whatever is sent next, in the clear and over TLS;
// others are kept.
func TestConnectionsAfterA5xx(t *testing.T) {
	t.Parallel()
	https := httptest.NewUnstartedServer(nil)
	https.StartTLS() // for its certificate
	t.Cleanup(https.Close)
	for _, secure := range []*tls.Config{nil, {Certificates: https.TLS.Certificates}} {
		for _, next := range []spec.Call{
			{Operation: "getMe"}, {Operation: "createBot", Body: []byte(`{}`)}, {Operation: "planMeeting", Body: bytes.Repeat([]byte(" "), 64<<10)}, {Operation: "putWebhook", Body: []byte(`{}`)},
			{Operation: "stopBot", Path: map[string]string{"platform": "zoom", "native_meeting_id": "1"}},
		} {
			t.Run(fmt.Sprint(next.Operation, secure != nil), func(t *testing.T) {
				t.Parallel()
				server := &silentServer{t: t, responses: func(n int64, _ string) string {
					if n == 2 {
						return said500()
					}
					return said200()
				}}
				c := Config{Options: transport.Options{Target: transport.Target{BaseURL: "http://" + server.start(secure)}}}
				if secure != nil {
					c.Target.BaseURL = strings.Replace(c.Target.BaseURL, "http", "https", 1)
					c.TLS = &tls.Config{RootCAs: https.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
				}
				s := sessionWith(t, c)
				for i, status := range []int{200, 500, 200, 200} {
					call := next
					if i < 2 {
						call = spec.Call{Operation: "getMe"}
					}
					a, err := ask(t, s, call)
					require.NoError(t, err)
					assert.Equal(t, status, a.Status)
				}
				assert.Zero(t, server.closed.Load(), "nothing is sent on a connection that carried a 5xx")
				assert.Equal(t, int64(2), server.conns.Load(), "and the others are kept")
				assert.Equal(t, 4, s.record.Len())
				assert.Empty(t, s.record.Retries())
			})
		}
	}
}

// TestConnectionsAfterA5xxInParallel: no request among many meets a connection that another's 5xx has closed.
func TestConnectionsAfterA5xxInParallel(t *testing.T) {
	t.Parallel()
	server := &silentServer{t: t, responses: func(n int64, _ string) string {
		if n%5 == 0 {
			return said500()
		}
		return said200()
	}}
	s := sessionWith(t, Config{Options: transport.Options{Target: transport.Target{BaseURL: "http://" + server.start(nil)}}})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			body := bytes.Repeat([]byte(" "), 2<<10<<(i%4)) // below and above net/http's buffer of 4 KiB
			for range 40 {
				_, err := ask(t, s, spec.Call{Operation: "createBot", Body: body})
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Zero(t, server.closed.Load())
	assert.Equal(t, 16*40, s.record.Len())
}

// gateway answers 500 when its backend fails, and loses the next request for it, as one does that holds a connection which its backend
// has closed.
type gateway struct {
	fails  atomic.Int64 // the next so many requests fail
	loses  atomic.Int64 // the next so many requests are lost
	came   atomic.Int64
	answer int
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	g.came.Add(1)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case g.loses.Add(-1) >= 0:
		w.WriteHeader(g.answer)
		_, _ = io.WriteString(w, `{"detail":"upstream unreachable: ReadError"}`)
	case g.fails.Add(-1) >= 0:
		g.loses.Store(1)
		w.WriteHeader(http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

// TestAGatewayAfterA5xx: what a gateway loses after a 5xx of its backend is sent again, is not judged, and is noted; what it loses
// without one is an answer like any other, but of a GET, which is retried.
func TestAGatewayAfterA5xx(t *testing.T) {
	t.Parallel()
	post, get := spec.Call{Operation: "createBot", Body: []byte(`{}`)}, spec.Call{Operation: "getMe"}
	look, unretried := post, post
	look.LookFirst, unretried.Unretried = true, true
	wanted := get
	wanted.GatewayErrors = true
	for name, row := range map[string]struct {
		call         spec.Call
		fails, loses int64
		answer       int
		status       int // of what is returned in the end
		came         int64
		observed     int // answers that are judged, the 500 aside
		note         string
		lost         string
	}{
		"a POST":                          {post, 1, 0, 502, 200, 2, 1, "after a 5xx the server closed the connection", ""},
		"a POST, and 503":                 {post, 1, 0, 503, 200, 2, 1, "got 503 (1)", ""},
		"a GET":                           {get, 1, 0, 502, 200, 2, 1, "after a 5xx the server closed the connection", ""},
		"a POST that must not come twice": {look, 1, 0, 502, 502, 1, 0, "got 502 (1)", "the gateway lost it after a 5xx: 502"},
		"not to be sent again":            {unretried, 1, 0, 502, 200, 2, 1, "got 502 (1)", ""},
		"as it comes":                     {unretried, 0, 1, 502, 502, 1, 1, "", ""},
		"a POST, of no 5xx":               {post, 0, 1, 502, 502, 1, 1, "", ""},
		"a GET, of no 5xx":                {get, 0, 1, 502, 200, 2, 1, "1 GETs were sent again and not judged, as the page tells clients to: they got 502 (1)", ""},
		"a GET, 503 twice":                {get, 0, 2, 503, 200, 3, 1, "they got 503 (2)", ""},
		"a GET, 504 always":               {get, 0, 99, 504, 504, 3, 1, "they got 504 (2)", ""},
		"a GET that looks for one":        {wanted, 0, 1, 503, 503, 1, 1, "", ""},
		"a 500 is no gateway's":           {get, 0, 99, 500, 500, 1, 1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &gateway{answer: row.answer}
			server := httptest.NewServer(g)
			t.Cleanup(server.Close)
			s := sessionWith(t, Config{Options: transport.Options{Target: transport.Target{BaseURL: server.URL}}})
			if g.fails.Store(row.fails); row.fails > 0 {
				a, err := ask(t, s, spec.Call{Operation: "getMe", Unretried: true})
				require.NoError(t, err)
				require.Equal(t, 500, a.Status)
			}
			g.came.Store(0)
			g.loses.Store(max(row.loses, min(1, row.fails)))
			a, err := ask(t, s, row.call)
			if row.lost == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, row.lost)
				assert.True(t, transport.ConnectionLost(err), "it is a loss")
			}
			assert.Equal(t, row.status, a.Status)
			assert.Equal(t, row.came, g.came.Load())
			assert.Len(t, s.record.Observations(), row.observed+int(row.fails))
			assert.Contains(t, strings.Join(s.record.Retries(), "\n"), row.note)
			assert.Equal(t, row.note == "", len(s.record.Retries()) == 0)
		})
	}
}
