package deployment

import "vexa-conformance/suites"

// skipShared ends the check, and with it those that wait for the once-a-run work that it was doing.
func (s *Session) skipShared(t suites.T, name string, skip func(suites.T)) {
	t.Helper()
	s.mu.Lock()
	if s.skips == nil {
		s.skips = map[string]func(suites.T){}
	}
	if name != "" {
		s.skips[name] = skip
	}
	s.mu.Unlock()
	skip(t)
}

// skipAsShared ends the check if the once-a-run work that it waited for ended in a skip.
func (s *Session) skipAsShared(t suites.T, name string) {
	t.Helper()
	s.mu.Lock()
	skip := s.skips[name]
	s.mu.Unlock()
	if skip != nil {
		skip(t)
	}
}
