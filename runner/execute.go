package runner

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

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

// shownWords is how many characters of what a client printed are shown: its last lines.
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

// last is the last lines that are shown, in one: as many as there is room for, each whole. Of a last line that is
// longer, it is the end, from a word on.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var shown []string
	room := shownWords
	lines := strings.Split(strings.ToValidUTF8(string(t.text), ""), "\n")
	for _, line := range slices.Backward(lines) {
		words := strings.Join(strings.Fields(line), " ")
		length := utf8.RuneCountInString(words)
		switch {
		case words == "":
			continue
		case length <= room:
			shown = append(shown, words)
			room -= length + len(lineBreak)
			continue
		case len(shown) == 0:
			runes := []rune(words)
			words = string(runes[length-shownWords:])
			if _, rest, found := strings.Cut(words, " "); found {
				words = rest
			}
			shown = append(shown, words)
		}
		shown = append(shown, "…") // more was printed before it
		break
	}
	slices.Reverse(shown)
	return strings.Join(shown, lineBreak)
}

// lineBreak stands between lines that are shown in one.
const lineBreak = " / "
