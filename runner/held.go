package runner

import (
	"context"

	"vexa-conformance/spec"
)

// ask asks until the answer is one to judge. Meanwhile nobody waits for it.
func (l *listening) ask(ctx context.Context, d *deployment, c spec.Call, credential string, once func() Sent) Sent {
	t := d.session.transport
	l.hold(true)
	last, err := t.sendWithRetry(ctx, c, always(credential), func(string) Sent {
		if err := t.ready(ctx); err != nil {
			return t.unsent(c, err)
		}
		l.hold(false)
		return once()
	}, func(s Sent, throttled bool) {
		if s.Again != "" { // the last one is recorded by who reads it
			l.hold(true)
			d.session.record.add(d.check.ID, s, throttled)
		}
	})
	last.Err = err
	return last
}

// hold says whether the request is held back, so that it cannot be answered yet.
func (l *listening) hold(held bool) {
	l.update(func(*spec.Heard) { l.held = held })
}
