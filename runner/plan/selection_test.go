package plan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestUntilADay: an excuse holds through its last day, wherever that ends.
func TestUntilADay(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	k := Known{ID: "a.b", Until: "2026-12-31"}
	for after, want := range map[time.Duration]bool{-time.Hour: true, 0: true, 24*time.Hour - 1: true, 24*time.Hour + 1: false, 48 * time.Hour: false} {
		assert.Equal(t, want, k.excuses("v0.12", day.Add(after)), after)
	}
	assert.True(t, Known{}.excuses("v0.12", day))
	assert.True(t, Known{Edition: "v0.12"}.excuses("v0.12", day))
	assert.False(t, Known{Edition: "v0.10"}.excuses("v0.12", day))
	assert.False(t, Known{Until: "soon"}.excuses("v0.12", day))
	assert.Equal(t, "a", Known{Reason: "a"}.text())
	assert.Equal(t, "a (http://x), until 2026-12-31", Known{Reason: "a", Link: "http://x", Until: "2026-12-31"}.text())
}

// TestExcusesOfNothing: an entry that matches no check of the editions that are judged is an error.
func TestExcusesOfNothing(t *testing.T) {
	t.Parallel()
	checks := map[string][]suites.Check{"v0.10": {{ID: "auth/a", Clauses: []string{"auth.a"}}}, "v0.12": {{ID: "auth/b", Clauses: []string{"auth.b"}}}}
	for name, row := range map[string]struct {
		known   Known
		nearest string
	}{
		"of one edition":         {Known{ID: "auth/a"}, ""},
		"of the other":           {Known{ID: "auth.b"}, ""},
		"of its own edition":     {Known{ID: "auth/a", Edition: "v0.10"}, ""},
		"of the wrong edition":   {Known{ID: "auth/a", Edition: "v0.12"}, "auth/"},
		"of none":                {Known{ID: "auth.c"}, "auth."},
		"of one that is not run": {Known{ID: "auth.z", Edition: "v0.9"}, ""},
	} {
		err := CheckKnown([]Known{{ID: "auth.a"}, row.known}, checks)
		if row.nearest == "" {
			assert.NoError(t, err, name)
			continue
		}
		var unknown *UnknownPattern
		require.ErrorAs(t, err, &unknown, name)
		assert.Contains(t, unknown.Nearest, row.nearest, name)
		assert.Equal(t, row.known.ID, unknown.Pattern)
	}
}

// TestPlansOfSomeClauses: a run of some clauses plans no other clause.
func TestPlansOfSomeClauses(t *testing.T) {
	t.Parallel()
	clauses := func(change func(*Selection)) map[string]bool {
		p, err := planned(t, change)
		require.NoError(t, err)
		all := map[string]bool{}
		for _, clause := range p.Clauses {
			all[clause.ID] = true
		}
		return all
	}
	only, skip := clauses(func(c *Selection) { c.Only = []string{"auth/missing-key"} }), clauses(func(c *Selection) { c.Skip = []string{"auth/*"} })
	assert.Equal(t, map[string]bool{"auth.missing-key": true}, only)
	assert.NotContains(t, skip, "auth.missing-key")
	assert.Contains(t, skip, "bots.duplicate")
	must := clauses(func(c *Selection) { c.Strength, c.Only = spec.Must, []string{"auth/missing-key", "bots/duplicate"} })
	assert.NotContains(t, must, "bots.duplicate", "it is no must in this edition")
}

// TestWhyAPlanSkips what exhausts, where the operator asks for a rate, and what needs a user of its own, if there is none.
func TestWhyAPlanSkips(t *testing.T) {
	t.Parallel()
	c := Selection{Allow: []spec.Effect{spec.Observe, spec.Exhaust}, OwnTenant: true}.WithDefaults()
	given, hosted, paced := c, c, c
	given.OwnTenant, hosted.Hosted, paced.RateLimited = false, true, true
	client := Selection{Binds: spec.Client, Actions: []fixtures.Action{fixtures.CreateBot}}
	for name, row := range map[string]struct {
		c     Selection
		check suites.Check
		says  string
	}{
		"allowed":                 {c, suites.Check{Effect: spec.Exhaust}, ""},
		"not allowed":             {c, suites.Check{Effect: spec.Write}, "needs --allow observe,write,exhaust"},
		"paced, and exhausting":   {paced, suites.Check{Effect: spec.Exhaust}, "--rate"},
		"paced, and observing":    {paced, suites.Check{}, ""},
		"hosted alone, and is":    {hosted, suites.Check{Kind: suites.Hosted}, ""},
		"hosted alone, and not":   {c, suites.Check{Kind: suites.Hosted}, "see --hosted"},
		"self-hosted, and is":     {c, suites.Check{Kind: suites.SelfHosted}, ""},
		"self-hosted, and is not": {hosted, suites.Check{Kind: suites.SelfHosted}, "the target is hosted"},
		"of a user of its own":    {c, suites.Check{OwnTenant: true}, ""},
		"of a user that is given": {given, suites.Check{OwnTenant: true}, "throwaway user"},
		"of any user":             {given, suites.Check{}, ""},
		"of a client that can":    {client, suites.Check{Actions: []fixtures.Action{fixtures.CreateBot}}, ""},
		"of a client that cannot": {client, suites.Check{Actions: []fixtures.Action{fixtures.ReadStatus}}, "the client has no action read-status"},
		"of a client in part":     {client, suites.Check{Actions: []fixtures.Action{fixtures.CreateBot, fixtures.ReadStatus}}, "the client has no action read-status"},
	} {
		got := row.c.planned(row.check).Skip
		assert.Contains(t, got, row.says, name)
		assert.Equal(t, row.says == "", got == "", name)
	}
}
