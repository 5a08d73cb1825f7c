package runner

import (
	"context"

	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// memo is something that is done once a run, by whichever check needs it first.
type memo struct {
	done   chan struct{}
	answer spec.Answer
	ok     bool
	// skip ends a check as the first call ended its own, if that was skipped.
	skip func(suites.T)
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

// skipMemo ends the check, and with it those that wait for the once-a-run work it was about.
func (s *Session) skipMemo(t suites.T, name string, skip func(suites.T)) {
	t.Helper()
	s.mu.Lock()
	if m := s.memos[name]; m != nil {
		m.skip = skip
	}
	s.mu.Unlock()
	skip(t)
}

// skipAsMemo ends the check if the once-a-run work that it waited for ended in a skip.
func (s *Session) skipAsMemo(t suites.T, name string) {
	t.Helper()
	s.mu.Lock()
	skip := s.memos[name].skip
	s.mu.Unlock()
	if skip != nil {
		skip(t)
	}
}
