package webhook

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSlowBody: the first piece comes at once, the others in their time, until there is a hurry; it is said to have begun once two
// pieces are written.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun, hurry, started := make(chan struct{}), make(chan struct{}), time.Now()
		d := &SlowBody{Context: t.Context(), Body: make([]byte, 100), Duration: time.Second, Begun: begun, Hurry: hurry}
		isBegun := func() bool {
			select {
			case <-begun:
				return true
			default:
				return false
			}
		}
		for i, want := range []struct {
			after time.Duration
			begun bool
		}{{0, false}, {100 * time.Millisecond, false}, {200 * time.Millisecond, true}} {
			n, err := d.Read(make([]byte, 64))
			require.NoError(t, err)
			assert.Equal(t, 11, n, i)
			assert.Equal(t, want.after, time.Since(started), i)
			assert.Equal(t, want.begun, isBegun(), i)
		}
		close(hurry)
		rest, err := io.ReadAll(d)
		require.NoError(t, err)
		assert.Len(t, rest, 67)
		assert.Equal(t, 200*time.Millisecond, time.Since(started))
	})
}
