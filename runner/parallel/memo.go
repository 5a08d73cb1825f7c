package parallel

import (
	"context"
	"sync"
)

// Memo does work once for each key. Its zero value is ready to use.
type Memo[V any] struct {
	mu      sync.Mutex
	entries map[string]*entry[V]
}

type entry[V any] struct {
	done  chan struct{}
	value V
	ok    bool
}

// Do returns the value that the first call for a key makes; the others wait for it. It returns false if that call ended its
// goroutine or panicked, or if ctx ends first.
func (m *Memo[V]) Do(ctx context.Context, key string, work func() V) (value V, ok bool) {
	m.mu.Lock()
	e, found := m.entries[key]
	if !found {
		if m.entries == nil {
			m.entries = map[string]*entry[V]{}
		}
		e = &entry[V]{done: make(chan struct{})}
		m.entries[key] = e
	}
	m.mu.Unlock()
	if !found {
		defer close(e.done) // also if work ends the goroutine
		e.value = work()
		e.ok = true
		return e.value, true
	}
	select {
	case <-e.done:
		return e.value, e.ok
	case <-ctx.Done():
		return value, false
	}
}
