package client

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"vexa-conformance/fixtures/script"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/process"
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
func (c *processRunner) execute(ctx context.Context, environment []string, d *script.Deployment, s suites.Scenario) (ran, error) {
	if s.Closed { // one at a time, since refusals are counted for the whole machine
		c.refusing.Lock()
		defer c.refusing.Unlock()
	}
	words := &process.Tail{}
	cmd := exec.CommandContext(ctx, c.config.Command[0], c.config.Command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment, words, words
	cmd.WaitDelay = time.Second // for what a child of the command holds open
	process.SetGroup(cmd)
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return ran{}, fmt.Errorf("start the command: %w", err)
	}
	var opened error
	var opening parallel.Group
	running, ended := context.WithCancel(ctx)
	opening.Go(func() { opened = c.open(running, d, s) })
	err := cmd.Wait()
	ended()
	opening.Wait()
	out := ran{exit: cmd.ProcessState.ExitCode(), ended: ctx.Err() == nil, took: time.Since(started), words: words.Last(), refused: d.Refused()}
	var failed *exec.ExitError
	if errors.As(err, &failed) || errors.Is(err, exec.ErrWaitDelay) || ctx.Err() != nil {
		err = nil // the exit status says so, and whether it ended
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
func (c *processRunner) open(running context.Context, d *script.Deployment, s suites.Scenario) error {
	if !s.Closed {
		return nil
	}
	c.mu.Lock()
	usual := c.usual[s.Action]
	c.mu.Unlock()
	return d.OpenOnceRefused(running, max(leastClosed, closedTimes*usual))
}
