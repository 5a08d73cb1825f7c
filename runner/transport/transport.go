package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"vexa-conformance/spec"
)

const (
	// DefaultTimeout is the longest wait for one response: ten times what a slow deployment needs for one that is no
	// stream.
	DefaultTimeout = 10 * time.Second
	// DefaultMaxBody is how much of a response is read. The transcript of a meeting of hours is below it, and a body without an
	// end costs a run no more than this.
	DefaultMaxBody = 16 << 20
	// idleConns is how many idle connections are kept: more than the requests of the largest burst (128), so that none of
	// them is opened twice.
	idleConns = 256
)

// Options say where requests go and how. Only Target must be set.
type Options struct {
	Target Target
	// Timeout is the longest wait for one response; 0 is [DefaultTimeout].
	Timeout time.Duration
	// MaxBody is how many bytes of a response are read, after it is decoded; 0 is [DefaultMaxBody].
	MaxBody int64
	// Rate is how many requests a second are sent at most; 0 sets no limit.
	Rate float64
	// Headers go with every request, unless the request has them itself. Reports do not show their values.
	Headers http.Header
	// TLS is how the target's certificate is checked, and which one is shown to it; nil is the system's way.
	TLS *tls.Config
	// Version of the harness, for User-Agent.
	Version string
	// Wrap, if set, puts something around the HTTP transport, to look at what is sent.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Waiting, if set, is called when a request waits for the limits of the target, with the time until the next one may go, and
	// with 0 when none waits any more.
	Waiting func(wait time.Duration)
}

// Journal is written before a request is sent that makes something.
type Journal interface {
	// Before writes that a request is about to be sent. It returns what to call with the response. If it fails, the request
	// is not sent.
	Before(spec.Call) (after func(spec.Response), err error)
}

// Transport sends requests to a target and follows no redirect: the first response is the one to judge.
type Transport struct {
	// Journal, if set, is written before anything is made.
	Journal Journal

	contract *spec.Contract
	target   Target
	headers  http.Header
	client   *http.Client
	// streams has no bound on the whole response: whoever reads a stream has one.
	streams *http.Client
	base    *http.Transport
	maxBody int64
	agent   string
	// aftermath knows what may be lost because a server closed a connection.
	aftermath aftermath
	// pace, if set, spaces requests as the operator asks, and limits as the target does.
	pace   *rate.Limiter
	limits *limiter
}

// New returns a transport that sends the operations of a contract.
func New(contract *spec.Contract, o Options) *Transport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConns, base.MaxIdleConnsPerHost = idleConns, idleConns
	base.DisableCompression = true // what is judged is what was sent
	base.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		base.TLSClientConfig = o.TLS.Clone()
	}
	base.DialContext = dialer(redirected(base.DialContext, o.Target.Dial))
	base.Proxy = direct(base.Proxy, o.Target.Dial)
	var round http.RoundTripper = base
	if o.Wrap != nil {
		round = o.Wrap(base)
	}
	version, _, _ := strings.Cut(o.Version, " ") // without the commit and the date: RFC 9110, section 10.1.5, wants a token here
	t := &Transport{
		contract: contract, target: o.Target, headers: o.Headers, agent: "vexa-conformance/" + version,
		maxBody: cmp.Or(o.MaxBody, DefaultMaxBody), base: base, limits: newLimiter(),
	}
	t.limits.onWait = o.Waiting
	round = &connections{next: round, aftermath: &t.aftermath}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.client = &http.Client{Transport: round, Timeout: cmp.Or(o.Timeout, DefaultTimeout), CheckRedirect: stay}
	t.streams = &http.Client{Transport: round, CheckRedirect: stay}
	if o.Rate > 0 {
		t.pace = rate.NewLimiter(rate.Limit(o.Rate), 1)
	}
	return t
}

// Close closes the connections that are kept open.
func (t *Transport) Close() { t.base.CloseIdleConnections() }

// UserAgent names the harness and a check.
func (t *Transport) UserAgent(check string) string { return t.agent + " (" + check + ")" }

// Held says how long the limits of the target hold back the requests with a credential, and whether any was sent with it.
func (t *Transport) Held(credential string) (wait time.Duration, used bool) {
	return t.limits.held(credential)
}

// Get reads a document without a credential. It returns false if there is none: nobody promised it.
func (t *Transport) Get(ctx context.Context, url, check string) (text []byte, ok bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, false
	}
	t.addHeaders(req)
	req.Header.Set("User-Agent", t.UserAgent(check))
	req.Header.Set("Accept-Encoding", identity)
	a, err := t.RoundTrip(req, false)
	return a.Body, err == nil && a.Status == http.StatusOK
}

// RoundTrip sends a request as it is, once, and reads the body up to the bound; of a stream only the head, if headOnly.
func (t *Transport) RoundTrip(req *http.Request, headOnly bool) (spec.Response, error) {
	res, err := t.client.Do(req)
	if err != nil {
		return spec.Response{}, t.explain(req, err)
	}
	defer func() { _ = res.Body.Close() }() // what was not read is not wanted
	a := spec.Response{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
	if headOnly && a.MediaType() == "text/event-stream" {
		return a, nil
	}
	if a.Body, a.Truncated, err = ReadUpTo(res.Body, t.maxBody); err != nil {
		return a, t.explain(req, err)
	}
	return a, nil
}

// ReadUpTo reads a body up to a bound, and says whether there is more.
func ReadUpTo(r io.Reader, bound int64) (body []byte, more bool, err error) {
	body, err = io.ReadAll(io.LimitReader(r, bound+1))
	if int64(len(body)) > bound {
		return body[:bound], true, nil
	}
	return body, false, err
}

// explain says in words what a network error means for the one who reads it.
func (t *Transport) explain(req *http.Request, err error) error {
	var bad *url.Error
	if errors.As(err, &bad) {
		err = bad.Err
	}
	where := req.Method + " " + req.URL.Redacted()
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: interrupted: %w", where, err)
	case errors.Is(req.Context().Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s: no whole answer before the time for it was over: %w", where, err)
	case isTimeout(err):
		return fmt.Errorf("%s: no whole answer within %s (--timeout): %w", where, t.client.Timeout, err)
	case cutShort(err):
		return fmt.Errorf("%s: the connection was closed before a whole answer: %w", where, err)
	default:
		return fmt.Errorf("%s: %w", where, err)
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
