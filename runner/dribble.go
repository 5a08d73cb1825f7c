package runner

import (
	"context"
	"io"
	"sync/atomic"
	"time"
)

// pieces is in how many a slow sender sends a body: so few that each is a packet of its own, so many that none is most of it.
const pieces = 10

// dribble is a body that is sent piece by piece over a time.
type dribble struct {
	ctx  context.Context
	body []byte
	over time.Duration
	// begun, where there is one, is closed when the second piece is on its way, and the receiver has had the first for a while;
	// hurry, where there is one, has the rest sent at once when it is closed.
	begun chan<- struct{}
	hurry <-chan struct{}

	sent int
	// last is when the last piece was asked for, in nanoseconds: the answer is read on another goroutine.
	last atomic.Int64
}

// Read gives the next piece, when it is due.
func (d *dribble) Read(p []byte) (int, error) {
	if d.sent == len(d.body) {
		return 0, io.EOF
	}
	piece := len(d.body)/pieces + 1
	if d.sent > piece && d.begun != nil { // what was given before is written: its reader comes for more
		close(d.begun)
		d.begun = nil
	}
	if d.sent > 0 {
		timer := time.NewTimer(d.over / pieces)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-d.hurry:
		case <-d.ctx.Done():
			return 0, context.Cause(d.ctx)
		}
	}
	n := copy(p, d.body[d.sent:min(len(d.body), d.sent+piece)])
	d.sent += n
	d.last.Store(time.Now().UnixNano())
	return n, nil
}
