package suites_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestFaults breaks one promise of the reference at a time, and wants each broken one named, and no other.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		for _, hosted := range []bool{false, true} {
			if hosted && edition == spec.V010 {
				continue // the edition knows no hosted kind
			}
			for _, fault := range reference.Faults(string(edition), hosted) {
				if hosted && !fault.Hosted {
					continue // it is the self-hosted one's too
				}
				t.Run(string(edition)+"/"+fault.Name, func(t *testing.T) {
					t.Parallel()
					run := judgeBroken(t, edition, hosted, fault.Name)
					var broken []string
					for _, clause := range run.Clauses {
						if clause.Verdict == result.Fail {
							broken = append(broken, clause.ID)
						}
					}
					assert.Equal(t, slices.Sorted(slices.Values(fault.Clauses)), slices.Sorted(slices.Values(broken)), failures(run))
					if len(fault.Clauses) > 0 {
						assert.Equal(t, result.ExitBroken, run.ExitCode)
					}
					for _, clause := range run.Clauses {
						if slices.Contains(fault.Reported, clause.ID) {
							assert.Equal(t, result.Skip, clause.Verdict, clause.ID)
							assert.Contains(t, clause.Reason, "was not sent again")
						}
					}
				})
			}
		}
	}
}

func judgeBroken(t *testing.T, edition spec.Edition, hosted bool, fault string) result.Run {
	t.Helper()
	d, err := reference.Start(t.Context(), reference.Options{Edition: string(edition), Hosted: hosted, Faults: []string{fault}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	c := config(t, edition, spec.Effects(), runner.Target{
		BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Hosted: hosted, Reference: true,
	}, fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), time.Second)
	run, err := runner.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	return run
}

// failures says which checks failed and how, for the one who has to find out why.
func failures(run result.Run) string {
	text := ""
	for _, check := range run.Checks {
		if check.Verdict != result.Pass && check.Verdict != result.Skip {
			text += "\n" + string(check.Verdict) + " " + check.ID + ": expected " + check.Expected + ", got " + check.Actual + " " + check.Reason
		}
	}
	return text
}
