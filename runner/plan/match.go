package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/tidwall/match"

	"vexa-conformance/suites"
)

// Matches says whether a pattern chooses a check: by its id, by the id of one of its clauses, or by what its id begins
// with ("auth/missing-key" chooses "auth/missing-key/getMe"). A * stands for any characters.
func Matches(pattern string, check suites.Check) bool {
	rest, inside := strings.CutPrefix(check.ID, pattern)
	return Glob(pattern, check.ID) || inside && strings.HasPrefix(rest, "/") || strings.Contains(pattern, "*") && Glob(pattern+"/*", check.ID) ||
		slices.ContainsFunc(check.Clauses, func(clause string) bool { return Glob(pattern, clause) })
}

// Glob says whether a pattern matches all of a text. A * stands for any characters, slashes too, and nothing else is special.
func Glob(pattern, text string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == text
	}
	if strings.ContainsAny(pattern, `\?`) { // these mean something to the library
		pattern = strings.NewReplacer(`\`, `\\`, `?`, `\?`).Replace(pattern)
	}
	return match.Match(text, pattern)
}

// IDs are those of checks and of their clauses.
func IDs(checks []suites.Check) []string {
	var ids []string
	for _, check := range checks {
		ids = append(ids, check.ID)
		ids = append(ids, check.Clauses...)
	}
	return ids
}

// Suggestion is `; did you mean "x"?` for the name that a misspelt one probably means. If none is near it lists those that exist,
// unless they are many.
func Suggestion(name string, names []string) string {
	const few = 12 // names fit into a line or two
	switch nearest := Nearest(name, names); {
	case nearest != "":
		return fmt.Sprintf("; did you mean %q?", nearest)
	case len(names) <= few:
		return ": use " + strings.Join(names, ", ")
	default:
		return ""
	}
}

// Nearest is the name that a misspelt one probably means: two letters are others, or a third of them. It is empty if none is
// so near.
func Nearest(name string, names []string) string {
	nearest, least := "", max(2, len(name)/3)+1
	for _, one := range names {
		if distance := levenshtein.ComputeDistance(name, one); distance < least {
			nearest, least = one, distance
		}
	}
	return nearest
}
