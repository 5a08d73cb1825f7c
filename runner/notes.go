package runner

import (
	"fmt"
	"slices"
	"strings"
)

func (s *Session) note(notes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, notes...)
}

// groupedNote is a note that stands once, whatever number of things it is about.
type groupedNote struct {
	before, after string
	subjects      []string
}

// noteOf adds to what a note is about.
func (s *Session) noteOf(before, subject, after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range s.alike {
		if n.before == before && n.after == after {
			if !slices.Contains(n.subjects, subject) {
				s.alike[i].subjects = append(n.subjects, subject)
			}
			return
		}
	}
	s.alike = append(s.alike, groupedNote{before, after, []string{subject}})
}

// notes are all of the run, those that are about several things once.
func (s *Session) notes() []string {
	all := s.record.retries()
	for _, n := range s.alike {
		subjects := strings.Join(n.subjects[:min(6, len(n.subjects))], ", ")
		if more := len(n.subjects) - 6; more > 0 {
			subjects += fmt.Sprintf(" and %d more", more)
		}
		all = append(all, n.before+subjects+n.after)
	}
	return append(all, s.left...)
}
