// Package detect finds out, without a credential, which edition a target is documented by and which parts of Vexa it
// has. It decides by what exists: routes that are answered differently from an unknown path under the same prefix, and
// what the target says of itself. Start with [Detect]; what is looked at is data, in spec/signs.yaml.
package detect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// ErrTie says that what exists speaks for several editions alike.
var ErrTie = errors.New("the edition cannot be told")

// Score is how much speaks for an edition.
type Score struct {
	Edition spec.Edition
	Weight  int
}

// Findings is what was seen of a target, and how much of it speaks for each edition.
type Findings struct {
	// Scores are those of the editions, the best one first.
	Scores []Score
	// Evidence is what was seen and speaks for some of the editions, or for Vexa.
	Evidence []result.Evidence
	// Vexa says that something was seen that only a Vexa deployment has.
	Vexa bool
	// said is the weight of everything that speaks for some of the editions and not for the others.
	said int
}

// Detect returns the contract of the edition that fits the target, and why. It fails with [runner.ErrUnreachable] if
// the target does not answer or answers like no edition of Vexa, and with [ErrTie] if several editions fit alike.
func Detect(ctx context.Context, c runner.Config, contracts []*spec.Contract) (*spec.Contract, *result.Detected, error) {
	f, err := Examine(ctx, c, contracts)
	if err != nil {
		return nil, nil, err
	}
	if err := f.Undecided(c.Target.BaseURL); err != nil {
		return nil, nil, err
	}
	best := f.Best()[0]
	i := slices.IndexFunc(contracts, func(one *spec.Contract) bool { return one.Edition() == best })
	return contracts[i], f.Detected(), nil
}

// Best are the editions for which most speaks: one, or those of a tie.
func (f Findings) Best() []spec.Edition {
	var best []spec.Edition
	for _, s := range f.Scores {
		if s.Weight == f.Scores[0].Weight {
			best = append(best, s.Edition)
		}
	}
	return best
}

// Undecided says why no edition can be chosen; nil if one can.
func (f Findings) Undecided(target string) error {
	switch best := f.Best(); {
	case !f.Vexa:
		return fmt.Errorf("%w: %s answers like no edition of Vexa; check the URL, or name an edition with --edition",
			runner.ErrUnreachable, target)
	case len(best) > 1:
		return fmt.Errorf("%w: as much speaks for %s (%s); name one with --edition",
			ErrTie, joined(best, " as for "), result.Explain(f.Evidence))
	default:
		return nil
	}
}

const (
	// sure is the margin that no single sign can make: at least two agree.
	sure = 5
	// likely is the margin that what is reworded, or a part that a deployment does without, cannot make.
	likely = 3
)

// Detected is what a report says of the detection. There is one best edition.
func (f Findings) Detected() *result.Detected {
	d := &result.Detected{Edition: string(f.Scores[0].Edition), Confidence: result.LowConfidence, Evidence: f.Evidence}
	margin := f.Scores[0].Weight
	if len(f.Scores) > 1 {
		margin -= f.Scores[1].Weight
	}
	switch {
	case margin >= sure && 3*margin >= 2*f.said:
		d.Confidence = result.HighConfidence
	case margin >= likely && 3*margin >= f.said:
		d.Confidence = result.MediumConfidence
	}
	return d
}

func joined(editions []spec.Edition, by string) string {
	names := make([]string, len(editions))
	for i, e := range editions {
		names[i] = string(e)
	}
	return strings.Join(names, by)
}

// Examine looks at every sign, and says how much speaks for each edition.
func Examine(ctx context.Context, c runner.Config, contracts []*spec.Contract) (Findings, error) {
	signs, err := spec.Signs()
	if err != nil {
		return Findings{}, err
	}
	p := newProbe(c, contracts)
	defer p.close()
	if err := p.reach(ctx); err != nil {
		return Findings{}, err
	}
	f := Findings{Evidence: []result.Evidence{}}
	for _, contract := range contracts {
		f.Scores = append(f.Scores, Score{Edition: contract.Edition()})
	}
	for _, s := range signs {
		if seen, ok := p.look(ctx, s); ok {
			f.count(s, seen)
		}
	}
	if err := ctx.Err(); err != nil {
		return f, fmt.Errorf("%w: %w", runner.ErrUnreachable, err)
	}
	slices.SortStableFunc(f.Scores, func(a, b Score) int { return b.Weight - a.Weight })
	return f, nil
}

// count adds what was seen of a sign.
func (f *Findings) count(s spec.Sign, seen observation) {
	answer, known := s.Answer(seen.is)
	if !known {
		return
	}
	f.Vexa = f.Vexa || answer.Vexa
	var editions []string
	for i := range f.Scores {
		if slices.Contains(answer.Editions, f.Scores[i].Edition) {
			f.Scores[i].Weight += answer.Weight
			editions = append(editions, string(f.Scores[i].Edition))
		}
	}
	if len(editions) == 0 || len(editions) == len(f.Scores) {
		return // it speaks for none of them against another
	}
	f.said += answer.Weight
	f.Evidence = append(f.Evidence, result.Evidence{
		Request: seen.request, Response: seen.response, Editions: editions, Weight: answer.Weight,
	})
}
