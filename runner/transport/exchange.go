package transport

import (
	"net/http"
	"time"

	"vexa-conformance/spec"
)

// Exchange is one attempt to send a request, and its response or why there is none.
type Exchange struct {
	// Check is the id of the check that sent it.
	Check     string
	Operation *spec.Operation
	Call      spec.Call
	// Request is what went out; nil if nothing did.
	Request  *http.Request
	Response spec.Response
	Err      error
	Started  time.Time
	Took     time.Duration
	// Log is what came, and when, if the response is a stream or a socket.
	Log *spec.StreamLog
	// Retry says why the request is sent again after this attempt, and is empty after the last one.
	Retry RetryReason
}

// finish keeps when a response, or its head, came.
func (e *Exchange) finish() {
	e.Took = time.Since(e.Started)
	e.Response.Operation = e.Call.Operation
	e.Response.Elapsed, e.Response.Received = e.Took, e.Started.Add(e.Took)
}

// Throttled says whether the request was refused for a limit and is sent again once that lets it through.
func (e Exchange) Throttled() bool { return e.Retry == Throttled }

// Judged says whether there is a response that says something of the request: not one that is sent again.
func (e Exchange) Judged() bool { return e.Err == nil && e.Retry == "" }

// safe says whether a request can be sent again unseen: it only reads (RFC 9110, section 9.2.2), or is refused in any case. What may
// have made something is not; its check has no verdict.
func (e Exchange) safe() bool { return e.Request.Method == http.MethodGet || e.Call.Repeatable }
