package runner

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"vexa-conformance/fixtures/script"
	"vexa-conformance/suites"
)

// ran is how a process went.
type ran struct {
	exit  int
	ended bool
	took  time.Duration
	words string
	// refused is how often it was refused: see [script.Deployment.Refused].
	refused int
}

// execute runs the command to its end, or to the end of the patience; a deployment that is closed at first is opened
// meanwhile.
func (c *crew) execute(ctx context.Context, environment []string, d *script.Deployment, s suites.Scenario) (ran, error) {
	if s.Closed { // one at a time, since refusals are counted for the whole machine
		c.refusing.Lock()
		defer c.refusing.Unlock()
	}
	words := &tail{}
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment, words, words
	cmd.WaitDelay = time.Second // for what a child of the command holds open
	apart(cmd)
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return ran{}, fmt.Errorf("start the command: %w", err)
	}
	var opened error
	var opening Group
	running, ended := context.WithCancel(ctx)
	opening.Go(func() { opened = c.open(running, d, s) })
	err := cmd.Wait()
	ended()
	opening.Wait()
	out := ran{exit: cmd.ProcessState.ExitCode(), ended: ctx.Err() == nil, took: time.Since(started), words: words.last(), refused: d.Refused()}
	var failed *exec.ExitError
	if errors.As(err, &failed) || errors.Is(err, exec.ErrWaitDelay) || ctx.Err() != nil {
		err = nil // it is told by the exit status, and by whether it ended
	}
	return out, errors.Join(err, opened)
}

const (
	// closedTimes is how many times the client's usual time from start to end a deployment stays closed, and leastClosed how
	// long at least: so long that the first try finds nobody there, so short that a
	// client which tries again within a second finds somebody.
	closedTimes = 2
	leastClosed = 150 * time.Millisecond
)

// open opens a deployment that was closed, once the client has been refused. It does nothing for one that is open.
func (c *crew) open(running context.Context, d *script.Deployment, s suites.Scenario) error {
	if !s.Closed {
		return nil
	}
	return d.OpenOnceRefused(running, max(leastClosed, closedTimes*c.usual(s)))
}

// usual is how long the command takes for an action, by what was seen where nothing was wrong.
func (c *crew) usual(s suites.Scenario) time.Duration {
	c.mu.Lock()
	v := c.visits["works "+string(s.Action)]
	c.mu.Unlock()
	if v == nil || len(v.visits) == 0 {
		return 0
	}
	return v.visits[0].Took
}

// tail keeps the end of what a process prints.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// shownWords is how much of what a client printed is shown: its last sentence or two.
const shownWords = 200

// Write keeps the last of it.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const kept = 4 << 10 // more than is shown, so that the cut does not fall into a character
	t.text = append(t.text, p...)
	if len(t.text) > kept {
		t.text = t.text[len(t.text)-kept:]
	}
	return len(p), nil
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	words := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(string(t.text), "")), " "))
	return string(words[max(0, len(words)-shownWords):])
}
