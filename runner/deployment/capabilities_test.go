package deployment_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// without stands before a deployment that does not have some parts of Vexa: as FastAPI does, it answers 404 for its paths, and 405 for
// its methods of paths that are there for others.
func without(t *testing.T, d *reference.Deployment, c *spec.Contract, capabilities []string) string {
	t.Helper()
	lacks := func(op *spec.Operation) bool { return slices.Contains(capabilities, op.Capability) }
	return referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		op := operationOf(c, r.Method+" "+r.URL.EscapedPath())
		if op != nil && !lacks(op) {
			return false
		}
		status, detail := http.StatusNotFound, "Not Found"
		for _, other := range c.Operations() {
			if op != nil && other.Path == op.Path && !lacks(other) {
				status, detail = http.StatusMethodNotAllowed, "Method Not Allowed"
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"detail":%q}`, detail)
		return true
	})
}

// TestProofOfCapabilities: what is not there is not judged, unless somebody claims it; nothing else is the worse for it, and a run on a
// deployment without it is whole.
func TestProofOfCapabilities(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		contract := referencetest.Contract(t, edition)
		all := contract.Capabilities()
		var lacking [][]string
		for _, capability := range all {
			lacking = append(lacking, []string{capability})
		}
		if len(all) > 1 {
			lacking = append(lacking, all)
		}
		for _, lacks := range lacking {
			for _, claimed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%v/claimed %t", edition, lacks, claimed), func(t *testing.T) {
					t.Parallel()
					d := start(t, edition)
					c := config(t, contract, without(t, d, contract, lacks), d.AdminToken)
					c.Allow = []spec.Effect{spec.Observe, spec.Write, spec.Bots, spec.Agent}
					verdict, exit := result.Skip, result.ExitKept
					if claimed {
						c.Has, verdict, exit = lacks, result.Fail, result.ExitBroken
					}
					run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
					require.NoError(t, err)
					assert.Equal(t, exit, run.ExitCode)
					assertLeftOut(t, c.Contract, run, lacks, verdict)
				})
			}
		}
	}
}

func assertLeftOut(t *testing.T, c *spec.Contract, run result.Run, lacks []string, verdict result.Verdict) {
	t.Helper()
	uses, stands := map[string]bool{}, map[string]bool{}
	for _, check := range suites.All(c) {
		for _, id := range check.Needs {
			op, _ := c.Operation(id)
			stands[check.ID] = stands[check.ID] || slices.Contains(lacks, op.Capability)
		}
		for _, id := range check.Operations {
			op, _ := c.Operation(id)
			uses[check.ID] = uses[check.ID] || slices.Contains(lacks, op.Capability)
		}
	}
	left := 0
	for _, check := range run.Checks {
		if stands[check.ID] && verdict == result.Fail {
			assert.Equal(t, result.Skip, check.Verdict, check.ID) // it needs what is claimed, and is about something else
			continue
		}
		if !uses[check.ID] && !stands[check.ID] {
			assert.NotContains(t, []result.Verdict{result.Fail, result.Blocked, result.Error}, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
			continue
		}
		if strings.Contains(check.Reason, "needs --allow ") || strings.Contains(check.Reason, "see --hosted") {
			continue
		}
		left++
		assert.Equal(t, verdict, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
		assert.Contains(t, check.Reason+check.Actual, "is not there")
	}
	assert.Greater(t, left, 4)
}
