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

	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// ErrTie says that what exists speaks for several editions alike.
var ErrTie = errors.New("the edition is ambiguous")

// Score is how much speaks for an edition.
type Score struct {
	Edition spec.Edition
	Weight  int
}

// Findings is what was seen of a target, and how much of it speaks for each edition.
type Findings struct {
	// Scores are those of all editions, the best one first, and of equal ones of a line the newest.
	Scores []Score
	// Evidence is what was seen and speaks for some of the editions, or for Vexa.
	Evidence []result.Evidence
	// Vexa says that something was seen that only a Vexa deployment has.
	Vexa bool
	// said is the weight of everything that speaks for some of the lines and not for the others.
	said int
}

// Detect returns the contract of the edition that fits the target, and why: of the line for which most speaks, the edition
// for which most speaks, and the newest if several fit. It requests what signs.yaml names, of the operations of the
// contracts. It fails with [transport.ErrUnreachable] if the target does not answer or answers like no edition of Vexa, and
// with [ErrTie] if several lines fit alike.
func Detect(ctx context.Context, c deployment.Config, contracts []*spec.Contract) (*spec.Contract, *result.Detected, error) {
	f, err := Examine(ctx, c, contracts)
	if err != nil {
		return nil, nil, err
	}
	if err := f.Undecided(c.Target.BaseURL); err != nil {
		return nil, nil, err
	}
	contract, err := spec.Load(ctx, f.Scores[0].Edition)
	if err != nil {
		return nil, nil, fmt.Errorf("load the contract: %w", err)
	}
	return contract, f.Detected(), nil
}

// Best are the lines for which most speaks: one, or those of a tie, the older one first.
func (f Findings) Best() []spec.Edition {
	var best []spec.Edition
	lines := f.lines()
	for _, s := range lines {
		if s.Weight == lines[0].Weight {
			best = append(best, s.Edition)
		}
	}
	slices.Sort(best)
	return best
}

// lines are the scores of the lines, each that of its best edition, the best line first.
func (f Findings) lines() []Score {
	var all []Score
	for _, s := range f.Scores {
		if line := s.Edition.Line(); !slices.ContainsFunc(all, func(other Score) bool { return other.Edition == line }) {
			all = append(all, Score{line, s.Weight})
		}
	}
	return all
}

// Undecided says why no edition can be chosen; nil if one can.
func (f Findings) Undecided(target string) error {
	switch best := f.Best(); {
	case !f.Vexa:
		return fmt.Errorf("%w: %s answers like no edition of Vexa; check the URL, or name an edition with --edition",
			transport.ErrUnreachable, target)
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

// Detected is what a report says of the detection. How sure it is, is a matter of the lines: an edition of the wrong line
// misjudges a deployment, another one of the line differs in a few promises.
func (f Findings) Detected() *result.Detected {
	best := f.Scores[0]
	d := &result.Detected{Edition: string(best.Edition), Confidence: result.LowConfidence, Evidence: f.Evidence}
	for _, s := range f.Scores[1:] {
		if s.Weight == best.Weight && s.Edition.Line() == best.Edition.Line() {
			d.Also = append(d.Also, string(s.Edition))
		}
	}
	lines := f.lines()
	margin := lines[0].Weight
	if len(lines) > 1 {
		margin -= lines[1].Weight
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
func Examine(ctx context.Context, c deployment.Config, contracts []*spec.Contract) (Findings, error) {
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
	revisions := spec.Revisions()
	slices.Reverse(revisions) // the newest first, which a stable sort keeps
	for _, r := range revisions {
		if slices.ContainsFunc(contracts, func(c *spec.Contract) bool { return c.Edition().Line() == r.Edition.Line() }) {
			f.Scores = append(f.Scores, Score{Edition: r.Edition})
		}
	}
	for _, s := range signs {
		if seen, ok := p.look(ctx, s); ok {
			f.count(s, seen)
		}
	}
	if err := ctx.Err(); err != nil {
		return f, fmt.Errorf("%w: %w", transport.ErrUnreachable, err)
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
	speaks := 0
	lines := map[spec.Edition]bool{}
	for i, score := range f.Scores {
		if answer.SpeaksFor(score.Edition) {
			speaks++
			lines[score.Edition.Line()] = true
			f.Scores[i].Weight += answer.Weight
		}
	}
	if speaks == 0 || speaks == len(f.Scores) {
		return // it speaks for none of them against another
	}
	if len(lines) < len(f.lines()) {
		f.said += answer.Weight
	}
	var editions []string
	for _, e := range slices.Concat(answer.Lines, answer.Editions) {
		editions = append(editions, string(e))
	}
	f.Evidence = append(f.Evidence, result.Evidence{
		Request: seen.request, Response: seen.response, Editions: editions, Weight: answer.Weight,
	})
}
