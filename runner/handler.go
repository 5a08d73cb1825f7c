package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Receiver is a webhook receiver to be judged.
type Receiver struct {
	URL string
	// Secret is what deliveries are signed with; empty signs none.
	Secret string
	// Within is how long an acknowledgement may take, Burst how many deliveries come at once.
	Within time.Duration
	Burst  int
	Probe  Probe
}

// RunWebhook holds a webhook receiver against the clauses that bind receivers: it delivers to it, one check after the other, so
// that what is measured and counted is one check's own. It fails with [*UnknownPattern], [ErrUnreachable] or [ErrProbe], and
// then has judged nothing.
func RunWebhook(ctx context.Context, c Config, r Receiver) (result.Run, error) {
	started := time.Now()
	c.Binds, c.Parallel, c.Target = spec.Handler, 1, Target{BaseURL: r.URL}
	plan, err := NewPlan(c, suites.Of(c.Contract, spec.Handler))
	if err != nil {
		return result.Run{}, err
	}
	s := newSession(c)
	if r.Secret != "" {
		s.hidden["$VEXA_WEBHOOK_SECRET"] = r.Secret
	}
	for name, address := range map[string]string{webhookQuery: r.URL, "$VEXA_EFFECTS_QUERY": r.Probe.URL} {
		if _, query, found := strings.Cut(address, "?"); found {
			s.hidden[name] = query // it often holds a key
		}
	}
	s.transport = NewTransport(c)
	defer s.transport.Close()
	m := &mail{session: s, receiver: r, events: fixtures.NewEvents(c.Seed), slowly: unbuffered(c), acts: map[fixtures.EventKind]bool{}}
	defer m.slowly.Close()
	if err := m.ready(ctx); err != nil {
		return result.Run{}, Hide(err, s.secrets())
	}
	s.perform = func(t suites.T, check suites.Check) { check.Handler(t, &handler{m, check}) }
	outcomes := s.judgeAll(ctx, plan)
	return withCauses(s.result(ctx, plan, outcomes, started)), nil
}

// mail is what the checks of a run share: the way to the receiver, and what was found out about it once.
type mail struct {
	session  *Session
	receiver Receiver
	events   *fixtures.Events
	// slowly is a transport for slow senders.
	slowly *Transport

	plain     []suites.Ack
	plainKind fixtures.EventKind
	acts      map[fixtures.EventKind]bool

	// count is what the probe said when it was last seen at rest, and since when it had been; zero after a delivery.
	count int
	since time.Time
}

// unbuffered is a transport that keeps nothing back: net/http sends a small body at once when all of it is there.
func unbuffered(c Config) *Transport {
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
	return NewTransport(c)
}

// ready asks, without a delivery, whether something is there, and whether the probe gives a number.
func (m *mail) ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, m.receiver.URL, nil)
	if err != nil {
		return fmt.Errorf("make a request to the receiver: %w", err)
	}
	req.Close = true
	sent := m.sent(req, nil)
	sent.Answer, sent.Err = m.session.transport.exchange(req, true)
	sent.Took = time.Since(sent.Started)
	m.session.record.add(setup, sent, false)
	var dial *net.OpError
	if nobody := errors.As(sent.Err, &dial) && dial.Op == "dial"; sent.Err != nil && (nobody || advice(sent.Err) != "") {
		return fmt.Errorf("%w: %s%w", ErrUnreachable, advice(sent.Err), sent.Err)
	}
	if m.receiver.Probe == (Probe{}) {
		return nil
	}
	_, err = m.receiver.Probe.count(ctx, m.session.transport)
	return err
}

// sent begins the record of a request to the receiver.
func (m *mail) sent(req *http.Request, body []byte) Sent {
	return Sent{
		Operation: &spec.Operation{ID: "webhook", Method: req.Method, Path: req.URL.Path},
		Call:      spec.Call{Caller: "the harness", Body: body}, Request: req, Started: time.Now(),
	}
}

// otherSecret is what nobody's deliveries are signed with.
const otherSecret = "vexa-conformance-wrong-secret"

// datedBack is how far back a first delivery is dated: signatures count in seconds, and a repeat's is to be of a later one.
const datedBack = 2 * time.Second

// request makes the request of a delivery. It has a connection of its own, as most senders have: one that served before may be
// closed by the receiver just when it is used, which would look as if a delivery was not acknowledged.
func (m *mail) request(ctx context.Context, d suites.Delivery, check string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.receiver.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request of a delivery: %w", err)
	}
	req.Close = true
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", m.session.transport.agent+" ("+check+")")
	at := time.Now()
	if !d.Again {
		at = at.Add(-datedBack)
	}
	switch {
	case m.receiver.Secret == "" || d.Proof == suites.Unsigned:
	case d.Proof == suites.WronglySigned:
		fixtures.SignWebhook(req.Header, otherSecret, body, at)
	default:
		fixtures.SignWebhook(req.Header, m.receiver.Secret, body, at)
	}
	return req, nil
}

// send makes one delivery. Hurry ends what makes it slow.
func (m *mail) send(ctx context.Context, d suites.Delivery, check string, begun chan<- struct{}, hurry <-chan struct{}) Sent {
	body := d.Event.Body()
	req, err := m.request(ctx, d, check, body)
	if err != nil {
		return Sent{Operation: &spec.Operation{ID: "webhook", Method: http.MethodPost}, Err: err}
	}
	sent, transport := m.sent(req, body), m.session.transport
	slow := &dribble{ctx: ctx, body: body, over: d.Over, begun: begun, hurry: hurry}
	slow.last.Store(sent.Started.UnixNano())
	if d.Over > 0 {
		transport, req.Body, req.GetBody = m.slowly, io.NopCloser(slow), nil
	}
	sent.Answer, sent.Err = transport.exchange(req, false)
	sent.Took = time.Since(sent.Started)
	sent.Answer.Elapsed = time.Since(time.Unix(0, slow.last.Load()))
	return sent
}

// handler is the receiver as one check sees it.
type handler struct {
	mail  *mail
	check suites.Check
}

func (h *handler) Events() *fixtures.Events { return h.mail.events }

func (h *handler) Within() time.Duration { return h.mail.receiver.Within }

func (h *handler) Burst() int { return h.mail.receiver.Burst }

func (h *handler) Signs() bool { return h.mail.receiver.Secret != "" }

func (h *handler) Note(format string, args ...any) {
	h.mail.session.note(fmt.Sprintf(format, args...))
}

// Plain delivers once a run.
func (h *handler) Plain(t suites.T) (fixtures.EventKind, []suites.Ack) {
	t.Helper()
	m := h.mail
	if m.plain == nil {
		m.plainKind = fixtures.StatusChange
		for _, kind := range []fixtures.EventKind{fixtures.StatusChange, fixtures.MeetingCompleted} {
			ack := h.Deliver(t, suites.Delivery{Event: m.events.New(kind)})[0]
			if m.plain = append(m.plain, ack); ack.OK() {
				m.plainKind = kind
				break
			}
		}
	}
	for _, ack := range m.plain {
		m.session.record.share(h.check.ID, ack.Seq)
	}
	return m.plainKind, m.plain
}

// Deliver releases the deliveries at once.
func (h *handler) Deliver(t suites.T, all ...suites.Delivery) []suites.Ack {
	t.Helper()
	h.mail.since = time.Time{}
	sents, start := make([]Sent, len(all)), make(chan struct{})
	var wg Group
	for i, d := range all {
		wg.Go(func() {
			<-start
			sents[i] = h.mail.send(t.Context(), d, h.check.ID, nil, nil)
		})
	}
	close(start)
	wg.Wait()
	return h.keep(t, sents...)
}

// DeliverBeside has a delivery come while a slow one holds its connection.
func (h *handler) DeliverBeside(t suites.T, slow, other suites.Delivery) (suites.Ack, suites.Ack) {
	t.Helper()
	begun, hurry := make(chan struct{}), make(chan struct{})
	var first, beside Sent
	var slowly Group
	over := make(chan struct{})
	slowly.Go(func() {
		defer close(over)
		first = h.mail.send(t.Context(), slow, h.check.ID, begun, hurry)
	})
	select {
	case <-begun:
		beside = h.mail.send(t.Context(), other, h.check.ID, nil, nil)
		close(hurry)
		slowly.Wait()
	case <-over: // it never got as far as its body
		slowly.Wait()
		t.Blocked("a slow delivery could not be begun: %s", h.keep(t, first)[0])
	}
	acks := h.keep(t, first, beside)
	return acks[0], acks[1]
}

// keep puts deliveries into the record. What this machine could not send says nothing of the receiver.
func (h *handler) keep(t suites.T, sents ...Sent) []suites.Ack {
	t.Helper()
	acks := make([]suites.Ack, len(sents))
	for i, sent := range sents {
		acks[i] = suites.Ack{Answer: h.mail.session.record.add(h.check.ID, sent, false), Err: sent.Err}
	}
	for _, a := range acks {
		switch {
		case t.Context().Err() != nil:
			t.Blocked("the run was interrupted")
		case errors.Is(a.Err, syscall.EMFILE), errors.Is(a.Err, syscall.ENFILE), errors.Is(a.Err, syscall.EADDRNOTAVAIL):
			t.Blocked("this machine cannot make %d deliveries at once (--burst): %v", len(sents), a.Err)
		}
	}
	return acks
}
