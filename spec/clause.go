package spec

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

//go:embed clauses.yaml
var clausesYAML []byte

// Strength says how a clause follows from its page.
type Strength string

// The strengths.
const (
	// Must is written on the page.
	Must Strength = "must"
	// Should follows from what the page says.
	Should Strength = "should"
)

// Party is who is bound by a clause.
type Party string

// The parties.
const (
	// Server is a deployment.
	Server Party = "server"
	// Client is a program that calls one.
	Client Party = "client"
	// Handler is a webhook receiver.
	Handler Party = "handler"
)

// Parties lists the parties.
func Parties() []Party { return []Party{Server, Client, Handler} }

// Clause is one promise of an edition.
type Clause struct {
	// ID is stable: it is never reused and never renumbered.
	ID       string
	Binds    Party
	Strength Strength
	Promise  string
	// Why is the reason for a clause that only follows from its page.
	Why string
	// Source is the page and its heading.
	Source string
	// Effect is the worst that a check of it can do to a deployment.
	Effect Effect
	// Statuses and Detail are what the page gives, where it does.
	Statuses []int
	Detail   string
}

// clauseEntry is a clause as clauses.yaml has it.
type clauseEntry struct {
	ID       string   `yaml:"id"`
	Binds    Party    `yaml:"binds"`
	Strength Strength `yaml:"strength"`
	Promise  string   `yaml:"promise"`
	Why      string   `yaml:"why"`
	Effects  string   `yaml:"effects"`
	// At are the responses that keep the clause, and Example is a body of theirs: see [addConditions].
	At       []string                  `yaml:"at"`
	Example  any                       `yaml:"example"`
	Editions map[Edition]clausePromise `yaml:"editions"`
}

// clausePromise is what a clause promises in one edition.
type clausePromise struct {
	From     string   `yaml:"from"`
	Strength Strength `yaml:"strength"`
	Status   statuses `yaml:"status"`
	Detail   string   `yaml:"detail"`
	Why      string   `yaml:"why"`
	At       []string `yaml:"at"`
	Example  any      `yaml:"example"`
	// Promise is what the edition promises, if its page says it otherwise than the clause's own words.
	Promise string `yaml:"promise"`
	// Gone says that an edition no longer makes the promise of the one that it is based on.
	Gone bool `yaml:"gone"`
}

// in is what the clause promises in an edition, or else in the one that this is based on.
func (c clauseEntry) in(e Edition) (here clausePromise, binds bool) {
	if here, binds = c.Editions[e]; binds {
		return here, !here.Gone
	}
	if r, ok := revisionOf(e); ok && r.Base != "" {
		return c.in(r.Base)
	}
	return here, false
}

// statuses is one status code, or a list of them.
type statuses []int

// UnmarshalYAML reads both forms.
func (s *statuses) UnmarshalYAML(text []byte) error {
	var one int
	if err := yaml.Unmarshal(text, &one); err == nil {
		*s = statuses{one}
		return nil
	}
	return yaml.Unmarshal(text, (*[]int)(s))
}

// clauses reads the clauses of an edition, in the order of the file.
func clauses(e Edition, page string) ([]Clause, error) {
	var all []Clause
	for _, entry := range entries() {
		here, binds := entry.in(e)
		if !binds {
			continue
		}
		clause := Clause{
			ID: entry.ID, Binds: entry.Binds, Strength: entry.Strength, Promise: cmp.Or(here.Promise, entry.Promise), Why: entry.Why,
			Source: page + ": " + here.From, Statuses: here.Status, Detail: here.Detail,
		}
		if here.Strength != "" {
			clause.Strength = here.Strength
		}
		if here.Why != "" {
			clause.Why = here.Why
		}
		if entry.Binds == Server {
			effect, err := ParseEffect(entry.Effects)
			if err != nil {
				return nil, fmt.Errorf("read clauses.yaml: %s: %w", entry.ID, err)
			}
			clause.Effect = effect
		}
		all = append(all, clause)
	}
	return all, nil
}

// Clauses are those that bind somebody in the edition, in the order of the pages' areas.
func (c *Contract) Clauses() []Clause { return slices.Clone(c.clauses) }

// Clause finds a clause of the edition.
func (c *Contract) Clause(id string) (Clause, bool) {
	i := slices.IndexFunc(c.clauses, func(clause Clause) bool { return clause.ID == id })
	if i < 0 {
		return Clause{}, false
	}
	return c.clauses[i], true
}
