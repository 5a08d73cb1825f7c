package client_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/clients"
	"vexa-conformance/fixtures/clients/clientstest"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/client"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// judgeClient holds a client program against what binds clients in an edition.
func judgeClient(t *testing.T, e spec.Edition, command ...string) result.Run {
	t.Helper()
	return judgeOnly(t, e, nil, command...)
}

// judgeOnly is that with some of the checks.
func judgeOnly(t *testing.T, e spec.Edition, only []string, command ...string) result.Run {
	t.Helper()
	run, err := client.Run(t.Context(), client.Config{
		Selection: plan.Selection{Only: only, Contract: referencetest.Contract(t, e), Actions: fixtures.Actions(), Strength: spec.Should},
		Command:   command, Parallel: 16, Patience: clientPatience,
	})
	require.NoError(t, err)
	return run
}

// clientPatience is long beside the seconds that the sample client takes for its longest scenario, on a busy machine too.
const clientPatience = 15 * time.Second

// TestProofOfClients: the sample client keeps all that binds clients. Each way to be wrong is found by the checks of the
// promise that it breaks and by no other, and each check finds one.
func TestProofOfClients(t *testing.T) {
	referencetest.Exhaustive(t)
	caller := clientstest.Build(t, "caller")
	var (
		mu    sync.Mutex
		found = map[string]bool{}
	)
	t.Run("faults", func(t *testing.T) {
		for _, e := range spec.Editions() {
			t.Run(string(e)+"/right", func(t *testing.T) {
				t.Parallel()
				run := judgeClient(t, e, caller)
				for range disturbed { // a busy machine may leave its jitter without a verdict
					if run.ExitCode != result.ExitInconclusive {
						break
					}
					run = judgeClient(t, e, caller)
				}
				for _, check := range run.Checks {
					assert.Equalf(t, result.Pass, check.Verdict, "%s: %s%s", check.ID, check.Reason, check.Actual)
				}
				assert.Equal(t, result.ExitKept, run.ExitCode)
			})
			for _, f := range faultsOf(t, e) {
				t.Run(string(e)+"/"+f.Name, func(t *testing.T) {
					t.Parallel()
					run := judgeClient(t, e, caller, "-fault", f.Name)
					for range disturbed {
						if asExpected(run, f) {
							break
						}
						run = judgeClient(t, e, caller, "-fault", f.Name)
					}
					for _, clause := range run.Clauses {
						breaks := slices.Contains(f.Clauses, clause.ID)
						assert.Equalf(t, breaks, clause.Verdict == result.Fail, "%s: %s", clause.ID, clientstest.Reasons(run, clause.ID))
					}
					mu.Lock()
					defer mu.Unlock()
					for _, check := range run.Checks {
						found[check.ID] = found[check.ID] || check.Verdict == result.Fail
					}
				})
			}
		}
	})
	for _, e := range spec.Editions() {
		for _, check := range suites.Of(referencetest.Contract(t, e), spec.Client) {
			assert.Truef(t, found[check.ID] || finds(t, e, check, caller), "no sample client that is wrong is found by %s", check.ID)
		}
	}
}

// finds says whether a check finds a client that breaks its promise where nothing else goes on: on a busy machine waits that are the
// same look as if they differed.
func finds(t *testing.T, e spec.Edition, check suites.Check, caller string) bool {
	t.Helper()
	for _, f := range faultsOf(t, e) {
		if !slices.ContainsFunc(check.Clauses, func(clause string) bool { return slices.Contains(f.Clauses, clause) }) {
			continue
		}
		run := judgeOnly(t, e, []string{check.ID}, caller, "-fault", f.Name)
		if slices.ContainsFunc(run.Checks, func(c result.Check) bool { return c.ID == check.ID && c.Verdict == result.Fail }) {
			return true
		}
	}
	return false
}

// disturbed is how often a client is judged again that was not found to be what it is. Its waits are judged by the clock, and whether
// it was refused is seen by what the whole machine counts, to which other tests add.
const disturbed = 2

func asExpected(run result.Run, f clients.Fault) bool {
	return !slices.ContainsFunc(run.Clauses, func(clause result.Clause) bool {
		return slices.Contains(f.Clauses, clause.ID) != (clause.Verdict == result.Fail)
	})
}

// faultsOf are those that break something in an edition.
func faultsOf(t *testing.T, e spec.Edition) []clients.Fault {
	return slices.DeleteFunc(clients.Caller(), func(f clients.Fault) bool {
		return !slices.ContainsFunc(f.Clauses, func(id string) bool {
			_, ok := referencetest.Contract(t, e).Clause(id)
			return ok
		})
	})
}
