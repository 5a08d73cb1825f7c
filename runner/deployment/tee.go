package deployment

import (
	"errors"
	"io"

	"vexa-conformance/runner/record"
	"vexa-conformance/spec"
)

// errTooMuch says that a stream goes on and on.
func errTooMuch(bound int64) error {
	return errors.New("what came over the stream is " + spec.LargerThan(bound))
}

// tee keeps the beginning of a stream for the report, and bounds the whole.
type tee struct {
	l    *streamReader
	body io.Reader
}

// Read reads on, up to the bound.
func (t *tee) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	t.l.mu.Lock()
	defer t.l.mu.Unlock()
	t.l.size += int64(n)
	if room := record.MaxShown + 1 - len(t.l.raw); room > 0 {
		t.l.raw = append(t.l.raw, p[:min(n, room)]...)
	}
	if bound := t.l.session.config.MaxBody; t.l.size > bound {
		return n, errTooMuch(bound)
	}
	return n, err
}
