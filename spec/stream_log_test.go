package spec_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/spec"
)

func TestEventType(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		event spec.Event
		want  string
		ping  bool
	}{
		"by its data":             {spec.Event{Name: "message", Data: `{"type": "done"}`}, "done", false},
		"by its line":             {spec.Event{Name: "done", Data: `{}`}, "done", false},
		"its data wins":           {spec.Event{Name: "message", Data: `{"type": "ping"}`}, "ping", true},
		"no JSON":                 {spec.Event{Name: "message", Data: `{"type": "ping"`}, "message", false},
		"a type that is no text":  {spec.Event{Name: "message", Data: `{"type": 7}`}, "message", false},
		"a line that says it too": {spec.Event{Name: "ping", Data: ``}, "ping", true},
	} {
		assert.Equal(t, row.want, row.event.Type(), name)
		assert.Equal(t, row.ping, row.event.Ping(), name)
	}
}

func TestHeard(t *testing.T) {
	t.Parallel()
	stream := spec.Response{Status: 200, Header: http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}}}
	events := []spec.Event{{Data: `{"type":"done"}`}, {Data: `{"type":"ping"}`}}
	for want, h := range map[string]spec.StreamLog{
		"no answer yet": {},
		"200 with 2 events (done, ping), still open":                     {Response: stream, Events: events},
		"200 with 0 events, and an empty body, closed by the deployment": {Response: stream, End: spec.Closed},
		`200 with 0 events, its body: {"detail": "no such session"}, closed by the deployment`: {
			Response: spec.Response{Status: 200, Header: stream.Header, Body: []byte("{\"detail\":\n \"no such session\"}")},
			Strange:  []string{`{"detail":`, ` "no such session"}`}, End: spec.Closed,
		},
		"200 with 0 events, its body: " + strings.Repeat("x", 300) + "…, closed by the deployment": {
			Response: spec.Response{Status: 200, Header: stream.Header, Body: []byte(strings.Repeat("x", 400))}, End: spec.Closed,
		},
		"200 with 0 events, lost: reset": {Response: stream, End: spec.Lost, Why: errors.New("reset")},
		`200 with 0 events, and 1 lines that are no Server-Sent Events, the first of them "<html>", cut by the harness`: {Response: stream, Strange: []string{"<html>"}, End: spec.Cut},
		`422 {"detail":"no"}`:                   {Response: spec.Response{Status: 422, Body: []byte(`{"detail":"no"}`)}, End: spec.Closed},
		"101 with 0 events, cut by the harness": {Response: spec.Response{Status: 101}, End: spec.Cut},
	} {
		assert.Equal(t, want, h.String())
	}
	h := spec.StreamLog{Response: stream, Events: events}
	assert.Len(t, h.News(), 1)
	assert.Len(t, h.Of("ping"), 1)
	assert.True(t, h.Streams())
	for _, other := range []spec.Response{{Status: 202, Header: stream.Header}, {Status: 200, Header: http.Header{"Content-Type": {"text/html"}}}, {Status: 200}} {
		assert.False(t, spec.StreamLog{Response: other}.Streams())
	}
}
