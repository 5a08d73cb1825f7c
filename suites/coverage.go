package suites

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"

	"vexa-conformance/spec"
)

// Covered is one documented answer of an operation, or one scope of those that may or may not call it, and what judges it.
type Covered struct {
	Operation *spec.Operation
	// Status is the documented answer's; 0 where Scope is set.
	Status int
	Scope  spec.Scope
	// Clauses are those that speak of it. If there are none, Excluded says why.
	Clauses  []string
	Excluded string
}

//go:embed excluded.yaml
var excludedText []byte

// exclusion is an entry of excluded.yaml.
type exclusion struct {
	Operations []string `yaml:"operations"`
	Statuses   []string `yaml:"statuses"`
	Edition    string   `yaml:"edition"`
	Reason     string   `yaml:"reason"`
}

func (e exclusion) covers(edition spec.Edition, operation string, status int) bool {
	named := slices.Contains(e.Operations, operation) || slices.Contains(e.Operations, "*")
	listed := slices.Contains(e.Statuses, strconv.Itoa(status)) || status/100 == 2 && slices.Contains(e.Statuses, "2xx")
	return named && listed && (e.Edition == "" || edition.BasedOn(spec.Edition(e.Edition)))
}

// Coverage is the ledger of an edition: each operation against each documented answer and each scope. It fails where the
// document has an answer of which nobody has decided whether it is judged, and where a decision is about nothing.
func Coverage(c *spec.Contract) ([]Covered, error) {
	var excluded []exclusion
	if err := yaml.UnmarshalWithOptions(excludedText, &excluded, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read excluded.yaml: %w", err)
	}
	used := make([]bool, len(excluded))
	var all []Covered
	for _, op := range c.Operations() {
		for _, status := range op.Statuses() {
			row := Covered{Operation: op, Status: status, Clauses: namedAt(op, status)}
			if len(row.Clauses) == 0 {
				i := slices.IndexFunc(excluded, func(e exclusion) bool { return e.covers(c.Edition(), op.ID, status) })
				switch {
				case i >= 0:
					row.Excluded, used[i] = excluded[i].Reason, true
				case c.Overlay() != nil:
					row.Excluded = "the contract " + c.Overlay().File + " names no clause for it"
				default:
					return nil, fmt.Errorf("%s documents %d at %s: name a clause for it in the document, or exclude it in excluded.yaml", c.Edition(), status, op.ID)
				}
			}
			all = append(all, row)
		}
		if op.Guard == spec.KeyGuard && !op.Socket {
			for _, scope := range spec.Scopes() {
				all = append(all, Covered{Operation: op, Scope: scope, Clauses: []string{"scope.matrix"}})
			}
		}
	}
	for i, e := range excluded {
		if !used[i] && c.Overlay() == nil && (e.Edition == "" || c.Edition().BasedOn(spec.Edition(e.Edition))) {
			return nil, fmt.Errorf("excluded.yaml excludes %v at %v of %s, and there is nothing to exclude", e.Statuses, e.Operations, c.Edition())
		}
	}
	return all, nil
}

// namedAt are the clauses that the document names at an operation's answer.
func namedAt(op *spec.Operation, status int) []string {
	var clauses []string
	for _, condition := range op.AllConditions() {
		if condition.Status == status && !slices.Contains(clauses, condition.Clause) {
			clauses = append(clauses, condition.Clause)
		}
	}
	return clauses
}
