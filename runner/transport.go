package runner

import (
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

// DefaultMaxBody is how much of a response is read if nothing else is said. The transcript of a meeting of hours is below it,
// and a body without an end costs a run no more than this.
const DefaultMaxBody = 16 << 20

// burstConns is how many idle connections are kept: as many as the requests of the largest burst, so that none of them is
// opened twice.
const burstConns = 128

// Transport sends calls to a target. It retries nothing and follows no redirect: the first answer is the one to judge.
type Transport struct {
	contract *spec.Contract
	target   Target
	client   *http.Client
	// streams has no bound on the whole answer: whoever reads a stream has one.
	streams *http.Client
	base    *http.Transport
	maxBody int64
	agent   string
	// aftermath knows what may be lost because a server closed a connection.
	aftermath aftermath
	// journal, where there is one, is written before anything is made; pace, where there is one, spaces requests as the operator
	// asks, and limits as the target does.
	journal *Journal
	pace    *rate.Limiter
	limits  *limiter
}

// NewTransport returns a transport to the target of a configuration.
func NewTransport(c Config) *Transport {
	c = c.withDefaults()
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConns, base.MaxIdleConnsPerHost = max(burstConns, c.Parallel), max(burstConns, c.Parallel)
	base.DisableCompression = true // what is judged is what was sent
	base.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		base.TLSClientConfig = c.TLS.Clone()
	}
	base.DialContext = dialer(base.DialContext)
	var round http.RoundTripper = base
	if c.Wrap != nil {
		round = c.Wrap(base)
	}
	version, _, _ := strings.Cut(c.Version, " ") // without the commit and the date: RFC 9110, section 10.1.5, wants a token here
	t := &Transport{
		contract: c.Contract, target: c.Target, agent: "vexa-conformance/" + version, maxBody: c.MaxBody, base: base, limits: newLimiter(),
	}
	t.limits.onWait = c.Waiting
	round = &connections{next: round, aftermath: &t.aftermath}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.client = &http.Client{Transport: round, Timeout: c.Timeout, CheckRedirect: stay}
	t.streams = &http.Client{Transport: round, CheckRedirect: stay}
	if c.Rate > 0 {
		t.pace = rate.NewLimiter(rate.Limit(c.Rate), 1)
	}
	return t
}

// Close closes the connections that are kept open.
func (t *Transport) Close() { t.base.CloseIdleConnections() }

// Sent is one request as it went out, and its answer or why there is none.
type Sent struct {
	Operation *spec.Operation
	Call      spec.Call
	Request   *http.Request
	Answer    spec.Answer
	Err       error
	Started   time.Time
	Took      time.Duration
	// Heard is what came, and when, where the answer is a stream or a socket.
	Heard *spec.Heard
	// Again says why the request is sent again after this attempt, and is empty after the last one.
	Again Again
}

// Send sends a call. Credential is put into the header that the operation's guard names, where sent is true. The id of
// the check goes along as User-Agent, so that an operator can find it in a log.
func (t *Transport) Send(ctx context.Context, c spec.Call, check, credential string, sent bool) Sent {
	s := t.prepare(c, check, credential, sent)
	if s.Err != nil {
		return s
	}
	if err := t.ready(ctx); err != nil {
		s.Err = fmt.Errorf("%w: %w", spec.ErrNotSent, err)
		return s
	}
	s.Started = time.Now()
	after, err := t.journal.before(c)
	if err != nil {
		s.Err = fmt.Errorf("%w: %w", spec.ErrNotSent, err)
		return s
	}
	s.Answer, s.Err = t.exchange(s.Request.WithContext(ctx), c.HeadOnly)
	if s.Err == nil {
		after(s.Answer)
	}
	s.came()
	return s
}

// came keeps when an answer, or its head, came.
func (s *Sent) came() {
	s.Took = time.Since(s.Started)
	s.Answer.Elapsed, s.Answer.Received = s.Took, s.Started.Add(s.Took)
}

// ready waits until a request may go by the rate that the operator asks for.
func (t *Transport) ready(ctx context.Context) error {
	if t.pace == nil {
		return nil
	}
	if err := t.pace.Wait(ctx); err != nil {
		return fmt.Errorf("wait for the next request (--rate): %w", err)
	}
	return nil
}

// Open sends a call and returns as soon as the head of its answer is there. The caller reads and closes the body, which
// is nil where there is no answer, and has waited until it may be sent.
func (t *Transport) Open(ctx context.Context, c spec.Call, check, credential string, sent bool) (Sent, io.ReadCloser) {
	s := t.prepare(c, check, credential, sent)
	if s.Err != nil {
		return s, nil
	}
	res, err := t.streams.Do(s.Request.WithContext(ctx))
	if s.came(); err != nil {
		s.Err = t.explain(s.Request, err)
		return s, nil
	}
	s.Answer = spec.Answer{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
	s.came()
	return s, res.Body
}

// prepare makes the request of a call, with its credential.
func (t *Transport) prepare(c spec.Call, check, credential string, sent bool) Sent {
	s := Sent{Call: c, Started: time.Now()}
	op, ok := t.contract.Operation(c.Operation)
	if !ok {
		panic("a call of an operation that the document does not have: " + c.Operation)
	}
	if err := t.contract.CheckRequest(c); err != nil {
		panic(err) // a fault of the harness's, and no answer to it says anything of the target
	}
	s.Operation = op
	s.Request, s.Err = t.request(op, c)
	if s.Err != nil {
		return s
	}
	s.Request.Header.Set("User-Agent", t.agent+" ("+check+")")
	if s.Request.Header.Get("Accept-Encoding") == "" {
		s.Request.Header.Set("Accept-Encoding", identity)
	}
	if sent {
		s.Request.Header.Set(t.contract.CredentialHeader(op.Guard), credential)
	}
	return s
}

func (t *Transport) request(op *spec.Operation, c spec.Call) (*http.Request, error) {
	path := c.RawPath
	if path == "" {
		var err error
		if path, err = op.URLPath(c.Path); err != nil {
			return nil, fmt.Errorf("make the path of %s: %w", op.ID, err)
		}
	}
	surface := c.At
	if surface == "" {
		surface = op.Surface
	}
	target, err := url.Parse(strings.TrimSuffix(t.target.URL(surface), "/") + path)
	if err != nil {
		return nil, fmt.Errorf("make the URL of %s: %w", op.ID, err)
	}
	query := c.Query.Encode()
	if c.RawQuery != "" {
		query = strings.TrimPrefix(query+"&"+c.RawQuery, "&")
	}
	target.RawQuery = query
	var body io.Reader
	if c.Body != nil {
		body = strings.NewReader(string(c.Body))
	}
	req, err := http.NewRequest(op.Method, target.String(), body)
	if err != nil {
		return nil, fmt.Errorf("make the request of %s: %w", op.ID, err)
	}
	for name, values := range c.Header {
		req.Header[name] = values
	}
	if c.Body != nil {
		contentType := c.ContentType
		if contentType == "" {
			contentType = "application/json"
		}
		req.Header.Set("Content-Type", contentType)
	}
	return req, nil
}

// exchange does one round trip and reads the body up to the bound; of a stream, only the head.
func (t *Transport) exchange(req *http.Request, headOnly bool) (spec.Answer, error) {
	res, err := t.client.Do(req)
	if err != nil {
		return spec.Answer{}, t.explain(req, err)
	}
	defer func() { _ = res.Body.Close() }() // what was not read is not wanted
	a := spec.Answer{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
	if headOnly && a.MediaType() == "text/event-stream" {
		return a, nil
	}
	if a.Body, a.Truncated, err = readUpTo(res.Body, t.maxBody); err != nil {
		return a, t.explain(req, err)
	}
	return a, nil
}

// readUpTo reads a body up to a bound, and says whether there is more.
func readUpTo(r io.Reader, bound int64) (body []byte, more bool, err error) {
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
