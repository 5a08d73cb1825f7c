package webhook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Config says which webhook receiver a run judges, and how. Contract and Target.BaseURL, the receiver's URL, must be set.
type Config struct {
	plan.Selection
	transport.Options
	// Secret is what deliveries are signed with; empty signs none.
	Secret string
	// Within is how long an acknowledgement may take, Burst how many deliveries come at once.
	Within time.Duration
	Burst  int
	// Probe shows what the receiver did.
	Probe Probe
	// Patience is the longest wait for an effect; 0 is [DefaultEffectPatience].
	Patience time.Duration
	Seed     uint64
	// Secrets are the operator's, by the names under which reports show them.
	Secrets map[string]string
	// Progress, if set, gets each check that has ended, one at a time.
	Progress runner.Progress
}

// DefaultEffectPatience is many times what receivers need for what they do with an event.
const DefaultEffectPatience = 60 * time.Second

// Run tests a webhook receiver against the clauses that bind receivers: it delivers to it, one check after the other, so
// that what is measured and counted is one check's own. It fails with [*plan.UnknownPattern], [transport.ErrUnreachable] or [ErrProbe], and
// then has judged nothing.
func Run(ctx context.Context, c Config) (result.Run, error) {
	started := time.Now()
	c.Binds, c.Patience = spec.Handler, cmp.Or(c.Patience, DefaultEffectPatience)
	plan, err := plan.New(c.Selection, suites.Of(c.Contract, spec.Handler))
	if err != nil {
		return result.Run{}, err
	}
	w := &webhookSender{
		config: c, record: record.New(c.Contract, spec.Handler), transport: transport.New(c.Contract, c.Options), events: fixtures.NewEvents(c.Seed),
		slowly: unbuffered(c), acts: map[fixtures.EventKind]bool{},
	}
	defer w.transport.Close()
	defer w.slowly.Close()
	if err := w.reach(ctx); err != nil {
		return result.Run{}, redact.Error(err, w.secrets())
	}
	engine := runner.Engine{
		Plan: plan, Record: w.record, Notes: &w.notes, Parallel: 1, Seed: c.Seed, Progress: c.Progress,
		Perform: func(t suites.T, check suites.Check) { check.Handler(t, &handler{w, check}) },
	}
	outcomes := engine.Run(ctx)
	hide := redact.New(w.secrets())
	r := engine.Result(ctx, outcomes, hide, started)
	url := hide.Text(c.Target.BaseURL)
	r.Target = result.Target{Name: url, BaseURL: url, Allowed: []string{}}
	return runner.WithCauses(r), nil
}

// secrets are the operator's and the receiver's, and the queries of its URLs, which often hold a key.
func (w *webhookSender) secrets() map[string]string {
	all := maps.Clone(w.config.Secrets)
	if all == nil {
		all = map[string]string{}
	}
	if w.config.Secret != "" {
		all["$VEXA_WEBHOOK_SECRET"] = w.config.Secret
	}
	for name, address := range map[string]string{redact.WebhookQuery: w.config.Target.BaseURL, "$VEXA_EFFECTS_QUERY": w.config.Probe.URL} {
		if _, query, found := strings.Cut(address, "?"); found {
			all[name] = query
		}
	}
	return all
}

// webhookSender is what the checks of a run share: the way to the receiver, and what was found out about it once.
type webhookSender struct {
	config    Config
	record    *record.Record
	notes     runner.Notes
	transport *transport.Transport
	events    *fixtures.Events
	// slowly is a transport for slow senders.
	slowly *transport.Transport

	plain     []suites.Ack
	plainKind fixtures.EventKind
	acts      map[fixtures.EventKind]bool

	// count is what the probe said when it was last seen at rest, and since when it had been; zero after a delivery.
	count int
	since time.Time
}

// unbuffered is a transport that keeps nothing back: net/http sends a small body at once when all of it is there.
func unbuffered(c Config) *transport.Transport {
	wrap := c.Wrap
	c.Wrap = func(round http.RoundTripper) http.RoundTripper {
		if t, ok := round.(*http.Transport); ok {
			t.WriteBufferSize = 1
		}
		if wrap != nil {
			round = wrap(round)
		}
		return round
	}
	return transport.New(c.Contract, c.Options)
}

// reach asks, without a delivery, whether something is there, and whether the probe gives a number.
func (w *webhookSender) reach(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, w.config.Target.BaseURL, nil)
	if err != nil {
		return fmt.Errorf("make a request to the receiver: %w", err)
	}
	req.Close = true
	e := newExchange(transport.Setup, req, nil)
	e.Response, e.Err = w.transport.RoundTrip(req, true)
	e.Took = time.Since(e.Started)
	w.record.Add(&e)
	var dial *net.OpError
	if nobody := errors.As(e.Err, &dial) && dial.Op == "dial"; e.Err != nil && (nobody || transport.Advice(e.Err) != "") {
		return fmt.Errorf("%w: %s%w", transport.ErrUnreachable, transport.Advice(e.Err), e.Err)
	}
	if w.config.Probe == (Probe{}) {
		return nil
	}
	_, err = w.config.Probe.count(ctx, w.transport)
	return err
}

// newExchange begins the record of a request to the receiver.
func newExchange(check string, req *http.Request, body []byte) transport.Exchange {
	return transport.Exchange{
		Check: check, Operation: &spec.Operation{ID: "webhook", Method: req.Method, Path: req.URL.Path},
		Call: spec.Call{Caller: "the harness", Body: body}, Request: req, Started: time.Now(),
	}
}

// otherSecret is what nobody's deliveries are signed with.
const otherSecret = "vexa-conformance-wrong-secret"

// datedBack is how far back a first delivery is dated: signatures count in seconds, and a repeat's is to be of a later one.
const datedBack = 2 * time.Second

// request makes the request of a delivery. It has a connection of its own, as most senders have: one that served before may be
// closed by the receiver just when it is used, which would look as if a delivery was not acknowledged.
func (w *webhookSender) request(ctx context.Context, d suites.Delivery, check string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.config.Target.BaseURL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request of a delivery: %w", err)
	}
	req.Close = true
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", w.transport.UserAgent(check))
	at := time.Now()
	if !d.Again {
		at = at.Add(-datedBack)
	}
	switch {
	case w.config.Secret == "" || d.Proof == suites.Unsigned:
	case d.Proof == suites.WronglySigned:
		fixtures.SignWebhook(req.Header, otherSecret, body, at)
	default:
		fixtures.SignWebhook(req.Header, w.config.Secret, body, at)
	}
	return req, nil
}

// send makes one delivery. Hurry ends what makes it slow.
func (w *webhookSender) send(ctx context.Context, d suites.Delivery, check string, begun chan<- struct{}, hurry <-chan struct{}) transport.Exchange {
	body := d.Event.Body()
	req, err := w.request(ctx, d, check, body)
	if err != nil {
		return transport.Exchange{Check: check, Operation: &spec.Operation{ID: "webhook", Method: http.MethodPost}, Err: err}
	}
	e, transport := newExchange(check, req, body), w.transport
	slow := &SlowBody{Context: ctx, Body: body, Duration: d.SlowFor, Begun: begun, Hurry: hurry}
	slow.last.Store(e.Started.UnixNano())
	if d.SlowFor > 0 {
		transport, req.Body, req.GetBody = w.slowly, io.NopCloser(slow), nil
	}
	e.Response, e.Err = transport.RoundTrip(req, false)
	e.Took = time.Since(e.Started)
	e.Response.Elapsed = time.Since(time.Unix(0, slow.last.Load()))
	return e
}

// handler is the receiver as one check sees it.
type handler struct {
	sender *webhookSender
	check  suites.Check
}

func (h *handler) Events() *fixtures.Events { return h.sender.events }

func (h *handler) Within() time.Duration { return h.sender.config.Within }

func (h *handler) Burst() int { return h.sender.config.Burst }

func (h *handler) Signs() bool { return h.sender.config.Secret != "" }

func (h *handler) Note(format string, args ...any) {
	h.sender.notes.Add(fmt.Sprintf(format, args...))
}

// Plain delivers once a run.
func (h *handler) Plain(t suites.T) (fixtures.EventKind, []suites.Ack) {
	t.Helper()
	w := h.sender
	if w.plain == nil {
		w.plainKind = fixtures.StatusChange
		for _, kind := range []fixtures.EventKind{fixtures.StatusChange, fixtures.MeetingCompleted} {
			ack := h.Deliver(t, suites.Delivery{Event: w.events.New(kind)})[0]
			if w.plain = append(w.plain, ack); ack.OK() {
				w.plainKind = kind
				break
			}
		}
	}
	for _, ack := range w.plain {
		w.record.Share(h.check.ID, ack.Seq)
	}
	return w.plainKind, w.plain
}

// Deliver releases the deliveries at once.
func (h *handler) Deliver(t suites.T, all ...suites.Delivery) []suites.Ack {
	t.Helper()
	h.sender.since = time.Time{}
	exchanges, start := make([]transport.Exchange, len(all)), make(chan struct{})
	var wg parallel.Group
	for i, d := range all {
		wg.Go(func() {
			<-start
			exchanges[i] = h.sender.send(t.Context(), d, h.check.ID, nil, nil)
		})
	}
	close(start)
	wg.Wait()
	return h.addToRecord(t, exchanges...)
}

// DeliverBeside has a delivery come while a slow one holds its connection.
func (h *handler) DeliverBeside(t suites.T, slow, other suites.Delivery) (suites.Ack, suites.Ack) {
	t.Helper()
	begun, hurry := make(chan struct{}), make(chan struct{})
	var first, beside transport.Exchange
	var slowly parallel.Group
	over := make(chan struct{})
	slowly.Go(func() {
		defer close(over)
		first = h.sender.send(t.Context(), slow, h.check.ID, begun, hurry)
	})
	select {
	case <-begun:
		beside = h.sender.send(t.Context(), other, h.check.ID, nil, nil)
		close(hurry)
		slowly.Wait()
	case <-over: // it never got as far as its body
		slowly.Wait()
		t.Blocked("a slow delivery could not be begun: %s", h.addToRecord(t, first)[0])
	}
	acks := h.addToRecord(t, first, beside)
	return acks[0], acks[1]
}

// addToRecord puts deliveries into the record. What this machine could not send says nothing of the receiver.
func (h *handler) addToRecord(t suites.T, exchanges ...transport.Exchange) []suites.Ack {
	t.Helper()
	acks := make([]suites.Ack, len(exchanges))
	for i, e := range exchanges {
		h.sender.record.Add(&e)
		acks[i] = suites.Ack{Response: e.Response, Err: e.Err}
	}
	for _, a := range acks {
		switch {
		case t.Context().Err() != nil:
			t.Blocked("the run was interrupted")
		case errors.Is(a.Err, syscall.EMFILE), errors.Is(a.Err, syscall.ENFILE), errors.Is(a.Err, syscall.EADDRNOTAVAIL):
			t.Blocked("this machine cannot make %d deliveries at once (--burst): %v", len(exchanges), a.Err)
		}
	}
	return acks
}
