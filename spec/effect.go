package spec

import (
	"fmt"
	"slices"
	"strings"
)

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

// Implied are the effects without which e does nothing: whoever starts a bot or an agent makes a user and reads, and so does whoever
// sends until it is refused. Bots, agent turns and exhaustion are permissions of their own.
func (e Effect) Implied() []Effect {
	switch e {
	case Observe:
		return nil
	case Write:
		return []Effect{Observe}
	default:
		return []Effect{Observe, Write}
	}
}

// ParseEffects reads the names of effects as people write them in flags, variables and files: with spaces around them, and with
// items that are empty. An effect brings those that it implies; a name with a + in front adds to the defaults, which hold if no
// name is given. The result is sorted. It fails with the names that there are.
func ParseEffects(names []string, defaults []Effect) ([]Effect, error) {
	var allowed []Effect
	adds, given := false, false
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		given = true
		name, plus := strings.CutPrefix(name, "+")
		adds = adds || plus
		e, err := ParseEffect(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		allowed = append(append(allowed, e), e.Implied()...)
	}
	if adds || !given {
		allowed = append(allowed, defaults...)
	}
	slices.Sort(allowed)
	return slices.Compact(allowed), nil
}

// EffectList is effects as --allow takes them.
func EffectList(effects []Effect) string {
	names := make([]string, len(effects))
	for i, e := range effects {
		names[i] = e.String()
	}
	return strings.Join(names, ",")
}
