package record

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

func TestClausesTakeTheWorstVerdict(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		verdicts []result.Verdict
		want     result.Verdict
	}{
		"no check":       {nil, result.Skip},
		"kept":           {[]result.Verdict{result.Pass, result.Pass}, result.Pass},
		"judged in part": {[]result.Verdict{result.Skip, result.Pass, result.Skip}, result.Pass},
		"never judged":   {[]result.Verdict{result.Skip}, result.Skip},
		"one blocked":    {[]result.Verdict{result.Pass, result.Blocked}, result.Blocked},
		"one broken":     {[]result.Verdict{result.Blocked, result.Fail, result.Pass, result.Error}, result.Fail},
		"the harness's":  {[]result.Verdict{result.Blocked, result.Error}, result.Error},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var checks []result.Check
			for _, v := range row.verdicts {
				checks = append(checks, result.Check{ID: "a/b", Clauses: []string{"a.b"}, Verdict: v, Reason: "r"})
			}
			clauses := Clauses(plan.Plan{Clauses: []spec.Clause{{ID: "a.b"}}}, checks)
			require.Len(t, clauses, 1)
			assert.Equal(t, row.want, clauses[0].Verdict)
			assert.Len(t, clauses[0].Checks, len(row.verdicts))
		})
	}
}
