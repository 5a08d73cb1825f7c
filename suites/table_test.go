package suites_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestEveryClauseHasACheck(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		contract, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		judged := map[string]bool{}
		for _, check := range suites.All(contract) {
			for _, clause := range check.Clauses {
				judged[clause] = true
			}
		}
		for _, clause := range contract.Clauses() {
			if clause.Binds == spec.Server {
				assert.Truef(t, judged[clause.ID], "%s: %s has no check", e, clause.ID)
			}
		}
	}
}

// TestEveryConditionIsUsed wants a check for each documented condition at each operation.
func TestEveryConditionIsUsed(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		contract, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		checks := suites.All(contract)
		for _, op := range contract.Operations() {
			for _, condition := range op.AllConditions() {
				assert.Truef(t, slices.ContainsFunc(checks, func(c suites.Check) bool {
					return slices.Contains(c.Clauses, condition.Clause) && (len(c.Operations) == 0 || slices.Contains(c.Operations, op.ID) ||
						// One limit stands for all: a run that exhausted each operation's would be an attack.
						condition.Clause == "rate.throttled")
				}), "%s: no check holds %s against %s", e, op.ID, condition.Clause)
			}
		}
	}
}

func TestChecksAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		contract, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, check := range suites.All(contract) {
			assert.Falsef(t, seen[check.ID], "%s: two checks are called %s", e, check.ID)
			seen[check.ID] = true
			assert.Contains(t, check.ID, "/")
			assert.NotEmpty(t, check.Clauses, check.ID)
			assert.NotEqualf(t, check.Run == nil, check.Final == nil, "%s has one of Run and Over", check.ID)
			for _, id := range check.Clauses {
				_, ok := contract.Clause(id)
				assert.True(t, ok, id)
			}
		}
	}
}

// TestGuardsAreHeldAgainstEveryKeyedOperation wants every operation of the document asked with every kind of bad key.
func TestGuardsAreHeldAgainstEveryKeyedOperation(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		contract, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		ids := map[string]bool{}
		for _, check := range suites.All(contract) {
			ids[check.ID] = true
		}
		for _, op := range contract.Operations() {
			if op.Guard != spec.KeyGuard || op.Socket {
				continue
			}
			for _, name := range []string{"auth/missing-key/", "auth/empty-key/", "auth/unknown-key/"} {
				assert.True(t, ids[name+op.ID], name+op.ID)
			}
			for _, s := range spec.Scopes() {
				assert.True(t, ids["scope/matrix/"+op.ID+"/"+string(s)], op.ID)
				assert.Equal(t, !op.Accepts(s), ids["scope/denied/"+op.ID+"/"+string(s)], op.ID)
			}
		}
	}
}

// TestRoutesOfThePages wants a check that looks for each operation that a page names, and no other check to be one.
func TestRoutesOfThePages(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		contract, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		looked := map[string]string{}
		for _, check := range suites.All(contract) {
			if check.Suite() == "implemented" || strings.HasSuffix(check.Clauses[0], ".fronted") {
				looked[check.Operations[0]] = check.Clauses[0]
			}
		}
		promised := 0
		for _, op := range contract.Operations() {
			if op.PromisedBy != "" {
				promised++
				assert.Equal(t, op.PromisedBy, looked[op.ID], op.ID)
			}
		}
		assert.Greater(t, promised, 5)
	}
}
