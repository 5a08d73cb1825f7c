package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

func TestParseEffects(t *testing.T) {
	t.Parallel()
	defaults := []spec.Effect{spec.Observe, spec.Write}
	for name, row := range map[string]struct {
		names []string
		want  string
		fails string
	}{
		"none":                 {nil, "observe,write", ""},
		"empty":                {[]string{"", " "}, "observe,write", ""},
		"less than by default": {[]string{"observe"}, "observe", ""},
		"bots":                 {[]string{"bots"}, "observe,write,bots", ""},
		"agent, and no bots":   {[]string{"agent"}, "observe,write,agent", ""},
		"exhaust":              {[]string{"exhaust"}, "observe,write,exhaust", ""},
		"all, messy":           {[]string{" observe", "write ", "bots", "", "agent", "exhaust "}, "observe,write,bots,agent,exhaust", ""},
		"added":                {[]string{"+bots"}, "observe,write,bots", ""},
		"two added":            {[]string{"+bots", "+ agent"}, "observe,write,bots,agent", ""},
		"twice":                {[]string{"write", "write"}, "observe,write", ""},
		"misspelt":             {[]string{"bot"}, "", `there is no effect "bot": use observe, write, bots, agent, exhaust`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			effects, err := spec.ParseEffects(row.names, defaults)
			if row.fails != "" {
				require.EqualError(t, err, row.fails)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, spec.EffectList(effects))
		})
	}
}
