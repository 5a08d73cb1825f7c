package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestA5xxExplainsOneLoss: each explains a single loss, on its own host, and not for ever; one that was on its way at the same time is
// waited for.
func TestA5xxExplainsOneLoss(t *testing.T) {
	t.Parallel()
	lost := func(method, host string) Exchange {
		req, err := http.NewRequest(method, "http://"+host, nil)
		require.NoError(t, err)
		return Exchange{Request: req}
	}
	post, other, get := lost("POST", "one"), lost("POST", "two"), lost("GET", "one")
	synctest.Test(t, func(t *testing.T) {
		var a aftermath
		assert.False(t, a.explains(t.Context(), post), "nothing has happened yet")
		a.failed("one", 500)
		assert.False(t, a.explains(t.Context(), other))
		assert.True(t, a.explains(t.Context(), post))
		assert.False(t, a.explains(t.Context(), post))
		a.failed("one", 502)
		assert.False(t, a.explains(t.Context(), post), "a gateway's answer closes nothing")
		a.failed("one", 500)
		time.Sleep(aftermathLasts + time.Second)
		assert.False(t, a.explains(t.Context(), post), "it was long ago")

		began := time.Now()
		answered := a.sent("one")
		assert.False(t, a.explains(t.Context(), post), "the other one is not answered")
		assert.Equal(t, aftermathComes, time.Since(began))
		assert.False(t, a.explains(t.Context(), get), "a reading is repeated in any case")
		assert.Equal(t, aftermathComes, time.Since(began))
		go func() {
			time.Sleep(aftermathComes / 2)
			a.failed("one", 500)
			answered()
		}()
		assert.True(t, a.explains(t.Context(), post), "the other one is answered with a 500")
		answered = a.sent("one")
		later := a.sent // what is sent after the loss cannot have caused it
		go func() {
			defer later("one")()
			answered()
			time.Sleep(aftermathComes)
		}()
		began = time.Now()
		assert.False(t, a.explains(t.Context(), post), "the other one is answered with something else")
		assert.Zero(t, time.Since(began))
		time.Sleep(aftermathComes)

		began = time.Now()
		a.failed("one", 500)
		assert.True(t, a.mayExplain(t.Context(), post, began.Add(-time.Second)), "a stream may be lost for it")
		assert.False(t, a.mayExplain(t.Context(), post, began), "none came since it was sent before")
		assert.False(t, a.mayExplain(t.Context(), other, time.Time{}))
		assert.True(t, a.explains(t.Context(), post), "a stream leaves it to what is certainly lost")
		time.Sleep(aftermathLasts + time.Second)
		assert.False(t, a.mayExplain(t.Context(), post, time.Time{}), "it was long ago")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		defer a.sent("one")()
		assert.False(t, a.explains(ctx, post), "an interrupt ends the waiting")
	})
}

// TestGoneAway: an HTTP/2 server that goes away loses requests as one that closes a connection does.
func TestGoneAway(t *testing.T) {
	t.Parallel()
	assert.True(t, ConnectionLost(fmt.Errorf("x: %w", errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=1"))))
	assert.True(t, ConnectionLost(errors.New("http2: client connection lost")))
	assert.True(t, ConnectionLost(errors.New("http: server closed idle connection")))
	assert.False(t, ConnectionLost(errors.New("http2: invalid header")))
	assert.False(t, ConnectionLost(nil))
}
