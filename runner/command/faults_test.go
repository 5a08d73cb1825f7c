package command_test

import (
	"testing"

	"vexa-conformance/fixtures/reference/referencetest"

	"github.com/stretchr/testify/assert"
)

// TestFaultsAreListedAndExplained: what serve takes by name can be found by name.
func TestFaultsAreListedAndExplained(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for name, row := range map[string]struct {
		args     []string
		has, not []string
	}{
		"all":               {[]string{"list", "--faults"}, []string{"duplicate-accepted", "getMe/missing-key/reworded", "v0.10:", "v0.12:"}, nil},
		"of one edition":    {[]string{"list", "--faults", "--edition", "v0.10"}, []string{"delete-meeting-not-idempotent"}, []string{"agent-not-fronted"}},
		"of a clause":       {[]string{"list", "--faults", "--only", "stream.rejected"}, []string{"violations-null"}, []string{"duplicate-accepted"}},
		"explained":         {[]string{"explain", "done-twice"}, []string{"a failed turn is done twice", "Breaks: stream.done-not-ok", "serve --edition v0.12 --fault done-twice"}, nil},
		"explained, hosted": {[]string{"explain", "throttled-is-503-unlisted"}, []string{"serve --edition v0.12 --hosted --fault"}, nil},
		"explained, made":   {[]string{"explain", "getMe/missing-key/reworded"}, []string{"Breaks: auth.missing-key"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, nil, row.args...)
			assert.Zero(t, code, stderr)
			for _, text := range row.has {
				assert.Contains(t, out, text)
			}
			for _, text := range row.not {
				assert.NotContains(t, out, text)
			}
		})
	}
}
