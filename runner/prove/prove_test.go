package prove_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/prove"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestFaults proves some of each kind: written and generated faults, of both editions. `make prove` proves all.
func TestFaults(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for name, row := range map[string]struct {
		edition spec.Edition
		only    []string
	}{
		"a guard":            {spec.V010, []string{"getMe/missing-key/*"}},
		"a stream":           {spec.V012, []string{"stream.resume"}},
		"a later edition":    {"v0.10.6", []string{"bots.accepted"}},
		"refusing the right": {spec.V012, []string{"getTranscript/success/*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proof, err := prove.Run(t.Context(), prove.Config{Editions: []spec.Edition{row.edition}, Only: row.only, Parallel: 4, Version: "test"})
			require.NoError(t, err)
			assert.Empty(t, proof.Problems)
			assert.Greater(t, proof.Summary.Faults, 3)
			assert.Equal(t, proof.Summary.Faults, proof.Summary.Caught+proof.Summary.Undetectable)
			assert.Zero(t, proof.ExitCode)
		})
	}
}

func TestAPatternThatMatchesNothing(t *testing.T) {
	t.Parallel()
	_, err := prove.Run(t.Context(), prove.Config{Editions: []spec.Edition{spec.V010}, Only: []string{"duplicate-acepted"}})
	var unknown *plan.UnknownPattern
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, "duplicate-accepted", unknown.Nearest)
}

// TestBadChecksAreNoticed gives the proof checks that are worth nothing.
func TestBadChecksAreNoticed(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	replace := func(id string, run func(suites.T, suites.Deployment)) func(*spec.Contract) []suites.Check {
		return func(c *spec.Contract) []suites.Check {
			checks := suites.All(c)
			checks[slices.IndexFunc(checks, func(c suites.Check) bool { return c.ID == id })].Run = run
			return checks
		}
	}
	const check = "auth/missing-key/getMe"
	for name, row := range map[string]struct {
		checks  func(*spec.Contract) []suites.Check
		only    string
		outcome result.Outcome
		says    string
	}{
		"one that cannot fail": {
			replace(check, func(t suites.T, d suites.Deployment) { d.Probe(t, "getMe", spec.Nobody) }),
			"getMe/missing-key/reworded", result.Missed, "no check of auth.missing-key failed",
		},
		"one that sends nothing": {
			replace(check, func(suites.T, suites.Deployment) {}), "getMe/missing-key/reworded", result.Missed, "no check gets such an answer",
		},
		"one that fails for another's fault": {
			replace(check, func(t suites.T, d suites.Deployment) {
				if a := d.Probe(t, "getMe", spec.Unknown); a.JSON().Get("detail").String() != "Invalid API key" {
					t.Broken(a, spec.Mismatch{Clause: "auth.missing-key", Expected: "x", Actual: "y"})
				}
			}), "getMe/unknown-key/reworded", result.Alarm, "it does not break auth.missing-key",
		},
		"one that is stricter than the page": {
			replace(check, func(t suites.T, d suites.Deployment) {
				if a := d.Probe(t, "getMe", spec.Owner); a.Header.Get("Content-Type") != "application/json" {
					t.Broken(a, spec.Mismatch{Clause: "auth.missing-key", Expected: "x", Actual: "y"})
				}
			}), "charset", result.Alarm, "it does not break auth.missing-key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proof, err := prove.Run(t.Context(), prove.Config{
				Editions: []spec.Edition{spec.V010}, Only: []string{row.only}, Parallel: 1, Checks: func(c *spec.Contract) []suites.Check {
					checks := row.checks(c)
					return slices.DeleteFunc(checks, func(c suites.Check) bool {
						return c.ID != check && c.ID != "auth/missing-key/listMeetings" && c.Final == nil
					})
				},
			})
			require.NoError(t, err)
			require.Len(t, proof.Problems, 1)
			assert.Contains(t, proof.Problems[0], string(row.outcome)+": "+row.says)
			assert.Equal(t, result.ExitBroken, proof.ExitCode)
		})
	}
}

// TestABusyMachine makes a trial whose check has no verdict once more, and no more than that.
func TestABusyMachine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		blocked  int32 // so many trials
		problems int
	}{"busy once": {1, 0}, "does not answer": {100, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			proof, err := prove.Run(t.Context(), prove.Config{Editions: []spec.Edition{spec.V010}, Only: []string{"charset"}, Checks: func(*spec.Contract) []suites.Check {
				return []suites.Check{{ID: "auth/a", Clauses: []string{"auth.missing-key"}, Run: func(t suites.T, d suites.Deployment) {
					d.Probe(t, "getMe", spec.Nobody)
					if call := calls.Add(1); call > 1 && call <= 1+row.blocked { // the first is the unmodified reference's
						t.Blocked("no whole answer")
					}
				}}}
			}})
			require.NoError(t, err)
			assert.Len(t, proof.Problems, row.problems)
			assert.EqualValues(t, 3, calls.Load())
		})
	}
}

// TestAReferenceThatIsNotCleanProvesNothing has a check that fails on the whole reference.
func TestAReferenceThatIsNotCleanProvesNothing(t *testing.T) {
	t.Parallel()
	_, err := prove.Run(t.Context(), prove.Config{Editions: []spec.Edition{spec.V010}, Checks: func(c *spec.Contract) []suites.Check {
		checks := suites.All(c)[:1]
		return append(checks[:0], suites.Check{
			ID: "auth/always", Clauses: []string{"auth.missing-key"}, Effect: spec.Observe,
			Run: func(t suites.T, _ suites.Deployment) { t.Errorf("never good enough") },
		})
	}})
	assert.ErrorContains(t, err, "not clean")
}

// TestAnInterrupt while the whole reference is judged does not make it unclean.
func TestAnInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := prove.Run(ctx, prove.Config{Editions: []spec.Edition{spec.V010}, Checks: func(c *spec.Contract) []suites.Check {
		return []suites.Check{{ID: "auth/a", Clauses: []string{"auth.missing-key"}, Run: func(suites.T, suites.Deployment) { cancel() }}}
	}})
	assert.ErrorIs(t, err, context.Canceled)
}
