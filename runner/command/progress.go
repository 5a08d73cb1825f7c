package command

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"vexa-conformance/runner/result"
)

// redrawEvery keeps a fast run from spending its time on the terminal; people see ten pictures a second as motion.
const redrawEvery = 100 * time.Millisecond

// progress is the line on a terminal that shows how far the runs are. Elsewhere nothing is shown: what is written to a
// file or a CI log is what was found out.
type progress struct {
	w      io.Writer
	mu     sync.Mutex
	done   int
	failed int
	drawn  time.Time
}

// newProgress returns nil if w is not a terminal.
func newProgress(w io.Writer, quiet bool) *progress {
	file, ok := w.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &progress{w: w}
}

// ended counts a check that has ended.
func (p *progress) ended(_, _ int, c result.Check) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if c.Verdict == result.Fail {
		p.failed++
	}
	if time.Since(p.drawn) < redrawEvery {
		return
	}
	p.drawn = time.Now()
	fmt.Fprintf(p.w, "\r\x1b[K%d checks, %d failed: %s", p.done, p.failed, c.ID)
}

// waiting shows that requests wait for the limits of the target.
func (p *progress) waiting(wait time.Duration) {
	if p == nil || wait == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drawn = time.Now()
	fmt.Fprintf(p.w, "\r\x1b[K%d checks, %d failed: waiting for the target's limits (429), next request in %s", p.done, p.failed, wait.Round(100*time.Millisecond))
}

// clear takes the line away.
func (p *progress) clear() {
	if p != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
