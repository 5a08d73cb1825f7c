package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/process"
	"vexa-conformance/runner/transport"
	"vexa-conformance/suites"
)

// Probe is how a run looks at what a receiver did: a URL that answers a count of the events that it acted on, or a command, run
// by sh, that prints one. It is read, and neither judged nor recorded.
type Probe struct{ URL, Command string }

// ErrProbe says that the probe gives no count.
var ErrProbe = errors.New("the probe gives no count")

// count reads the probe.
func (p Probe) count(ctx context.Context, transport *transport.Transport) (int, error) {
	if p.Command != "" {
		return p.printed(ctx)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return 0, fmt.Errorf("%w: --effects-url: %w", ErrProbe, err)
	}
	a, err := transport.RoundTrip(req, false)
	if err != nil {
		return 0, fmt.Errorf("%w: --effects-url: %w", ErrProbe, err)
	}
	if n, ok := number(string(a.Body)); ok && a.Success() {
		return n, nil
	}
	return 0, fmt.Errorf(`%w: --effects-url answered %s: it is to answer 200 with a number, such as 3, or {"count": 3}`, ErrProbe, a)
}

// printed runs the command. All that it started ends with it.
func (p Probe) printed(ctx context.Context) (int, error) {
	cmd := process.Shell(ctx, p.Command)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = time.Second // for what a child of the command holds open
	process.SetGroup(cmd)
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%w: --effects-command %q: %w, saying %.200q", ErrProbe, p.Command, err, said.String())
	}
	n, ok := number(out.String())
	if !ok {
		return 0, fmt.Errorf(`%w: --effects-command %q printed %.200q: it is to print a number, such as 3, or {"count": 3}`, ErrProbe, p.Command, out.String())
	}
	return n, nil
}

// number reads a count, as a number or as a member of an object.
func number(text string) (int, bool) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) // a byte order mark
	var object struct{ Count *json.Number }
	if json.Unmarshal([]byte(text), &object) == nil && object.Count != nil {
		text = object.Count.String()
	}
	n, err := strconv.ParseFloat(text, 64) // JSON writes 3 also as 3.0
	return int(n), err == nil && n >= 0 && n == math.Trunc(n) && n <= 1<<53
}

// Effects reads the probe.
func (h *handler) Effects(t suites.T) int {
	t.Helper()
	p := h.sender.config.Probe
	if p == (Probe{}) {
		t.Skipf("what the receiver does cannot be seen: give --effects-url or --effects-command, which say how many events it acted on")
	}
	n, err := p.count(t.Context(), h.sender.transport)
	if err != nil {
		t.Blocked("%v", err)
	}
	return n
}

// Acts delivers an event of a kind once a run, and says whether that had an effect.
func (h *handler) Acts(t suites.T, kind fixtures.EventKind) bool {
	t.Helper()
	acts, known := h.sender.acts[kind]
	if !known {
		was := h.Rest(t, atRest)
		acts = h.Deliver(t, suites.Delivery{Event: h.sender.events.New(kind)})[0].OK() && h.Await(t, func() bool { return h.Effects(t) > was })
		h.sender.acts[kind] = acts
	}
	return acts
}

const (
	// atRest is how long a count stays the same that counts as one at rest, where nothing is known of the receiver.
	atRest = 200 * time.Millisecond
	// longestLook keeps an effect from being seen so late that its time says nothing, and a command from being run more often
	// than a person would notice.
	longestLook = 100 * time.Millisecond
)

// Await polls until done, or until the patience is over; then it looks once more.
func (h *handler) Await(t suites.T, done func() bool) bool {
	t.Helper()
	ok, err := parallel.Poll(t.Context(), h.sender.config.Patience, longestLook, done)
	if err != nil {
		t.Blocked("the run was interrupted: %v", err)
	}
	return ok
}

// Rest waits until the count has stayed the same. Where nothing was delivered since it was last seen at rest, that time counts too.
func (h *handler) Rest(t suites.T, while time.Duration) int {
	t.Helper()
	w, began := h.sender, time.Now()
	for now := h.Effects(t); ; now = h.Effects(t) {
		switch {
		case w.since.IsZero() || now != w.count && time.Since(began) <= while+w.config.Patience:
			w.count, w.since = now, time.Now()
		case now != w.count:
			t.Blocked("the count of effects does not come to rest while nothing is delivered: it went from %d to %d; name a probe that counts nothing else", w.count, now)
		case time.Since(w.since) >= while:
			return now
		}
		h.pause(t, min(longestLook, while/4))
	}
}

func (h *handler) pause(t suites.T, wait time.Duration) {
	t.Helper()
	if err := parallel.Pause(t.Context(), wait); err != nil {
		t.Blocked("the run was interrupted: %v", err)
	}
}
