package webhook

import (
	"context"
	"io"
	"sync/atomic"
	"time"
)

// pieces is in how many a slow sender sends a body: so few that each is a packet of its own, so many that none is most of it.
const pieces = 10

// SlowBody is a body that is sent piece by piece over a time.
type SlowBody struct {
	Context  context.Context
	Body     []byte
	Duration time.Duration
	// Begun, if set, is closed when the second piece is on its way, and the receiver has had the first for a while;
	// Hurry, if set, has the rest sent at once when it is closed.
	Begun chan<- struct{}
	Hurry <-chan struct{}

	sent int
	// last is when the last piece was asked for, in nanoseconds: the answer is read on another goroutine.
	last atomic.Int64
}

// Read gives the next piece, when it is due.
func (d *SlowBody) Read(p []byte) (int, error) {
	if d.sent == len(d.Body) {
		return 0, io.EOF
	}
	piece := len(d.Body)/pieces + 1
	if d.sent > piece && d.Begun != nil { // what was given before is written: its reader comes for more
		close(d.Begun)
		d.Begun = nil
	}
	if d.sent > 0 {
		timer := time.NewTimer(d.Duration / pieces)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-d.Hurry:
		case <-d.Context.Done():
			return 0, context.Cause(d.Context)
		}
	}
	n := copy(p, d.Body[d.sent:min(len(d.Body), d.sent+piece)])
	d.sent += n
	d.last.Store(time.Now().UnixNano())
	return n, nil
}
