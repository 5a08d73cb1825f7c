package prove

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// try makes one trial and says what became of it. A trial that comes out wrong and has checks without a verdict is made
// again with longer waits: a busy machine looks like a deployment that does not answer.
func (b *bench) try(ctx context.Context, t *trial) error {
	before := *t
	if err := b.tryOnce(ctx, t, 1); err != nil || !t.undecided() {
		return err
	}
	*t = before
	return b.tryOnce(ctx, t, busy)
}

// undecided says whether checks without a verdict may be why the trial came out wrong.
func (t *trial) undecided() bool {
	return (len(t.Blocked) > 0 || t.skipped) && (t.Outcome == result.Alarm || t.Outcome == result.Missed)
}

func (b *bench) tryOnce(ctx context.Context, t *trial, longer time.Duration) error {
	t.Red, t.Blocked = []string{}, []string{}
	if t.only != nil && len(t.only) == 0 {
		t.Outcome, t.Reason = result.Missed, "no check gets such an answer"
		return nil
	}
	run, err := b.runTrial(ctx, *t, longer)
	if errors.Is(err, fixtures.ErrRefused) || errors.Is(err, transport.ErrUnreachable) {
		t.Outcome, t.Reason = result.Caught, "the run does not begin: "+err.Error()
		if !t.refuses {
			t.Outcome = result.Alarm
		}
		return nil
	}
	if err != nil {
		return err
	}
	t.Judged = len(run.Checks)
	broken := map[string]bool{}
	for _, check := range run.Checks {
		switch check.Verdict {
		case result.Fail:
			t.Red = append(t.Red, check.ID)
		case result.Blocked:
			t.Blocked = append(t.Blocked, check.ID)
			t.why = cmp.Or(t.why, check.ID+": "+check.Reason)
		case result.Error:
			return fmt.Errorf("the harness failed in %s: %s", check.ID, check.Reason)
		}
	}
	for _, clause := range run.Clauses {
		broken[clause.ID] = clause.Verdict == result.Fail
		t.skipped = t.skipped || clause.Verdict == result.Skip && slices.Contains(t.Clauses, clause.ID)
		if !t.inherited && slices.Contains(t.reported, clause.ID) && clause.Verdict != result.Skip {
			t.Outcome, t.Reason = result.Missed, "the run does not report that "+clause.ID+" has no verdict"
			return nil
		}
	}
	t.judgeBy(broken)
	return nil
}

// judgeBy compares the clauses that came out broken with those that the trial breaks.
func (t *trial) judgeBy(broken map[string]bool) {
	var missed, alarms []string
	for _, id := range t.Clauses {
		if !broken[id] {
			missed = append(missed, id)
		}
	}
	for id := range broken {
		if broken[id] && !slices.Contains(t.Clauses, id) && !slices.Contains(t.also, id) {
			alarms = append(alarms, id)
		}
	}
	slices.Sort(alarms)
	legal := t.Kind == result.Variation
	switch {
	case len(alarms) > 0 && !t.refuses:
		t.Outcome, t.Reason = result.Alarm, "it does not break "+strings.Join(alarms, ", ")
	case t.inherited:
		t.Outcome = result.Quiet
	case legal && len(t.Blocked) > 0:
		t.Outcome, t.Reason = result.Alarm, "it is legal, and could not be tested: "+t.why
	case legal:
		t.Outcome = result.Quiet
	case len(t.Clauses)+len(t.reported) == 0 && len(t.Red)+len(t.Blocked) == 0:
		t.Outcome, t.Reason = result.Missed, "every check passed"
	case len(missed) > 0:
		t.Outcome, t.Reason = result.Missed, "no check of "+strings.Join(missed, ", ")+" failed"
	default:
		t.Outcome = result.Caught
	}
}

//go:embed undetectable.yaml
var undetectableText []byte

// excuse is a pattern of faults that no check can tell, and why.
type excuse struct {
	Fault string `yaml:"fault"`
	// Edition is the only one that it holds for; empty is each.
	Edition string `yaml:"edition"`
	Reason  string `yaml:"reason"`
}

func (e excuse) covers(b *bench, f result.ProvenFault) bool {
	return plan.Glob(e.Fault, f.Name) && (e.Edition == "" || b.contract.Edition().BasedOn(spec.Edition(e.Edition)))
}

// conclude counts, and says what makes the proof fail.
func conclude(p *result.Proof, benches []*bench, complete bool) {
	p.Problems = append([]string{}, sorted(benches, complete)...)
	p.Summary.ByKind, p.Summary.Sorts = map[result.FaultKind]int{}, []result.FaultSort{}
	var excuses []excuse
	if err := yaml.UnmarshalWithOptions(undetectableText, &excuses, yaml.Strict()); err != nil {
		p.Problems = append(p.Problems, "read undetectable.yaml: "+err.Error())
	}
	used := map[string]bool{}
	for _, b := range benches {
		proven := result.Proven{Edition: string(b.contract.Edition()), Hosted: b.hosted, Faults: []result.ProvenFault{}, Variations: []result.ProvenFault{}}
		catches := map[string]int{}
		for _, t := range b.trials {
			f := t.ProvenFault
			if t.inherited && f.Outcome != result.Alarm {
				continue // it is counted in the proof of the base edition
			}
			if f.Outcome == result.Missed {
				if i := slices.IndexFunc(excuses, func(e excuse) bool { return e.covers(b, f) }); i >= 0 {
					f.Outcome, f.Reason, used[excuses[i].Fault] = result.Undetectable, excuses[i].Reason, true
				}
			}
			p.Summary.Count(f)
			if f.Outcome == result.Missed || f.Outcome == result.Alarm {
				p.Problems = append(p.Problems, fmt.Sprintf("%s: %s %s: %s", b.name(), f.Name, f.Outcome, f.Reason))
			}
			for _, id := range f.Red {
				catches[id]++
			}
			if f.Kind == result.Variation {
				proven.Variations = append(proven.Variations, f)
			} else {
				proven.Faults = append(proven.Faults, f)
			}
		}
		for _, check := range b.checks {
			if b.inherits(check.ID) {
				continue
			}
			proven.Checks = append(proven.Checks, result.ProvenCheck{ID: check.ID, Clauses: check.Clauses, Catches: catches[check.ID]})
		}
		p.Deployments = append(p.Deployments, proven)
	}
	if complete {
		idle(p)
		for _, e := range excuses {
			if !used[e.Fault] && !inheriting(benches, e.Edition) {
				p.Problems = append(p.Problems, fmt.Sprintf("undetectable.yaml excuses %s, and no such fault is missed", e.Fault))
			}
		}
	}
	if len(p.Problems) > 0 {
		p.ExitCode = result.ExitBroken
	}
}

// inheriting says whether only what differs was tried of an edition.
func inheriting(benches []*bench, edition string) bool {
	return slices.ContainsFunc(benches, func(b *bench) bool {
		return string(b.contract.Edition()) == edition && len(b.inherited) > 0
	})
}

// idle finds the checks that caught nothing on any kind of their edition.
func idle(p *result.Proof) {
	catches := map[string]int{}
	var order []string
	for _, d := range p.Deployments {
		for _, check := range d.Checks {
			name := d.Edition + " " + check.ID
			if _, known := catches[name]; !known {
				order = append(order, name)
			}
			catches[name] += check.Catches
		}
	}
	p.Summary.Checks = len(order)
	for _, name := range order {
		if catches[name] == 0 {
			p.Summary.Idle++
			p.Problems = append(p.Problems, name+" catches no fault")
		}
	}
}

// choose leaves the trials that the patterns match. A pattern that matches nothing is an error.
func choose(benches []*bench, patterns []string) error {
	if len(patterns) == 0 {
		return nil
	}
	matched := map[string]bool{}
	var names []string
	for _, b := range benches {
		b.trials = slices.DeleteFunc(b.trials, func(t trial) bool {
			names = append(append(names, t.Name), t.Clauses...)
			chosen := false
			for _, pattern := range patterns {
				if plan.Glob(pattern, t.Name) || slices.ContainsFunc(t.Clauses, func(id string) bool { return plan.Glob(pattern, id) }) {
					chosen, matched[pattern] = true, true
				}
			}
			return !chosen
		})
	}
	for _, pattern := range patterns {
		if !matched[pattern] {
			return &plan.UnknownPattern{Flag: "--only", Pattern: pattern, Of: "no fault, no variation and no clause that one breaks", Nearest: plan.Nearest(pattern, names)}
		}
	}
	return nil
}
