// Package transporttest answers the requests of a transport from the memory of a test. Start with [Wrap].
package transporttest

import (
	"io"
	"net/http"
	"strings"
)

// Reply is the response to a request, or why there is none.
type Reply struct {
	Status int
	Header http.Header
	Body   string
	Err    error
}

// JSON is a response with a JSON body.
func JSON(status int, body string) Reply {
	return Reply{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// Wrap has every request answered by a function. It goes into the Wrap of transport.Options.
func Wrap(answer func(*http.Request) Reply) func(http.RoundTripper) http.RoundTripper {
	return func(http.RoundTripper) http.RoundTripper { return roundTripper(answer) }
}

type roundTripper func(*http.Request) Reply

// RoundTrip answers a request.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	reply := f(r)
	if reply.Err != nil {
		return nil, reply.Err
	}
	if reply.Header == nil {
		reply.Header = http.Header{}
	}
	return &http.Response{StatusCode: reply.Status, Header: reply.Header, Body: io.NopCloser(strings.NewReader(reply.Body)), Request: r}, nil
}
