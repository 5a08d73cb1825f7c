// Package spec is the documented contract: an OpenAPI document and the clauses of each edition, and the judging of one
// answer against them. Every expectation of the harness stands here and nowhere else.
package spec

import (
	"fmt"
)

// Edition is one frozen documented contract.
type Edition string

// The editions.
const (
	V010 Edition = "v0.10"
	V012 Edition = "v0.12"
)

// Editions lists the complete editions, of one line each, the oldest first; [Revisions] has the later ones as well.
func Editions() []Edition { return []Edition{V010, V012} }

// ParseEdition reads the name of an edition, or of a release, which is judged by the edition whose page it shipped with. It
// fails with the names that there are.
func ParseEdition(s string) (Edition, error) {
	if Documented(Edition(s)) {
		return Edition(s), nil
	}
	if e, ok := ofRelease(s); ok {
		return e, nil
	}
	return "", fmt.Errorf("there is no edition and no release %q: use %s, or a release such as 0.10.6", s, EditionNames())
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
