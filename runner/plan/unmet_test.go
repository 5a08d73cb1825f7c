package plan

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/runner/result"
)

// TestUnmet: what a pattern chooses needs a verdict, but for what does not apply; so does the share of the clauses that
// apply.
func TestUnmet(t *testing.T) {
	t.Parallel()
	r := result.Run{
		Clauses: []result.Clause{
			{ID: "a.kept", Verdict: result.Pass}, {ID: "a.broken", Verdict: result.Fail}, {ID: "b.skipped", Verdict: result.Skip},
			{ID: "c.hosted", Verdict: result.Skip, NotApplicable: true}, {ID: "d.blocked", Verdict: result.Blocked},
		},
		Checks: []result.Check{
			{ID: "a/kept/one", Verdict: result.Pass}, {ID: "a/kept/two", Verdict: result.Skip, NotApplicable: true},
			{ID: "e/kept", Verdict: result.Pass}, {ID: "e/left", Verdict: result.Skip},
		},
		Summary: result.Summary{Clauses: map[result.Verdict]int{result.Pass: 1, result.Fail: 1}, NotApplicable: 1},
	}
	for name, row := range map[string]struct {
		patterns []string
		share    float64
		want     []string
	}{
		"nothing":                 {nil, 0, nil},
		"kept and broken":         {[]string{"a.*"}, 0, nil},
		"skipped":                 {[]string{"b.*"}, 0, []string{"--require b.*: no verdict on b.skipped"}},
		"blocked":                 {[]string{"d.blocked"}, 0, []string{"--require d.blocked: no verdict on d.blocked"}},
		"not applicable alone":    {[]string{"c.hosted"}, 0, []string{"--require c.hosted: nothing of it applies here or was chosen"}},
		"not applicable, others":  {[]string{"*.kept", "a/kept"}, 0, nil},
		"checks":                  {[]string{"e"}, 0, []string{"--require e: no verdict on e/left"}},
		"many":                    {[]string{"*"}, 0, []string{"--require *: no verdict on b.skipped, d.blocked, e/left"}},
		"not chosen":              {[]string{"f.f"}, 0, []string{"--require f.f: nothing of it applies here or was chosen"}},
		"a share that is reached": {nil, 50, nil},
		"a share that is not":     {nil, 51, []string{"--require-share 51%: 2 of 4 clauses were judged, 50%"}},
	} {
		assert.Equal(t, row.want, Selection{Require: row.patterns, RequireShare: row.share}.Unmet(r), name)
	}
}
