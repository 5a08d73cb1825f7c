package spec

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Event is one Server-Sent Event (HTML standard, section 9.2) or one message of a WebSocket (RFC 6455).
type Event struct {
	// ID is the last event id in force; OwnID says that the event itself set it.
	ID    string
	OwnID bool
	// Name is the event's line `event:`, "message" where it has none.
	Name string
	Data string
	// At is when it came, counted from the request.
	At time.Duration
}

// JSON is the data parsed, and nothing where it is no JSON.
func (e Event) JSON() gjson.Result { return Response{Body: []byte(e.Data)}.JSON() }

// Type names the frame: the member `type` of its data, or the line `event:`.
func (e Event) Type() string {
	if t := e.JSON().Get("type"); t.Type == gjson.String {
		return t.Str
	}
	return e.Name
}

// Ping says that an event only keeps the connection open (surface.md, Server-Sent Events).
func (e Event) Ping() bool { return e.Type() == "ping" }

// End says how a stream or a socket came to its end.
type End string

// The ends.
const (
	// Open has not ended.
	Open End = ""
	// Closed was ended by the deployment.
	Closed End = "closed by the deployment"
	// Cut was ended by the harness.
	Cut End = "cut by the harness"
	// Lost broke: the connection was reset, or an event had no end.
	Lost End = "lost"
)

// StreamLog is what has come over a stream or a socket until now.
type StreamLog struct {
	// Answer is the head; its body is the beginning of what came, or all of it where it was no stream.
	Response
	Events []Event
	// Comments counts the lines that only keep a stream open; Strange are the lines that are no Server-Sent Events.
	Comments int
	Strange  []string
	End      End
	// Why says what broke a lost one.
	Why error
	// Opened is when the head was there, First when the first event was, Last when the last thing came, counted from the
	// request. Quiet is the longest time in which nothing came.
	Opened, First, Last, Quiet time.Duration
}

// Streams says whether the head is that of a stream of Server-Sent Events.
func (h StreamLog) Streams() bool {
	return h.Status == http.StatusOK && h.MediaType() == "text/event-stream"
}

// News are the events but for those that only keep the connection open.
func (h StreamLog) News() []Event {
	var news []Event
	for _, e := range h.Events {
		if !e.Ping() {
			news = append(news, e)
		}
	}
	return news
}

// Of are the events of a type.
func (h StreamLog) Of(kind string) []Event {
	var all []Event
	for _, e := range h.Events {
		if e.Type() == kind {
			all = append(all, e)
		}
	}
	return all
}

// String is what was received, in one line for people.
func (h StreamLog) String() string {
	if h.Status == 0 {
		return "no answer yet"
	}
	if !h.Streams() && h.Status != http.StatusSwitchingProtocols {
		return h.Response.String()
	}
	types := make([]string, 0, len(h.Events))
	for _, e := range h.Events {
		types = append(types, e.Type())
	}
	text := fmt.Sprintf("%d with %d events", h.Status, len(h.Events))
	if len(types) > 0 {
		text += " (" + strings.Join(types, ", ") + ")"
	}
	switch body := shownText(h.Body); {
	case len(h.Events) == 0 && h.Streams() && body != "": // what came in their place
		text += ", its body: " + body
	case len(h.Events) == 0 && h.Streams() && h.End == Closed:
		text += ", and an empty body"
	case len(h.Strange) > 0:
		text += fmt.Sprintf(", and %d lines that are no Server-Sent Events, the first of them %.80q", len(h.Strange), h.Strange[0])
	}
	switch h.End {
	case Open:
		return text + ", still open"
	case Lost:
		return text + ", lost: " + h.Why.Error()
	default:
		return text + ", " + string(h.End)
	}
}

// Delivery is a webhook that the deployment sent.
type Delivery struct {
	Header http.Header
	Body   []byte
	// Refused says that it was not acknowledged: it was answered 503.
	Refused bool
	// Seq is the number of the exchange in the record of its run.
	Seq int
}

// JSON is the body parsed, and nothing where it is no JSON.
func (d Delivery) JSON() gjson.Result { return Response{Body: d.Body}.JSON() }
