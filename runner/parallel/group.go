package parallel

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Group runs functions at once, as a [sync.WaitGroup] does, and passes the panic of one of them on to who waits, where it is
// recovered and reported as the harness's fault. On a goroutine that nobody watches it would end the program, secrets and all.
type Group struct {
	all sync.WaitGroup

	mu    sync.Mutex
	first *Panic
}

// Go runs a function on a goroutine of its own.
func (g *Group) Go(do func()) { g.all.Go(func() { g.Do(do) }) }

// Do runs a function on the goroutine of the caller, which goes on after a panic.
func (g *Group) Do(do func()) {
	if p := Catch(do); p != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.first == nil {
			g.first = p
		}
	}
}

// Wait waits for all of them, and panics if one of them did.
func (g *Group) Wait() {
	g.all.Wait()
	if g.first != nil {
		panic(g.first)
	}
}

// ForEach does the work with up to n at once, at least 1, in the order given. It does all of it also where some panics, and then
// passes that on.
func ForEach[W any](work []W, n int, do func(W)) {
	queue := make(chan W)
	var workers Group
	for range max(1, n) {
		workers.Go(func() {
			for one := range queue {
				workers.Do(func() { do(one) })
			}
		})
	}
	for _, one := range work {
		queue <- one
	}
	close(queue)
	workers.Wait()
}

// Panic is a panic of another goroutine, and where it was.
type Panic struct {
	value any
	stack []byte
}

// Error tells both.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s", p.value, p.stack) }

// Catch runs a function and returns its panic.
func Catch(do func()) (p *Panic) {
	defer func() {
		if value := recover(); value != nil {
			p = &Panic{value, debug.Stack()}
		}
	}()
	do()
	return nil
}
