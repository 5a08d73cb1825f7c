package runner

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Notes are remarks of a run for people, such as what could not be cleaned up. Its zero value is ready to use.
type Notes struct {
	mu    sync.Mutex
	plain []string
	// grouped are notes that differ only in what they are about.
	grouped []groupedNote
}

// groupedNote is a note that appears once, whatever number of things it is about.
type groupedNote struct {
	before, after string
	subjects      []string
}

// Add adds notes.
func (n *Notes) Add(notes ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.plain = append(n.plain, notes...)
}

// AddAbout adds to what a note is about.
func (n *Notes) AddAbout(before, subject, after string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, note := range n.grouped {
		if note.before == before && note.after == after {
			if !slices.Contains(note.subjects, subject) {
				n.grouped[i].subjects = append(note.subjects, subject)
			}
			return
		}
	}
	n.grouped = append(n.grouped, groupedNote{before, after, []string{subject}})
}

// All are the notes, those that are about several things once.
func (n *Notes) All() []string {
	const shown = 6 // subjects fit into two lines
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for _, note := range n.grouped {
		subjects := strings.Join(note.subjects[:min(shown, len(note.subjects))], ", ")
		if more := len(note.subjects) - shown; more > 0 {
			subjects += fmt.Sprintf(" and %d more", more)
		}
		all = append(all, note.before+subjects+note.after)
	}
	return append(all, n.plain...)
}
