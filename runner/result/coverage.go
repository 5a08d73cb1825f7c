package result

// Coverage is one row of the ledger: an operation and one of its documented answers, or one of the scopes.
type Coverage struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	// Status is the documented answer's, 0 where Scope is set.
	Status int    `json:"status,omitempty"`
	Scope  string `json:"scope,omitempty"`
	// Clauses are those that speak of it.
	Clauses []string `json:"clauses"`
	State   State    `json:"state"`
	// Seen is how many exchanges of the run had it.
	Seen int `json:"seen"`
	// Reason says why it is excluded, or why it was not judged.
	Reason string `json:"reason,omitempty"`
}

// State is what a run did about a row of the ledger.
type State string

// The states of a row.
const (
	// Judged has a clause that speaks of it, and a check that judged such an answer.
	Judged State = "judged"
	// Excluded has no clause that speaks of it, for a reason that stands in the repository.
	Excluded State = "excluded"
	// Unseen would have been judged, and never came.
	Unseen State = "unseen"
)

// Described is the target's own OpenAPI description against the edition's document.
type Described struct {
	URL string `json:"url"`
	// Missing are the operations that only the edition has, Undocumented those that only the target has.
	Missing      []string `json:"missing"`
	Undocumented []string `json:"undocumented"`
	// Differences are those of the operations that both have: parameters and statuses.
	Differences []string `json:"differences"`
}
