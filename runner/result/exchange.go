package result

import (
	"time"
)

// Exchange is one request and what came back, without secrets.
type Exchange struct {
	Operation string    `json:"operation"`
	Caller    string    `json:"caller"`
	Request   Request   `json:"request"`
	Response  *Response `json:"response,omitempty"`
	// Error says why there is no response.
	Error      string    `json:"error,omitempty"`
	Started    time.Time `json:"started"`
	DurationMS float64   `json:"duration_ms"`
	// Evidence marks the exchange that the verdict rests on.
	Evidence bool `json:"evidence,omitempty"`
	// Throttled marks an answer 429 that was waited out and not judged.
	Throttled bool `json:"throttled,omitempty"`
	// Retried marks an exchange that was not judged because the request was sent again: its answer was lost, or says nothing of it.
	Retried bool `json:"retried,omitempty"`
	// Nowhere marks a request for a path that does not exist, sent to tell a missing route from a refusal.
	Nowhere bool `json:"nowhere,omitempty"`
	// Inbound marks what the harness answered: a deployment's webhook, or a client's request.
	Inbound bool `json:"inbound,omitempty"`
	// Stream says what came when, where the response is a stream or a socket.
	Stream *Stream `json:"stream,omitempty"`
	Curl   string  `json:"curl"`
}

// Stream is how a stream of Server-Sent Events, or a WebSocket, went in time. All times count from the request.
type Stream struct {
	// OpenedMS is when the head was there, FirstMS when the first event was, LastMS when the last thing came. A stream that
	// a proxy holds back to its end opens late, and then all of it comes at once; one that is slow opens at once.
	OpenedMS float64 `json:"opened_ms"`
	FirstMS  float64 `json:"first_ms"`
	LastMS   float64 `json:"last_ms"`
	// QuietMS is the longest time in which nothing came, KeepAlives how many comments and pings did.
	QuietMS    float64 `json:"quiet_ms"`
	Events     int     `json:"events"`
	KeepAlives int     `json:"keep_alives"`
	// End says how it ended.
	End string `json:"end"`
}

// Header is a header's values by name.
type Header map[string][]string

// Request is a request as it was sent.
type Request struct {
	Method  string `json:"method"`
	URL     string `json:"url"`
	Headers Header `json:"headers"`
	Body    string `json:"body,omitempty"`
}

// Response is a response as it came back.
type Response struct {
	Status  int    `json:"status"`
	Headers Header `json:"headers"`
	Body    string `json:"body,omitempty"`
	// Protocol is what it came by, such as HTTP/2.0.
	Protocol string `json:"protocol,omitempty"`
	// Truncated says that the body was longer than what the harness reads.
	Truncated bool `json:"truncated,omitempty"`
}

// Drift is one way in which answers of success differ from the document.
type Drift struct {
	Operation string `json:"operation"`
	Status    int    `json:"status"`
	Message   string `json:"message"`
	// Count is how many answers had it.
	Count int `json:"count"`
}
