package deployment_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// judged runs some checks against a deployment whose one path is answered by somebody else.
func judged(t *testing.T, e spec.Edition, path string, answer http.HandlerFunc, only ...string) map[string]result.Check {
	t.Helper()
	d := start(t, e)
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		answer(w, r)
		return true
	})
	c := config(t, referencetest.Contract(t, e), proxied, d.AdminToken)
	c.Only, c.Timeout, c.Patience, c.MaxBody = only, 700*time.Millisecond, 5*time.Second, smallBody
	c.Stimuli = fixtures.Stimuli{Failed: "mock:failed-turn", Blocked: "mock:blocked-write"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	checks := map[string]result.Check{}
	for _, check := range run.Checks {
		checks[check.ID] = check
	}
	return checks
}

// smallBody bounds what is read, so that a busy machine gets to the end of what has none.
const smallBody = 256 << 10

func opens(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	_ = http.NewResponseController(w).Flush()
}

func sends(w http.ResponseWriter, text string) bool {
	_, err := io.WriteString(w, text)
	return err == nil && http.NewResponseController(w).Flush() == nil
}

const delta = "id: 1\ndata: {\"type\": \"message-delta\", \"text\": \"on and on\"}\n\n"

// TestHostileStreams: whatever comes, a check ends in time, with a verdict that says why.
func TestHostileStreams(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	var throttled atomic.Bool
	for name, row := range map[string]struct {
		answer  http.HandlerFunc
		check   string
		verdict result.Verdict
		says    string
	}{
		"a flood without an end": {func(w http.ResponseWriter, _ *http.Request) {
			opens(w)
			for sends(w, "data: "+strings.Repeat("on and on ", 8_000)+"\n\n") {
			}
		}, "stream/opens/chat", result.Blocked, "what came over the stream is larger than 256 KiB (--max-body)"},
		"a frame of megabytes": {func(w http.ResponseWriter, _ *http.Request) {
			opens(w)
			sends(w, "data: "+strings.Repeat("x", smallBody)+"\n\n")
		}, "stream/opens/chat", result.Blocked, "an event of the stream is longer than what is read of one"},
		"a drip without an end": {func(w http.ResponseWriter, r *http.Request) {
			opens(w)
			for sends(w, delta) && r.Context().Err() == nil {
				select {
				case <-time.After(20 * time.Millisecond):
				case <-r.Context().Done():
				}
			}
		}, "stream/done-not-ok", result.Fail, "still open"},
		"a blocked write whose turn goes on": {func(w http.ResponseWriter, r *http.Request) {
			opens(w)
			sends(w, delta)
			<-r.Context().Done()
		}, "stream/rejected", result.Blocked, "had not ended within --patience"},
		"a blocked write without its frame": {func(w http.ResponseWriter, r *http.Request) {
			opens(w)
			sends(w, "data: {\"type\": \"done\", \"ok\": false}\n\n")
			<-r.Context().Done()
		}, "stream/rejected", result.Fail, "still open"},
		"a reset in the middle": {func(w http.ResponseWriter, _ *http.Request) {
			opens(w)
			sends(w, delta)
			panic(http.ErrAbortHandler)
		}, "stream/opens/chat", result.Blocked, "lost"},
		"nothing at all": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client leaves
			<-r.Context().Done()
		}, "stream/opens/chat", result.Blocked, "did not open within the timeout"},
		"HTML that says it is a stream": {func(w http.ResponseWriter, _ *http.Request) {
			opens(w)
			sends(w, "<html>\n<p>Good day\n")
		}, "stream/opens/chat", result.Fail, "0 events, its body: <html>"},
		"a body of another kind without an end": {func(w http.ResponseWriter, r *http.Request) { endless(w, r) },
			"stream/opens/chat", result.Fail, "200"},
		"a gateway's error": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<h1>", http.StatusBadGateway) },
			"stream/opens/chat", result.Blocked, "502"},
		"throttled at first": {func(w http.ResponseWriter, _ *http.Request) {
			if throttled.CompareAndSwap(false, true) {
				http.Error(w, "slow down", http.StatusTooManyRequests)
				return
			}
			opens(w)
			sends(w, delta)
		}, "stream/opens/chat", result.Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := judged(t, spec.V012, "/agent/chat", row.answer, row.check)[row.check]
			assert.Equal(t, row.verdict, check.Verdict, check.Reason+check.Actual)
			assert.Contains(t, check.Reason+check.Actual, row.says)
		})
	}
}

// TestBufferedIsNotSlow tells a proxy that holds a meeting's stream back to its end from a stream that is slow.
func TestBufferedIsNotSlow(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		before  func(w http.ResponseWriter, body io.Reader)
		verdict result.Verdict
		says    string
	}{
		"buffered": {func(w http.ResponseWriter, body io.Reader) {
			buffered, _ := io.ReadAll(body)
			_, _ = w.Write(buffered)
		}, result.Blocked, "the stream is buffered to its end: nothing came while the meeting ran"},
		"slow": {func(w http.ResponseWriter, body io.Reader) {
			_ = http.NewResponseController(w).Flush()
			first := make([]byte, 4096)
			n, _ := body.Read(first)
			time.Sleep(300 * time.Millisecond) // the slowness itself
			sends(w, string(first[:n]))
		}, result.Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/agent/meeting/stream" {
					return false
				}
				req, err := http.NewRequestWithContext(r.Context(), r.Method, d.BaseURL+r.URL.RequestURI(), nil)
				if assert.NoError(t, err) {
					req.Header = r.Header
				}
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					return true // the client has left
				}
				defer res.Body.Close()
				w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
				row.before(w, res.Body)
				return true
			})
			c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
			c.Only, c.Timeout = []string{"stream/opens/meeting"}, time.Second
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, row.verdict, run.Checks[0].Verdict, run.Checks[0].Reason)
			assert.Contains(t, run.Checks[0].Reason, row.says)
			if row.verdict == result.Pass {
				e := run.Checks[0].Exchanges
				at := e[len(e)-2].Stream // the last one stops the bot
				require.NotNil(t, at)
				assert.Greater(t, at.FirstMS, at.OpenedMS+200, "the first event came long after the head")
			}
		})
	}
}

// TestASilentStreamIsNoVerdict: where much is said in the meeting and nothing in its stream, no id can be judged.
func TestASilentStreamIsNoVerdict(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	silent := func(w http.ResponseWriter, r *http.Request) {
		opens(w)
		sends(w, ": keepalive\n\n")
		<-r.Context().Done()
	}
	check := judged(t, spec.V012, "/agent/meeting/stream", silent, "stream/ids")["stream/ids"]
	assert.Equal(t, result.Blocked, check.Verdict)
	assert.Contains(t, check.Reason, "says too little of what is said in the meeting")
	assert.Contains(t, check.Reason, "1 comments")
}

func TestHostileSockets(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	accepted := func(after func(r *http.Request, c *websocket.Conn)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer func() { _ = c.CloseNow() }()
			after(r, c)
		}
	}
	const check = "socket/meeting-status"
	for name, row := range map[string]struct {
		answer  http.HandlerFunc
		verdict result.Verdict
		says    string
	}{
		"no upgrade":      {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusOK) }, result.Fail, "200"},
		"nothing at all":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, result.Blocked, "--timeout"},
		"never reads":     {accepted(func(*http.Request, *websocket.Conn) { <-over }), result.Fail, "101 with 0 events, still open"},
		"closes at once":  {accepted(func(_ *http.Request, c *websocket.Conn) { _ = c.Close(4401, "no") }), result.Fail, "closed by the deployment"},
		"a broken accept": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) }, result.Blocked, ""},
		"a giant message": {accepted(func(r *http.Request, c *websocket.Conn) {
			_ = c.Write(r.Context(), websocket.MessageText, make([]byte, 2<<20))
		}), result.Blocked, "lost"},
		"words of its own": {accepted(func(r *http.Request, c *websocket.Conn) {
			_ = c.Write(r.Context(), websocket.MessageText, []byte("hello"))
			<-over
		}), result.Fail, "1 events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judged(t, spec.V010, "/ws", row.answer, check)[check]
			assert.Equal(t, row.verdict, got.Verdict, got.Reason+got.Actual)
			assert.Contains(t, got.Reason+got.Actual, row.says)
		})
	}
}

// TestWebhooksNeedAReceiver that the target can reach; its secret is in no report.
func TestWebhooksNeedAReceiver(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, spec.V010)
	for name, row := range map[string]struct {
		change  func(*deployment.Config)
		verdict result.Verdict
		says    string
	}{
		"on loopback":          {func(*deployment.Config) {}, result.Pass, ""},
		"where it is given":    {func(c *deployment.Config) { c.WebhookListen = "127.0.0.1:0" }, result.Pass, ""},
		"a name that is wrong": {func(c *deployment.Config) { c.WebhookListen, c.WebhookURL = "127.0.0.1:0", "http://127.0.0.1:9/x" }, result.Blocked, "no delivery came to http://127.0.0.1:9/x"},
		"a port that is taken": {func(c *deployment.Config) { c.WebhookListen = strings.TrimPrefix(d.BaseURL, "http://") }, result.Blocked, "--webhook-listen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
			c.Only = []string{"webhook/signed"}
			c.Tenants = fixtures.NewTenants(uint64(len(name)), d.AdminToken, fixtures.Keys{})
			row.change(&c)
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			check := run.Checks[0]
			assert.Equal(t, row.verdict, check.Verdict, check.Reason+check.Actual)
			assert.Contains(t, check.Reason, row.says)
			assert.NotContains(t, fmt.Sprint(run), "whsec_")
			if row.verdict == result.Pass {
				assert.Contains(t, fmt.Sprint(run), "Bearer $VEXA_WEBHOOK_SECRET")
			}
		})
	}
}

// TestATargetElsewhereGetsNoLoopbackWebhook: a deployment that is not on this machine cannot reach a receiver on loopback.
func TestATargetElsewhereGetsNoLoopbackWebhook(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V010)
	c := config(t, referencetest.Contract(t, spec.V010), "http://vexa.test", d.AdminToken)
	c.Wrap = func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			r.URL.Host = strings.TrimPrefix(d.BaseURL, "http://")
			return next.RoundTrip(r)
		})
	}
	c.Only = []string{"webhook/signed"}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.Skip, run.Checks[0].Verdict)
	assert.Contains(t, run.Checks[0].Reason, "--webhook-listen")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestStimuliAreConfiguration: a deployment that the harness does not know gets no prompt that the operator has not given.
func TestStimuliAreConfiguration(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	unknown := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", strings.TrimPrefix(d.BaseURL, "http://"), ""
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return
		}
		defer res.Body.Close()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	t.Cleanup(unknown.Close)
	for _, given := range []bool{false, true} {
		c := config(t, referencetest.Contract(t, spec.V012), unknown.URL, d.AdminToken)
		c.Only, c.Tenants = []string{"stream/rejected", "stream/done-not-ok"}, fixtures.NewTenants(uint64(len(t.Name())), d.AdminToken, fixtures.Keys{})
		want, says := result.Skip, "give stimuli."
		if given {
			c.Stimuli = fixtures.Stimuli{Failed: "mock:failed-turn", Blocked: "mock:blocked-write"}
			want, says = result.Pass, ""
		}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		for _, check := range run.Checks {
			assert.Equal(t, want, check.Verdict, check.ID+check.Reason)
			assert.Contains(t, check.Reason, says)
		}
	}
}
