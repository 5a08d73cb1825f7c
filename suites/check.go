// Package suites holds the checks: executable evidence for the clauses of the contract, a file for each area. Most are
// rows of a table, some are small scenarios. They know operations, callers and clauses; what is expected of an answer
// stands in the document (package spec), and how a request travels is the runner's business.
package suites

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// Check is executable evidence for one clause or a few. Its id, "suite/name", is stable: people keep it in lists of
// known failures. Exactly one of Run, Over, Client and Handler is set, by who is bound.
type Check struct {
	ID      string
	Clauses []string
	// Effect is the worst that the check can do to a target, also to one that breaks the promise.
	Effect spec.Effect
	// Operations are those whose answers the check judges.
	Operations []string
	// Needs are other operations that it uses without judging them.
	Needs []string
	// OwnTenant says that the check changes what belongs to its user, so that it needs a throwaway one.
	OwnTenant bool
	// Disposable is what of the operator's the check can take where it would otherwise start a bot; UsesUp that this uses it up.
	Disposable fixtures.Thing
	UsesUp     bool
	// Revokes says that the check asks with a revoked key, or for how one was revoked. The run revokes the other user's, once the
	// checks that ask with it are done.
	Revokes bool
	// Alone says that no other check may run meanwhile.
	Alone bool
	// Kind says of which deployments the clause is promised.
	Kind Kind
	// Run sends requests and judges the answers.
	Run func(t T, d Deployment)
	// Final judges every answer of the run, after all checks that send.
	Final func(t T, d Deployment, all []Observation)
	// Client judges what a client program sends, and Actions are what it is asked to do.
	Client  func(t T, p Program)
	Actions []fixtures.Action
	// Handler judges how a webhook receiver takes deliveries.
	Handler func(t T, h Handler)
}

// Kind is a kind of deployment.
type Kind int

// The kinds: a clause about limits may bind only one of them.
const (
	AnyKind Kind = iota
	SelfHosted
	Hosted
)

// Suite is the area that the check belongs to: the first part of its id.
func (c Check) Suite() string {
	suite, _, _ := strings.Cut(c.ID, "/")
	return suite
}

// T is what a check reports to. The runner's recorder satisfies it, and so does *testing.T through the adapter of
// package gotest; testify's assert and require work on both.
type T interface {
	Errorf(format string, args ...any)
	FailNow()
	Helper()
	Logf(format string, args ...any)
	// Context ends when the run is interrupted.
	Context() context.Context
	// Broken says that a promise is broken, and which answer shows it. The check goes on.
	Broken(shown spec.Response, m spec.Mismatch)
	// Blocked ends the check without a verdict on the promise: something that it needs failed.
	Blocked(format string, args ...any)
	// Skipf ends the check: the operator did not give what it needs. Its promise applies, and is not judged.
	Skipf(format string, args ...any)
	// NotApplicable ends the check: its promise does not apply to this target, whatever the operator would give.
	NotApplicable(format string, args ...any)
}

// Deployment is the target as a check sees it: operations to call and by whom, and nothing of how.
type Deployment interface {
	Contract() *spec.Contract
	// Fixtures gives the payloads and ids of this check: the same for the same seed, and no other check's.
	Fixtures() *fixtures.Kit
	// Call sends one request and returns its answer. A throttled request (429) is waited out and sent again; without
	// an answer, without a key for the caller, or without the route (see Implemented), the check ends.
	Call(t T, c spec.Call) spec.Response
	// Attempt is Call for what must not be sent again unseen: where the network lost the answer, it returns that.
	Attempt(t T, c spec.Call) (a spec.Response, lost error)
	// Probe is Call with the harmless request of an operation, sent once a run for each operation and caller.
	Probe(t T, operation string, caller spec.Caller) spec.Response
	// Burst releases the calls at once and returns their answers in the order of the calls. Nothing is sent again.
	Burst(t T, calls []spec.Call) []spec.Response
	// Control sends once a run what should be accepted, with a kit of its own, and returns the answer.
	Control(t T, name string, accept func(k *fixtures.Kit) spec.Response) spec.Response
	// Undo has a request sent when the check ends, to clean up. It returns how to cancel that.
	Undo(c spec.Call) (forget func())
	// Await polls until done is true or the target's patience is over, and says which.
	Await(t T, done func() bool) bool
	// AwaitStable reads a state until it stays the same for a while, and returns it: a deployment may read from a copy that follows
	// what is written, and go on with a meeting after its end. What never comes to rest ends the check.
	AwaitStable(t T, read func() gjson.Result) gjson.Result
	// Pause waits that long, or until the run is interrupted, which ends the check.
	Pause(t T, wait time.Duration)
	// Stream opens a stream of Server-Sent Events, which is read from then on until its end, the call's cut, or the end of
	// the check. It returns at once.
	Stream(t T, c spec.Call) Stream
	// Socket opens a WebSocket in the same way.
	Socket(t T, c spec.Call) Socket
	// Webhooks opens, once a run, a receiver that the deployment can reach. Where there can be none the check is skipped.
	Webhooks(t T) Webhooks
	// Stimulus is the prompt that makes an agent's turn end in some way on this deployment. Where the operator gave none the
	// check is skipped.
	Stimulus(t T, outcome fixtures.Outcome) string
	// BotThatCannotJoin is the body of a POST /bots for a bot that fails to join. Provoked is false if the operator gave nothing
	// that makes it fail.
	BotThatCannotJoin(m fixtures.Meeting) (bot map[string]any, provoked bool)
	// OwnMeeting is a meeting of the operator's that lets a bot in, and that no other check has until this one ends: the same one
	// again where it is asked for again. It is nil where the operator names none.
	OwnMeeting(t T) fixtures.OwnMeeting
	// Disposable is what the operator names of the check's kind; the check's owner is then the operator's own user.
	Disposable() fixtures.Disposable
	// Outage has a backend of the deployment taken down, calls during with the operations that need it, and has it brought back.
	// Where the operator gave no commands for that the check is skipped.
	Outage(t T, during func(routes []string))
	// MissingKey says what the operator would have to give for a caller of an operation to have a credential; empty if
	// there is one.
	MissingKey(t T, operation string, caller spec.Caller) (give string)
	// OwnTenant says that the users are throwaway ones of the run. With keys that were given, others may act in their name meanwhile.
	OwnTenant() bool
	// Allows says whether the operator allows an effect.
	Allows(e spec.Effect) bool
	// Provisioning is what was sent to make this run's users and keys until now, those of the callers among them.
	Provisioning(t T, callers ...spec.Caller) []Observation
	// Implemented says whether the deployment has an operation at its own port: it does not if it answers it as it
	// answers an unknown path or method. The answer shows it.
	Implemented(t T, operation string) (spec.Response, bool)
	// Public says whether the public base URL has an operation, at its path or at an alias. The answer shows it.
	Public(t T, operation string) (spec.Response, bool)
	// GuardProbe is Probe where the operation's guard is promised: at the public base URL. The check ends if that does
	// not have the operation, but for a guard of the admin API, which is then judged at the operation's own port.
	GuardProbe(t T, operation string, caller spec.Caller) spec.Response
	// AsUnknownPath says whether GuardProbe is answered like a request for a path that does not exist.
	AsUnknownPath(t T, operation string, caller spec.Caller) bool
	// GuardElsewhere says that GuardProbe asks another base URL than Call.
	GuardElsewhere(t T, operation string) bool
}

// Stream is what comes, bit by bit, after one request.
type Stream interface {
	// Until waits until enough is true of what was received, or nothing more will come, or the target's patience (until
	// the head is there, the timeout of an answer) is over; and returns what was received.
	Until(t T, until func(spec.StreamLog) bool) spec.StreamLog
}

// Socket is a WebSocket.
type Socket interface {
	Stream
	// Say sends a message as JSON text.
	Say(t T, message map[string]any)
}

// Webhooks are the deliveries that the deployment makes.
type Webhooks interface {
	// URL is where the deployment can reach the receiver; Secret is what it is to sign with.
	URL() string
	Secret() string
	// Refuse has the first delivery that holds a text answered 503, and every other one 200.
	Refuse(text string)
	// Received are the deliveries that hold a text, in the order in which they came.
	Received(text string) []spec.Delivery
	// Expected says that the operator named the receiver's address, so that deliveries should come.
	Expected() bool
}

// Observation is one request of the run and its answer.
type Observation struct {
	Check     string
	Operation *spec.Operation
	Call      spec.Call
	Response  spec.Response
	// Accused says that a check has shown a broken promise with the answer.
	Accused bool
}

// All returns the checks of what binds a deployment of an edition, in the order of the contract's areas.
func All(c *spec.Contract) []Check { return Of(c, spec.Server) }

// Of returns the checks of what binds a party in an edition, in the order of the contract's areas.
func Of(c *spec.Contract, p spec.Party) []Check {
	suites := map[spec.Party][]func(*spec.Contract) []Check{
		spec.Server: {
			envelope, badInput, leftovers, auth, scope, admin, bots, botLife, plans, meetings, deletes, tenancy, retry, agent, stream,
			resume, socket, webhook, outage, rate, implemented,
		},
		spec.Client:  {clientRetries, clientWaits, clientCreates, clientStreams},
		spec.Handler: {handlerDedupes, handlerAcks},
	}
	var all []Check
	for _, suite := range suites[p] {
		all = append(all, suite(c)...)
	}
	return bound(c, p, all)
}

// bound keeps the checks whose clauses bind the party in the edition and whose operations its document has. It panics
// if a check names a clause or an operation that no edition has: it would vanish, and with it what it should judge.
func bound(c *spec.Contract, p spec.Party, all []Check) []Check {
	kept := make([]Check, 0, len(all))
	for _, check := range all {
		mustExist(c, check)
		clauses := make([]string, 0, len(check.Clauses))
		for _, id := range check.Clauses {
			if clause, ok := c.Clause(id); ok && clause.Binds == p {
				clauses = append(clauses, id)
			}
		}
		check.Clauses = clauses
		if len(clauses) > 0 && documented(c, check.Operations) {
			kept = append(kept, check)
		}
	}
	return kept
}

func mustExist(c *spec.Contract, check Check) {
	for _, id := range check.Clauses {
		if !spec.KnownClause(id) {
			panic(fmt.Sprintf("the check %s names the clause %q, which clauses.yaml does not have", check.ID, id))
		}
	}
	for _, id := range slices.Concat(check.Operations, check.Needs) {
		if _, own := c.Operation(id); !own && !spec.KnownOperation(id) { // an operator's contract may have more
			panic(fmt.Sprintf("the check %s names the operation %q, which no document has", check.ID, id))
		}
	}
}

func documented(c *spec.Contract, operations []string) bool {
	for _, id := range operations {
		if _, ok := c.Operation(id); !ok {
			return false
		}
	}
	return true
}
