// Package runner plans a run, sends its requests, records the exchanges, judges the checks, and takes back what was
// made. It knows operations and callers from the contract's document, and no route of its own.
package runner

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Config says what a run judges and how. Only Contract and Target must be set: a zero of anything else is the default
// that its comment names.
type Config struct {
	Contract *spec.Contract
	// Binds is who is judged; empty is [spec.Server], a deployment.
	Binds  spec.Party
	Target Target
	// Tenants are the users of the run; nil are those of a run without credentials.
	Tenants *fixtures.Tenants
	// Allow are the effects that the operator allows; none are [DefaultAllow].
	Allow []spec.Effect
	// Strength is the weakest clause that is judged: Should, the default, takes all.
	Strength spec.Strength
	// Only and Skip are patterns of check and clause ids.
	Only, Skip []string
	// Require are patterns of check and clause ids that must have a verdict, and RequireShare is how many percent of
	// the clauses that apply must: a run that judges less is inconclusive.
	Require      []string
	RequireShare float64
	// Parallel is how many checks run at once; 0 is [DefaultParallel].
	Parallel int
	// Timeout is the longest wait for one answer; 0 is [DefaultTimeout].
	Timeout time.Duration
	// MaxBody is how many bytes of a response are read, after it is decoded; 0 is [DefaultMaxBody].
	MaxBody int64
	// Patience is the longest wait for a change of state that the pages promise without a time; 0 is [DefaultPatience].
	Patience time.Duration
	// Has are the parts of Vexa that the operator claims the target has: see [spec.Operation.Capability].
	Has []string
	// Disposable is what of the operator's own the run may delete.
	Disposable fixtures.Disposable
	// Outage takes a backend of the target down and up again; nil where the operator gave no commands for it.
	Outage *Outage
	// TLS is how the target's certificate is checked, and which one is shown to it; nil is the system's way.
	TLS *tls.Config
	// Rate is how many requests a second are sent at most; 0 is as many as come.
	Rate float64
	// Journal is the folder in which the run writes down what it makes; empty writes nothing.
	Journal string
	Seed    uint64
	Version string
	// BotBody is laid over the body of every POST /bots.
	BotBody map[string]any
	// Meetings are the operator's own that let a bot in, each used by one check at a time. Without any, checks whose bots have to
	// get in invent theirs, as those whose bots need not do in any case.
	Meetings []fixtures.OwnMeeting
	// Stimuli are the prompts that provoke what an agent's turn can end with.
	Stimuli fixtures.Stimuli
	// WebhookListen is where the run listens for webhooks, and WebhookURL what the target is to call for it; without them it
	// listens on loopback where the target is there too.
	WebhookListen, WebhookURL string
	// Actions are those that a client program has.
	Actions []fixtures.Action
	// Detected is how the edition was found out; nil if the operator named it.
	Detected *result.Detected
	// FitsBetter is an edition that fits the target better than the one that the operator named; nil if none does.
	FitsBetter *result.Detected
	// Known are the failures that are excused.
	Known []Known
	// Wrap, where it is set, puts something around the HTTP transport, to look at what is sent.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Progress, where it is set, is told of each check that has ended, one at a time.
	Progress func(done, total int, c result.Check)
	// Waiting, if set, is called when a request waits for the limits of the target, with the time until the next one may go, and
	// with 0 when none waits any more.
	Waiting func(wait time.Duration)
}

// Session is a run under way against one target: its connections, its users, and the record of what was said.
type Session struct {
	config    Config
	transport *Transport
	record    *record
	// perform runs a check where it is no deployment that is judged; hidden are secrets that it came to know, by the names under which they are shown.
	perform func(suites.T, suites.Check)
	hidden  map[string]string
	// server is what the target calls itself in the header Server.
	server string
	// free are the operator's meetings that no check uses.
	free chan fixtures.OwnMeeting

	mu    sync.Mutex
	memos map[string]*memo
	left  []string
	// alike are notes that differ in what they are about only.
	alike []groupedNote
	// receiver takes webhooks, once a check has asked for it.
	receiver *receiver
	// drifts counts the ways in which answers of success differ from the document.
	drifts map[result.Drift]int
	// compared are those ways for answers that were tested before.
	compared map[answerSum][]string
	// unimplemented are the operations that the target does not implement and no page promises, and what the run's note
	// says of each.
	unimplemented map[string]string
}

// accuser keeps which answers of the run show a broken promise.
type accuser struct {
	suites.T
	session *Session
}

// Broken passes it on.
func (a accuser) Broken(shown spec.Answer, m spec.Mismatch) {
	a.Helper()
	a.session.record.accuse(shown.Seq)
	a.T.Broken(shown, m)
}

// ErrUnreachable says that there is no deployment where the target should be.
var ErrUnreachable = errors.New("the target cannot be reached")

func newSession(c Config) *Session {
	c = c.withDefaults()
	return &Session{
		config: c, record: newRecord(), memos: map[string]*memo{}, drifts: map[result.Drift]int{},
		hidden: fixtures.Passcodes(c.BotBody, c.Meetings), free: lend(c.Meetings),
	}
}

// Open connects to the target and makes the users of the run. It fails with [ErrUnreachable] or [fixtures.ErrRefused]
// where no check could be judged.
func Open(ctx context.Context, c Config) (*Session, error) {
	c = c.withDefaults()
	s := newSession(c)
	s.transport = NewTransport(c)
	there, err := Reach(ctx, s.transport)
	if err != nil {
		s.transport.Close()
		return nil, err
	}
	s.server = there.Header.Get("Server")
	if s.transport.journal, err = newJournal(c.Journal, c.Contract, c.Target); err != nil {
		s.transport.Close()
		return nil, err
	}
	if !slices.Contains(c.Allow, spec.Write) {
		c.Tenants.Borrow()
	}
	if err := c.Tenants.Make(ctx, s.provision); err != nil {
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
		context.WithoutCancel(ctx), s.config.Contract, s.provision, s.record.traces(), min(s.config.Patience, leavingBound),
	)
	if !s.config.Target.Reference {
		s.note(report.Stays...)
	}
	if s.note(report.Left...); len(report.Left) == 0 {
		if err := s.transport.journal.discard(); err != nil {
			s.note("the journal could not be removed: " + err.Error())
		}
	} else if err := s.transport.journal.keep(); err == nil && s.transport.journal != nil {
		s.note("cleanup tries again, by the journal " + s.transport.journal.file.Name() + "; cleanup --forget drops it")
	}
	if s.receiver != nil {
		s.receiver.close()
	}
	s.transport.Close()
}

// Notes are remarks for people, such as what could not be cleaned up: complete once the session is closed.
func (s *Session) Notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	hide := newRedactor(s.secrets())
	notes := make([]string, len(s.left))
	for i, note := range s.left {
		notes[i] = hide.text(note)
	}
	return notes
}

// limitsBound is a window of the limits in the field, which are counted by the minute, and some.
const limitsBound = 65 * time.Second

// awaitLimits waits, if requests were refused for a limit, until the target lets the owner's through again: the steps of the cleanup
// have bounds of their own, which are shorter than a limit's window. After an interrupt nobody waits.
func (s *Session) awaitLimits(ctx context.Context) {
	if !s.record.limited() {
		return
	}
	op := plainReading(s.config.Contract)
	ctx, cancel := context.WithTimeout(ctx, limitsBound)
	defer cancel()
	if credential, sent, err := s.config.Tenants.Credential(ctx, spec.Owner, op); err == nil && sent {
		_, _ = s.provision(ctx, spec.Call{Operation: op.ID, Caller: spec.Owner}, credential) // the cleanup says what it cannot do
	}
}

// failed takes back what was made where the harness panics, and the run's secrets out of what that says: who recovers from it knows
// fewer of them.
func (s *Session) failed(ctx context.Context) {
	if p := recover(); p != nil {
		s.Close(ctx)
		panic(newRedactor(s.secrets()).text(fmt.Sprintf("%v\n%s", p, debug.Stack())))
	}
}

// parting is the time for taking back what was made, also after an interrupt: a bot may need the patience of the run to
// leave, and the last answer its timeout.
func (s *Session) parting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.config.Patience+s.config.Timeout)
}

// setup names the requests by which the run's users are made and taken back.
const setup = "setup"

// provision sends what makes and takes back the users of the run.
func (s *Session) provision(ctx context.Context, c spec.Call, credential string) (spec.Answer, error) {
	return s.sendWithRetry(ctx, c, setup, always(credential), func(string) Sent { return s.transport.Send(ctx, c, setup, credential, true) })
}

// sendWithRetry sends until the answer is no throttling, and records each exchange.
func (s *Session) sendWithRetry(
	ctx context.Context, c spec.Call, check string, pick func(context.Context) string, send func(credential string) Sent,
) (a spec.Answer, err error) {
	_, err = s.transport.sendWithRetry(ctx, c, pick, send, func(sent Sent, throttled bool) {
		a = s.record.add(check, sent, throttled)
		s.compare(sent)
	})
	return a, err
}

// compare tests an answer of success against the document, while other checks wait for theirs.
func (s *Session) compare(sent Sent) {
	if sent.Err != nil || !sent.Answer.Success() || sent.Call.HeadOnly || sent.Answer.Truncated {
		return
	}
	answer := answerSum{sent.Operation.ID, sent.Answer.Status, sent.Answer.Header.Get("Content-Type"), sha256.Sum256(sent.Answer.Body)}
	s.mu.Lock()
	messages, compared := s.compared[answer]
	s.mu.Unlock()
	if !compared {
		messages = s.config.Contract.Drift(sent.Operation, sent.Answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compared == nil {
		s.compared = map[answerSum][]string{}
	}
	s.compared[answer] = messages
	for _, message := range messages {
		s.drifts[result.Drift{Operation: sent.Operation.ID, Status: sent.Answer.Status, Message: message}]++
	}
}

// answerSum stands for an answer, so that the same one, of many polls, is tested against the document once.
type answerSum struct {
	operation string
	status    int
	mediaType string
	body      [sha256.Size]byte
}

// Judge runs one check and reports to t; what the check started is taken back before it returns.
func (s *Session) Judge(t suites.T, c suites.Check) {
	t.Helper()
	if s.perform != nil {
		s.perform(t, c)
		return
	}
	t = accuser{t, s}
	d := &deployment{session: s, check: c, kit: fixtures.NewKit(s.config.Seed, c.ID, s.config.BotBody)}
	defer d.takeBack(t.Context())
	if c.Over == nil {
		d.claimed(t)
	}
	if c.Over != nil {
		c.Over(t, d, s.record.observations())
		return
	}
	c.Run(t, d)
}
