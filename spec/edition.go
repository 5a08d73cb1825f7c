// Package spec is the documented contract: an OpenAPI document and the clauses of each edition, and the judging of one
// answer against them. Every expectation of the harness stands here and nowhere else.
package spec

import "fmt"

// Edition is one frozen documented contract.
type Edition string

// The editions.
const (
	V010 Edition = "v0.10"
	V012 Edition = "v0.12"
)

// Editions lists the editions, the oldest first.
func Editions() []Edition { return []Edition{V010, V012} }

// ParseEdition reads an edition's name, and fails with the names that there are.
func ParseEdition(s string) (Edition, error) {
	for _, e := range Editions() {
		if string(e) == s {
			return e, nil
		}
	}
	return "", fmt.Errorf("there is no edition %q: use %s or %s", s, V010, V012)
}

// Scope is what a key may do.
type Scope string

// The scopes.
const (
	ScopeBot     Scope = "bot"
	ScopeTx      Scope = "tx"
	ScopeBrowser Scope = "browser"
)

// Scopes lists the scopes.
func Scopes() []Scope { return []Scope{ScopeBot, ScopeTx, ScopeBrowser} }
