// Package spec is the documented contract: an OpenAPI document and the clauses of each edition, and the judging of one
// answer against them. Every expectation of the harness stands here and nowhere else.
package spec

import (
	"fmt"
	"strings"
)

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

// Effect is the worst that a check does to a target.
type Effect int

// The effects, from harmless to costly.
const (
	// Observe leaves nothing that lasts.
	Observe Effect = iota
	// Write makes throwaway users, keys, settings and plans.
	Write
	// Bots starts a bot.
	Bots
	// Agent runs an agent turn.
	Agent
	// Exhaust sends until it is refused.
	Exhaust
)

// Effects lists the effects, from harmless to costly.
func Effects() []Effect { return []Effect{Observe, Write, Bots, Agent, Exhaust} }

func effectNames() []string { return []string{"observe", "write", "bots", "agent", "exhaust"} }

// String is the effect's name.
func (e Effect) String() string { return effectNames()[e] }

// ParseEffect reads an effect's name, and fails with the names that there are.
func ParseEffect(s string) (Effect, error) {
	for _, e := range Effects() {
		if e.String() == s {
			return e, nil
		}
	}
	return Observe, fmt.Errorf("there is no effect %q: use %s", s, strings.Join(effectNames(), ", "))
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
