package deployment

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/record"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/transport/transporttest"
	"vexa-conformance/spec"
)

// TestAStreamAfterA5xx: a gateway that answers 200 before it asks its backend says in the body that the backend closed the
// connection after a 5xx. Such a stream is sent again and not judged; without a 5xx before it, the body is what is judged.
func TestAStreamAfterA5xx(t *testing.T) {
	t.Parallel()
	const lost = `{"detail":"upstream unreachable: ReadError"}`
	for name, row := range map[string]struct {
		crashes, asked, events int
	}{
		"after one":    {1, 2, 1},
		"without one":  {0, 1, 0},
		"after others": {2, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := before(t, func(*http.Request) (int, string) { return 500, `{}` })
			asked := 0
			c := d.session.config
			stream := func(body string) transporttest.Reply {
				return transporttest.Reply{Status: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body}
			}
			c.Wrap = transporttest.Wrap(func(r *http.Request) transporttest.Reply {
				if r.URL.Path != "/agent/chat" {
					return transporttest.Reply{Status: 500, Header: http.Header{"Content-Type": {"text/plain"}}, Body: "Internal Server Error"}
				}
				if asked++; asked == 1 {
					return stream(lost)
				}
				return stream("data: {\"type\":\"done\"}\n\n")
			})
			d.session.transport = transport.New(c.Contract, c.Options)
			for range row.crashes {
				_, err := ask(t, d.session, spec.Call{Operation: "getMe", Caller: spec.Owner, Unretried: true})
				require.NoError(t, err)
			}
			opened := d.Stream(record.NewRecorder(t.Context()), spec.Call{Operation: "chat", Caller: spec.Owner, Body: []byte(`{"prompt":"Hello"}`)})
			streamLog := opened.Until(record.NewRecorder(t.Context()), func(spec.StreamLog) bool { return false })
			assert.Equal(t, spec.Closed, streamLog.End)
			assert.Equal(t, row.asked, asked)
			assert.Len(t, streamLog.Events, row.events)
			d.cleanUp(t.Context())
			streams := 0
			for _, o := range d.session.record.Observations() {
				if o.Operation.ID == "chat" {
					streams++
				}
			}
			assert.Equal(t, 1, streams, "one of them is judged")
		})
	}
}
