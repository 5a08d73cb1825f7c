package prove

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestJudgeBy: a fault is caught where every clause that it breaks came out broken, and no other did.
func TestJudgeBy(t *testing.T) {
	t.Parallel()
	fault := func(clauses ...string) trial {
		return trial{ProvenFault: result.ProvenFault{Kind: result.Generated, Clauses: clauses, Red: []string{"a/1"}}}
	}
	with := func(f trial, change func(*trial)) trial { change(&f); return f }
	for name, row := range map[string]struct {
		trial   trial
		broken  map[string]bool
		outcome result.Outcome
		says    string
	}{
		"caught":                     {fault("a.b"), map[string]bool{"a.b": true, "a.c": false}, result.Caught, ""},
		"of two, both":               {fault("a.b", "a.c"), map[string]bool{"a.b": true, "a.c": true}, result.Caught, ""},
		"of two, one":                {fault("a.b", "a.c"), map[string]bool{"a.b": true}, result.Missed, "no check of a.c failed"},
		"missed":                     {fault("a.b"), map[string]bool{"a.b": false}, result.Missed, "no check of a.b failed"},
		"another one, too":           {fault("a.b"), map[string]bool{"a.b": true, "a.d": true, "a.c": true}, result.Alarm, "it does not break a.c, a.d"},
		"another one, which it may":  {with(fault("a.b"), func(f *trial) { f.also = []string{"a.c"} }), map[string]bool{"a.b": true, "a.c": true}, result.Caught, ""},
		"a refusal breaks much":      {with(fault(), func(f *trial) { f.refuses = true }), map[string]bool{"a.c": true}, result.Caught, ""},
		"a refusal nobody sees":      {with(fault(), func(f *trial) { f.refuses, f.Red = true, nil }), nil, result.Missed, "every check passed"},
		"a refusal that blocks":      {with(fault(), func(f *trial) { f.refuses, f.Red, f.Blocked = true, nil, []string{"a/1"} }), nil, result.Caught, ""},
		"what is reported":           {with(fault(), func(f *trial) { f.reported, f.Red = []string{"a.b"}, nil }), nil, result.Caught, ""},
		"a refusal of both kinds":    {with(fault(), func(f *trial) { f.refuses, f.Blocked = true, []string{"a/2"} }), nil, result.Caught, ""},
		"broken, and reported":       {with(fault("a.b"), func(f *trial) { f.reported, f.Red = []string{"a.c"}, nil }), map[string]bool{"a.b": true}, result.Caught, ""},
		"a variation":                {with(fault(), func(f *trial) { f.Kind, f.Red = result.Variation, nil }), nil, result.Quiet, ""},
		"a variation, broken":        {with(fault(), func(f *trial) { f.Kind = result.Variation }), map[string]bool{"a.b": true}, result.Alarm, "it does not break a.b"},
		"a variation that blocks":    {with(fault(), func(f *trial) { f.Kind, f.Red, f.Blocked = result.Variation, nil, []string{"a/1"} }), nil, result.Alarm, "could not be tested"},
		"a variation with a red one": {with(fault(), func(f *trial) { f.Kind = result.Variation }), nil, result.Quiet, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.trial.judgeBy(row.broken)
			assert.Equal(t, row.outcome, row.trial.Outcome)
			assert.Contains(t, row.trial.Reason, row.says)
		})
	}
}

// TestConclude: what fails a proof, and what it counts.
func TestConclude(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	proven := func(name string, kind result.FaultKind, outcome result.Outcome, red ...string) trial {
		return trial{ProvenFault: result.ProvenFault{Name: name, Kind: kind, Outcome: outcome, Red: red, Reason: "as it was"}}
	}
	const known = "getMe/missing-key/reworded"
	conclusion := func(trials ...trial) result.Proof {
		var p result.Proof
		conclude(&p, []*bench{{contract: contract, checks: []suites.Check{{ID: "a/1"}, {ID: "a/2"}}, trials: trials}}, false)
		return p
	}
	p := conclusion(proven(known, result.Generated, result.Caught, "a/1"), proven(known, result.Generated, result.Caught, "a/1"), proven("charset", result.Variation, result.Quiet),
		proven("getUser/success/404", result.Generated, result.Missed), proven("createBot/400/neighbour", result.Generated, result.Missed))
	assert.Empty(t, p.Problems)
	assert.Zero(t, p.ExitCode)
	assert.Equal(t, []int{4, 2, 2, 0, 1}, []int{p.Summary.Faults, p.Summary.Caught, p.Summary.Undetectable, p.Summary.Missed, p.Summary.Variations})
	require.Len(t, p.Deployments, 1)
	assert.Equal(t, []result.ProvenCheck{{ID: "a/1", Catches: 2}, {ID: "a/2"}}, p.Deployments[0].Checks)
	assert.Len(t, p.Deployments[0].Faults, 4)
	assert.Len(t, p.Deployments[0].Variations, 1)
	assert.Contains(t, p.Deployments[0].Faults[2].Reason, "no clause is about reading a user")
	for outcome, says := range map[result.Outcome]string{result.Missed: "v0.12: " + known + " missed: as it was", result.Alarm: "v0.12: " + known + " alarm: as it was"} {
		p := conclusion(proven(known, result.Generated, outcome))
		assert.Equal(t, []string{says}, p.Problems)
		assert.Equal(t, result.ExitBroken, p.ExitCode)
	}
	p = conclusion(proven("getUser/success/404", result.Generated, result.Alarm))
	assert.Len(t, p.Problems, 1, "no reason excuses an alarm")

	var all result.Proof
	conclude(&all, []*bench{{contract: contract, checks: []suites.Check{{ID: "a/1"}, {ID: "a/2"}}, trials: []trial{proven(known, result.Generated, result.Caught, "a/1")}}}, true)
	assert.Contains(t, all.Problems, "v0.12 a/2 catches no fault")
	assert.NotContains(t, all.Problems, "v0.12 a/1 catches no fault")
	assert.Contains(t, all.Problems, "undetectable.yaml excuses getUser/success/*, and no such fault is missed")
	assert.Equal(t, []int{2, 1}, []int{all.Summary.Checks, all.Summary.Idle})
}

// TestIdle: a check that catches something on one kind of its edition is not idle.
func TestIdle(t *testing.T) {
	t.Parallel()
	deployment := func(edition string, catches int) result.Proven {
		return result.Proven{Edition: edition, Checks: []result.ProvenCheck{{ID: "a/1", Catches: catches}}}
	}
	p := result.Proof{Deployments: []result.Proven{deployment("v0.10", 0), deployment("v0.12", 0), deployment("v0.12", 1)}}
	idle(&p)
	assert.Equal(t, []string{"v0.10 a/1 catches no fault"}, p.Problems)
	assert.Equal(t, []int{2, 1}, []int{p.Summary.Checks, p.Summary.Idle})
}

func TestExcuses(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	b, f := &bench{contract: contract}, result.ProvenFault{Name: "getUser/success/404"}
	for e, want := range map[excuse]bool{
		{Fault: "getUser/*"}: true, {Fault: "getUser/*", Edition: "v0.12"}: true, {Fault: "getUser/*", Edition: "v0.10"}: false, {Fault: "getMe/*"}: false,
	} {
		assert.Equal(t, want, e.covers(b, f), e)
	}
}

// TestChoose: by name or by clause, and a pattern that matches nothing is an error.
func TestChoose(t *testing.T) {
	t.Parallel()
	some := func() []*bench {
		return []*bench{
			{trials: []trial{{ProvenFault: result.ProvenFault{Name: "a", Clauses: []string{"x.y"}}}, {ProvenFault: result.ProvenFault{Name: "b"}}}},
			{trials: []trial{{ProvenFault: result.ProvenFault{Name: "a"}}, {ProvenFault: result.ProvenFault{Name: "c", Clauses: []string{"x.z"}}}}},
		}
	}
	for name, row := range map[string]struct {
		patterns []string
		left     []string
		unknown  string
	}{
		"everything":   {nil, []string{"a", "b", "a", "c"}, ""},
		"by name":      {[]string{"a"}, []string{"a", "a"}, ""},
		"by clause":    {[]string{"x.*"}, []string{"a", "c"}, ""},
		"by both":      {[]string{"b", "x.z"}, []string{"b", "c"}, ""},
		"by no clause": {[]string{"a", "x.w"}, nil, "x.w"},
	} {
		all := some()
		err := choose(all, row.patterns)
		if row.unknown != "" {
			var unknown *plan.UnknownPattern
			require.ErrorAs(t, err, &unknown, name)
			assert.Equal(t, row.unknown, unknown.Pattern)
			assert.Equal(t, "x.y", unknown.Nearest)
			continue
		}
		require.NoError(t, err, name)
		var left []string
		for _, b := range all {
			for _, t := range b.trials {
				left = append(left, t.Name)
			}
		}
		assert.Equal(t, row.left, left, name)
	}
}

// TestClausesAreAList in JSON, also where a fault breaks none by itself.
func TestClausesAreAList(t *testing.T) {
	t.Parallel()
	for _, b := range benches(t) {
		for _, trial := range b.trials {
			assert.NotNil(t, trial.Clauses, trial.Name)
		}
	}
}
