package record

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/result"
)

// TestWhyNot: a clause does not apply if none of its checks does, and says what to allow if one of them needs that.
func TestWhyNot(t *testing.T) {
	t.Parallel()
	none := result.Check{NotApplicable: true, Reason: "not here"}
	bots, agent := result.Check{NeedsAllow: "observe,write,bots", Reason: "bots"}, result.Check{NeedsAllow: "observe,write,agent", Reason: "agent"}
	keys := result.Check{Reason: "there is no key"}
	for name, row := range map[string]struct {
		checks []result.Check
		want   result.Clause
	}{
		"none applies":       {[]result.Check{none, none}, result.Clause{NotApplicable: true, Reason: "not here"}},
		"one needs a key":    {[]result.Check{none, keys}, result.Clause{Reason: "there is no key"}},
		"two need effects":   {[]result.Check{none, agent, bots}, result.Clause{NeedsAllow: "observe,write,bots,agent", Reason: "agent"}},
		"there is no check":  {nil, result.Clause{Reason: "not here"}},
		"one of them passed": {[]result.Check{{Verdict: result.Pass}, bots}, result.Clause{Verdict: result.Pass, Reason: "not here"}},
	} {
		c := result.Clause{ID: "a.a", Verdict: result.Skip, Reason: "not here"}
		for i := range row.checks {
			row.checks[i].ID = string(rune('a' + i))
			c.Checks = append(c.Checks, row.checks[i].ID)
			if row.checks[i].Verdict == "" {
				row.checks[i].Verdict = result.Skip
			} else {
				c.Verdict = row.checks[i].Verdict
			}
		}
		whyNot(&c, row.checks)
		want := row.want
		want.ID, want.Checks = c.ID, c.Checks
		if want.Verdict == "" {
			want.Verdict = result.Skip
		}
		assert.Equal(t, want, c, name)
	}
}
