package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vexa-conformance/spec"
)

// Setup stands for the check of requests by which the run's users are made and cleaned up.
const Setup = "setup"

// Request is a call to send, for whom, and with which credential.
type Request struct {
	spec.Call
	// Check is the id of the check. It goes along as User-Agent, so that an operator can find it in a log.
	Check string
	// Credential goes into the header that the operation's guard names, also if it is empty. Anonymous sends no such header.
	Credential string
	Anonymous  bool
	// Pick, if set, chooses the credential of each attempt.
	Pick func(context.Context) string
}

// prepare makes the HTTP request of a call, with its credential.
func (t *Transport) prepare(r Request) Exchange {
	op, ok := t.contract.Operation(r.Operation)
	if !ok {
		panic("a call of an operation that the document does not have: " + r.Operation)
	}
	if err := t.contract.CheckRequest(r.Call); err != nil {
		panic(err) // a fault of the harness's, and no answer to it says anything of the target
	}
	e := Exchange{Check: r.Check, Operation: op, Call: r.Call, Started: time.Now()}
	if e.Request, e.Err = t.request(op, r.Call); e.Err != nil {
		return e
	}
	t.addHeaders(e.Request)
	e.Request.Header.Set("User-Agent", t.UserAgent(r.Check))
	if e.Request.Header.Get("Accept-Encoding") == "" {
		e.Request.Header.Set("Accept-Encoding", identity)
	}
	if !r.Anonymous {
		e.Request.Header.Set(t.contract.CredentialHeader(op.Guard), r.Credential)
	}
	return e
}

func (t *Transport) request(op *spec.Operation, c spec.Call) (*http.Request, error) {
	target, err := t.url(op, c)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if c.Body != nil {
		body = strings.NewReader(string(c.Body))
	}
	req, err := http.NewRequest(op.Method, target, body)
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

func (t *Transport) url(op *spec.Operation, c spec.Call) (string, error) {
	path := c.RawPath
	if path == "" {
		var err error
		if path, err = op.URLPath(c.Path); err != nil {
			return "", fmt.Errorf("make the path of %s: %w", op.ID, err)
		}
	}
	surface := c.At
	if surface == "" {
		surface = op.Surface
	}
	target, err := url.Parse(strings.TrimSuffix(t.target.URL(surface), "/") + path)
	if err != nil {
		return "", fmt.Errorf("make the URL of %s: %w", op.ID, err)
	}
	query := c.Query.Encode()
	if c.RawQuery != "" {
		query = strings.TrimPrefix(query+"&"+c.RawQuery, "&")
	}
	target.RawQuery = query
	return target.String(), nil
}
