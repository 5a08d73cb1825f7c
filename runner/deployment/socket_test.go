package deployment

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/record"
	"vexa-conformance/runner/result"
)

// TestTheConversationIsShown in its beginning, and seen to be cut.
func TestTheConversationIsShown(t *testing.T) {
	t.Parallel()
	s := &socketReader{streamReader: opened(t)}
	s.note("→ a")
	s.note("← b")
	assert.Equal(t, "→ a\n← b\n", string(s.raw))
	s.raw = make([]byte, record.MaxShown)
	s.note("x")
	assert.Len(t, s.raw, record.MaxShown+2)
	s.note("x")
	assert.Len(t, s.raw, record.MaxShown+2)
}

// TestASocketThatTakesNothing blocks the check that speaks into it; one that is closed is seen in what was received.
func TestASocketThatTakesNothing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		serve   func(c *websocket.Conn, over <-chan struct{})
		verdict result.Verdict
		says    string
	}{
		"never reads":    {func(_ *websocket.Conn, over <-chan struct{}) { <-over }, result.Blocked, "the socket did not take"},
		"closes at once": {func(c *websocket.Conn, _ <-chan struct{}) { _ = c.CloseNow() }, result.Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c, err := websocket.Accept(w, r, nil); err == nil {
					row.serve(c, over)
				}
			}))
			t.Cleanup(s.Close)
			t.Cleanup(func() { close(over) })
			conn, _, err := websocket.Dial(t.Context(), s.URL, nil)
			require.NoError(t, err)
			socket := &socketReader{streamReader: opened(t), ready: make(chan struct{}), conn: conn}
			socket.session.config.Timeout = 200 * time.Millisecond
			close(socket.ready)
			r := record.NewRecorder(t.Context())
			r.Watch(func() { socket.Say(r, map[string]any{"long": strings.Repeat("x", 32<<20)}) })
			assert.Equal(t, row.verdict, r.Verdict())
			assert.True(t, strings.HasPrefix(r.Reason(), row.says))
		})
	}
}
