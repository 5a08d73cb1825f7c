package plan

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func planned(t *testing.T, change func(*Selection)) (Plan, error) {
	t.Helper()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	s := Selection{Contract: contract, Strength: spec.Should, Allow: spec.Effects(), OwnTenant: true}
	change(&s)
	return New(s, suites.All(contract))
}

func ids(p Plan, chosen func(Planned) bool) []string {
	var all []string
	for _, check := range p.Checks {
		if chosen(check) {
			all = append(all, check.ID)
		}
	}
	return all
}

func every(Planned) bool { return true }

func TestPlanChooses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		only, skip []string
		want       []string
	}{
		"one check":          {[]string{"auth/missing-key/getMe"}, nil, []string{"auth/missing-key/getMe"}},
		"what begins so":     {[]string{"bots/malformed-id"}, nil, []string{"bots/malformed-id/words", "bots/malformed-id/short", "bots/malformed-id/digits", "bots/malformed-id/teams"}},
		"a clause":           {[]string{"admin.delete-token"}, nil, []string{"admin/delete-token", "implemented/deleteToken"}},
		"a pattern":          {[]string{"*/getMe"}, []string{"scope/*"}, []string{"auth/missing-key/getMe", "auth/empty-key/getMe", "auth/unknown-key/getMe", "auth/revoked-key/getMe"}},
		"several":            {[]string{"bots/stopped", "bots/tracked*", "bots/accepted"}, nil, nil},
		"all but one clause": {[]string{"rate/*"}, []string{"rate.throttled"}, []string{"rate/self-hosted-unlimited", "rate/retry-after-is-honest"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := planned(t, func(c *Selection) { c.Only, c.Skip = row.only, row.skip })
			if row.want == nil {
				var unknown *UnknownPattern
				require.ErrorAs(t, err, &unknown)
				assert.Equal(t, "bots/tracked*", unknown.Pattern, "a pattern that matches nothing is an error")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, ids(p, every))
			for _, clause := range p.Clauses {
				assert.True(t, p.judgesClause(clause.ID), clause.ID)
			}
		})
	}
}

func TestPlanOfEverythingSetsOutToJudgeEveryClause(t *testing.T) {
	t.Parallel()
	p, err := planned(t, func(*Selection) {})
	require.NoError(t, err)
	assert.Len(t, p.Clauses, 44)
	p, err = planned(t, func(c *Selection) { c.Strength = spec.Must })
	require.NoError(t, err)
	for _, clause := range p.Clauses {
		assert.Equal(t, spec.Must, clause.Strength, clause.ID)
	}
	assert.NotContains(t, ids(p, every), "bots/duplicate")
}

func TestPlanSkipsWithAReason(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*Selection)
		check  string
		reason string
	}{
		"not allowed":      {func(c *Selection) { c.Allow = []spec.Effect{spec.Observe} }, "bots/stopped", "needs --allow observe,write,bots"},
		"self-hosted":      {func(*Selection) {}, "rate/throttled", "self-hosted"},
		"hosted":           {func(c *Selection) { c.Hosted = true }, "rate/self-hosted-unlimited", "the target is hosted"},
		"a user's setting": {func(c *Selection) { c.OwnTenant = false }, "envelope/bad-input/putWebhook", "throwaway user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := planned(t, row.change)
			require.NoError(t, err)
			i := slices.IndexFunc(p.Checks, func(c Planned) bool { return c.ID == row.check })
			require.GreaterOrEqual(t, i, 0)
			assert.Contains(t, p.Checks[i].Skip, row.reason)
		})
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	p, err := planned(t, func(c *Selection) { c.Only = []string{"bot.duplicate"} })
	assert.Empty(t, p.Checks)
	assert.ErrorContains(t, err, "did you mean bots.duplicate?")
	assert.Empty(t, Nearest("x", nil))
}

// TestGlob holds glob against the definition: each * is some text.
func TestGlob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[ab/.]{0,3}`), 1, 4).Draw(t, "parts")
		fill := rapid.StringMatching(`[ab/.]{0,3}`)
		pattern, text := parts[0], parts[0]
		for _, part := range parts[1:] {
			pattern += "*" + part
			text += fill.Draw(t, "star") + part
		}
		assert.True(t, Glob(pattern, text), "%s should match %s", pattern, text)
		assert.False(t, Glob(pattern+"c", text))
		assert.False(t, Glob("c"+pattern, text))
	})
}

// TestDisposes: what a plan does to what the operator names disposable, by the kind of it, and nothing of what it skips.
func TestDisposes(t *testing.T) {
	t.Parallel()
	meeting, recording := fixtures.Disposable{Meetings: []fixtures.Meeting{{Platform: "zoom", NativeID: "1"}}}, fixtures.Disposable{Recordings: []string{"1"}}
	check := func(skip string, kind fixtures.Thing, usesUp bool) Planned {
		return Planned{Check: suites.Check{Disposable: kind, UsesUp: usesUp}, Skip: skip}
	}
	for name, row := range map[string]struct {
		named  fixtures.Disposable
		checks []Planned
		used   bool
		usedUp bool
	}{
		"nothing":                {meeting, nil, false, false},
		"read":                   {meeting, []Planned{check("", fixtures.AMeeting, false)}, true, false},
		"used up":                {meeting, []Planned{check("", fixtures.AMeeting, true)}, true, true},
		"used up, and read":      {meeting, []Planned{check("", fixtures.AMeeting, true), check("", fixtures.AMeeting, false)}, true, true},
		"skipped":                {meeting, []Planned{check("not allowed", fixtures.AMeeting, true)}, false, false},
		"of the other kind":      {meeting, []Planned{check("", fixtures.ARecording, true)}, false, false},
		"of a kind not named":    {recording, []Planned{check("", fixtures.AMeeting, true)}, false, false},
		"skipped, and the other": {meeting, []Planned{check("not allowed", fixtures.ARecording, true)}, false, false},
	} {
		used, usedUp := Plan{Selection: Selection{Disposable: row.named}, Checks: row.checks}.Disposes(fixtures.AMeeting)
		assert.Equal(t, row.used, used, name)
		assert.Equal(t, row.usedUp, usedUp, name)
	}
}
