package result_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/result"
)

// TestWorse: of two verdicts about one clause the worse one counts, and none is worse than itself.
func TestWorse(t *testing.T) {
	t.Parallel()
	order := []result.Verdict{result.Skip, result.Pass, result.Blocked, result.Error, result.Fail}
	for i, v := range order {
		for j, w := range order {
			assert.Equal(t, i > j, v.Worse(w), "%s against %s", v, w)
		}
	}
	assert.ElementsMatch(t, order, result.Verdicts())
}

// TestCount: each outcome of a fault is counted once, and a variation is no fault.
func TestCount(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault result.ProvenFault
		want  result.ProofSummary
	}{
		"caught":          {result.ProvenFault{Kind: result.Written, Outcome: result.Caught}, result.ProofSummary{Faults: 1, Caught: 1}},
		"missed":          {result.ProvenFault{Kind: result.Generated, Outcome: result.Missed}, result.ProofSummary{Faults: 1, Missed: 1}},
		"untold":          {result.ProvenFault{Kind: result.Generated, Outcome: result.Undetectable}, result.ProofSummary{Faults: 1, Undetectable: 1}},
		"alarm":           {result.ProvenFault{Kind: result.Written, Outcome: result.Alarm}, result.ProofSummary{Faults: 1, Alarms: 1}},
		"variation":       {result.ProvenFault{Kind: result.Variation, Outcome: result.Quiet}, result.ProofSummary{Variations: 1}},
		"loud variation":  {result.ProvenFault{Kind: result.Variation, Outcome: result.Alarm}, result.ProofSummary{Variations: 1, Alarms: 1}},
		"missed, written": {result.ProvenFault{Kind: result.Written, Outcome: result.Missed}, result.ProofSummary{Faults: 1, Missed: 1}},
	} {
		got := result.ProofSummary{ByKind: map[result.FaultKind]int{row.fault.Kind: 2}}
		got.Count(row.fault)
		row.want.ByKind = map[result.FaultKind]int{row.fault.Kind: 3}
		if row.want.Faults > 0 {
			row.want.Sorts = []result.FaultSort{{Faults: 1, Caught: row.want.Caught, Undetectable: row.want.Undetectable}}
		}
		assert.Equal(t, row.want, got, name)
	}
}

func TestArea(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "auth", result.Check{ID: "auth/missing-key/getMe"}.Area())
	assert.Equal(t, "alone", result.Check{ID: "alone"}.Area())
}

func TestSortsAreCounted(t *testing.T) {
	t.Parallel()
	s := result.ProofSummary{ByKind: map[result.FaultKind]int{}}
	for _, f := range []result.ProvenFault{{Sort: "b", Outcome: result.Caught}, {Sort: "a", Outcome: result.Undetectable}, {Sort: "b", Outcome: result.Missed}} {
		s.Count(f)
	}
	assert.Equal(t, []result.FaultSort{{Sort: "b", Faults: 2, Caught: 1}, {Sort: "a", Faults: 1, Undetectable: 1}}, s.Sorts, "in the order in which they come")
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "looks like your setup; next: bring it up", result.OwnerSetup.Advice("bring it up"))
	assert.Equal(t, "looks like this release; next: nothing", result.OwnerRelease.Advice("nothing"))
	assert.Equal(t, "owner unknown", result.OwnerUnknown.Advice(""))
	assert.Empty(t, result.Owner("").Advice("what an older report does not say"))
}
