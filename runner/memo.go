package runner

import (
	"context"

	"vexa-conformance/spec"
)

// memo is something that is done once a run, by whichever check needs it first.
type memo struct {
	done   chan struct{}
	answer spec.Answer
	ok     bool
	// skipped says why the first call ended its check as not applicable.
	skipped string
}

// once returns the answer of the first call with that name. Where that one ended its check, ok is false.
func (s *Session) once(ctx context.Context, name string, do func() spec.Answer) (a spec.Answer, ok bool) {
	s.mu.Lock()
	m, found := s.memos[name]
	if !found {
		m = &memo{done: make(chan struct{})}
		s.memos[name] = m
	}
	s.mu.Unlock()
	if !found {
		defer close(m.done) // also where do ends the goroutine
		m.answer = do()
		m.ok = true
		return m.answer, true
	}
	select {
	case <-m.done:
		return m.answer, m.ok
	case <-ctx.Done():
		return spec.Answer{}, false
	}
}

// skipMemo keeps why once-a-run work ended the check that did it, for the others that wait for it.
func (s *Session) skipMemo(name, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.memos[name]; m != nil {
		m.skipped = reason
	}
}

// memoSkipped is why once-a-run work ended the check that did it; empty if it was not skipped.
func (s *Session) memoSkipped(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memos[name].skipped
}
