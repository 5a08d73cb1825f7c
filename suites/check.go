// Package suites holds the checks: executable evidence for the clauses of the contract, a file for each area. Most are
// rows of a table, some are small scenarios. They know operations, callers and clauses; what is expected of an answer
// stands in the document (package spec), and how a request travels is the runner's business.
package suites

import (
	"context"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// Check is executable evidence for one clause or a few. Its id, "suite/name", is stable: people keep it in lists of
// known failures. Exactly one of Run and Over is set.
type Check struct {
	ID      string
	Clauses []string
	// Effect is the worst that the check can do to a target, also to one that breaks the promise.
	Effect spec.Effect
	// Operations are those whose answers the check judges.
	Operations []string
	// OwnTenant says that the check changes what belongs to its user, so that it needs a throwaway one.
	OwnTenant bool
	// Kind says of which deployments the clause is promised.
	Kind Kind
	// Run sends requests and judges the answers.
	Run func(t T, d Deployment)
	// Over judges every answer of the run, after all checks that send.
	Over func(t T, d Deployment, all []Observation)
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
	Broken(shown spec.Answer, m spec.Mismatch)
	// Blocked ends the check without a verdict on the promise: something that it stands on failed.
	Blocked(format string, args ...any)
	// Skipf ends the check: the target does not claim what it is about, or the operator did not give what it needs.
	Skipf(format string, args ...any)
}

// Deployment is the target as a check sees it: operations to call and by whom, and nothing of how.
type Deployment interface {
	Contract() *spec.Contract
	// Fixtures gives the payloads and ids of this check: the same for the same seed, and no other check's.
	Fixtures() *fixtures.Kit
	// Call sends one request and returns its answer. A throttled request (429) is waited out and sent again; without
	// an answer, or without a key for the caller, the check ends.
	Call(t T, c spec.Call) spec.Answer
	// Probe is Call with the harmless request of an operation, sent once a run for each operation and caller.
	Probe(t T, operation string, caller spec.Caller) spec.Answer
	// Burst releases the calls at once and returns their answers in the order of the calls. Nothing is sent again.
	Burst(t T, calls []spec.Call) []spec.Answer
	// Twin sends once a run what should be accepted, with a kit of its own, and returns the answer.
	Twin(t T, name string, accept func(k *fixtures.Kit) spec.Answer) spec.Answer
	// Undo has a call sent when the check ends, to take back what it made. It returns how to call that off.
	Undo(c spec.Call) (forget func())
	// Await polls until done is true or the target's patience is over, and says which.
	Await(t T, done func() bool) bool
	// Pause waits that long, or until the run is interrupted, which ends the check.
	Pause(t T, wait time.Duration)
	// Allows says whether the operator allows an effect.
	Allows(e spec.Effect) bool
	// Provisioning is what was sent to make this run's users and keys.
	Provisioning() []Observation
	// Missing says whether the deployment answers an operation as it answers a path that does not exist.
	Missing(t T, operation string) bool
}

// Observation is one request of the run and its answer.
type Observation struct {
	Check     string
	Operation *spec.Operation
	Call      spec.Call
	Answer    spec.Answer
}

// All returns the checks of an edition in the order of the contract's areas.
func All(c *spec.Contract) []Check {
	var all []Check
	for _, suite := range []func(*spec.Contract) []Check{
		envelope, badInput, leftovers, auth, scope, admin, bots, botLife, meetings, tenancy, retry, agent, rate,
	} {
		all = append(all, suite(c)...)
	}
	return bound(c, all)
}

// bound keeps the checks whose clauses bind servers in the edition and whose operations its document has.
func bound(c *spec.Contract, all []Check) []Check {
	kept := make([]Check, 0, len(all))
	for _, check := range all {
		clauses := make([]string, 0, len(check.Clauses))
		for _, id := range check.Clauses {
			if clause, ok := c.Clause(id); ok && clause.Binds == spec.Server {
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

func documented(c *spec.Contract, operations []string) bool {
	for _, id := range operations {
		if _, ok := c.Operation(id); !ok {
			return false
		}
	}
	return true
}
