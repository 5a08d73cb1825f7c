package deployment

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Session is a run against one deployment: its connections, its users, and the record of what was sent.
type Session struct {
	config    Config
	transport *transport.Transport
	record    *record.Record
	notes     runner.Notes
	journal   *journal.Journal
	// meetings are the operator's own.
	meetings meetingPool
	// server is what the target calls itself in the header Server.
	server string
	// memos are what is done once a run.
	memos parallel.Memo[spec.Response]

	mu sync.Mutex
	// skips are what ends a check that waits for once-a-run work.
	skips map[string]func(suites.T)
	// receiver takes webhooks, once a check has asked for it.
	receiver *receiver
	// unimplemented are the operations that the target does not implement and no page promises, and what the run's note
	// says of each.
	unimplemented map[string]string
}

// accuser keeps which responses of the run show a broken promise.
type accuser struct {
	suites.T
	record *record.Record
}

// Broken passes it on.
func (a accuser) Broken(shown spec.Response, m spec.Mismatch) {
	a.Helper()
	a.record.Accuse(shown.Seq)
	a.T.Broken(shown, m)
}

// newSession is a session without a connection.
func newSession(c Config) *Session {
	c = c.withDefaults()
	r := record.New(c.Contract, c.Binds)
	r.SecretHeaders = slices.Collect(maps.Keys(c.Headers))
	return &Session{
		config: c, transport: transport.New(c.Contract, c.Options), record: r, meetings: newMeetingPool(c.Meetings),
	}
}

// Open connects to the target and makes the users of the run. It fails with [transport.ErrUnreachable] or [fixtures.ErrRefused]
// if no check could be judged.
func Open(ctx context.Context, c Config) (*Session, error) {
	s := newSession(c)
	there, err := transport.Reach(ctx, s.transport)
	if err != nil {
		s.transport.Close()
		return nil, err
	}
	s.server = there.Header.Get("Server")
	if s.journal, err = journal.Create(c.JournalFolder, c.Contract, c.Target); err != nil {
		s.transport.Close()
		return nil, err
	}
	if s.journal != nil {
		s.transport.Journal = s.journal
	}
	if !slices.Contains(s.config.Allow, spec.Write) {
		s.config.Tenants.Borrow()
	}
	if err := s.config.Tenants.Make(ctx, s.provision); err != nil {
		s.Close(ctx)
		return nil, fmt.Errorf("prepare the run: %w", err)
	}
	return s, nil
}

// leavingBound is how long the end of a run waits for bots that were asked to leave: their keys are revoked after it in any case, and
// most have left by the end of their checks.
const leavingBound = 30 * time.Second

// Close cleans up what the run made, also after an interrupt, and closes its connections. What stays it says in the notes.
func (s *Session) Close(ctx context.Context) {
	s.awaitLimits(ctx)
	report := s.config.Tenants.CleanUp(
		context.WithoutCancel(ctx), s.config.Contract, s.provision, s.record.Traces(), min(s.config.Patience, leavingBound),
	)
	if !s.config.Target.Reference {
		s.notes.Add(report.Stays...)
	}
	if s.notes.Add(report.Unfinished...); len(report.Unfinished) == 0 {
		if err := s.journal.Discard(); err != nil {
			s.notes.Add("the journal could not be removed: " + err.Error())
		}
	} else if err := s.journal.Keep(); err == nil && s.journal != nil {
		s.notes.Add("cleanup tries again, by the journal " + s.journal.Path() + "; cleanup --forget drops it")
	}
	if s.receiver != nil {
		s.receiver.close()
	}
	s.transport.Close()
}

// Notes are remarks for people, such as what could not be cleaned up: complete once the session is closed.
func (s *Session) Notes() []string {
	hide := redact.New(s.secrets())
	notes := s.notes.All()
	for i, note := range notes {
		notes[i] = hide.Text(note)
	}
	return notes
}

// limitsBound is a window of the limits in the field, which are counted by the minute, and some.
const limitsBound = 65 * time.Second

// awaitLimits waits, if requests were refused for a limit, until the target lets the owner's through again: the steps of the cleanup
// have bounds of their own, which are shorter than a limit's window. After an interrupt nobody waits.
func (s *Session) awaitLimits(ctx context.Context) {
	if !s.record.Limited() {
		return
	}
	op := s.config.Contract.PlainReading()
	ctx, cancel := context.WithTimeout(ctx, limitsBound)
	defer cancel()
	if credential, sent, err := s.config.Tenants.Credential(ctx, spec.Owner, op); err == nil && sent {
		_, _ = s.provision(ctx, spec.Call{Operation: op.ID, Caller: spec.Owner}, credential) // the cleanup says what it cannot do
	}
}

// failed cleans up what was made if the harness panics, and the run's secrets out of what that says: who recovers from it knows
// fewer of them.
func (s *Session) failed(ctx context.Context) {
	if p := recover(); p != nil {
		s.Close(ctx)
		panic(redact.New(s.secrets()).Text(fmt.Sprintf("%v\n%s", p, debug.Stack())))
	}
}

// cleanupContext is the time for cleaning up what was made, also after an interrupt: a bot may need the patience of the run to
// leave, and the last answer its timeout.
func (s *Session) cleanupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.config.Patience+s.config.Timeout)
}

// provision sends what makes and cleans up the users of the run.
func (s *Session) provision(ctx context.Context, c spec.Call, credential string) (spec.Response, error) {
	e := s.do(ctx, transport.Request{Call: c, Check: transport.Setup, Credential: credential})
	return e.Response, e.Err
}

// do sends until there is a response to judge, and records each exchange.
func (s *Session) do(ctx context.Context, r transport.Request) transport.Exchange {
	return s.transport.Do(ctx, r, transport.Observer{Attempt: func(e *transport.Exchange) {
		s.record.Add(e)
		s.record.Compare(*e)
	}})
}

// Judge runs one check and reports to t; what the check started is cleaned up before it returns.
func (s *Session) Judge(t suites.T, c suites.Check) {
	t.Helper()
	t = accuser{t, s.record}
	d := &target{session: s, check: c, kit: fixtures.NewKit(s.config.Seed, c.ID, s.config.BotBody)}
	defer d.cleanUp(t.Context())
	if c.Final != nil {
		c.Final(t, d, s.record.Observations())
		return
	}
	d.claimed(t)
	c.Run(t, d)
}
