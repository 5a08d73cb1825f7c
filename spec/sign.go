package spec

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

//go:embed signs.yaml
var signsYAML []byte

// Sign is something that can be seen without a credential, and by which releases differ: see signs.yaml.
type Sign struct {
	// Operation is the operation whose presence is looked at, or the source of Member; Path is what is requested
	// instead.
	Operation string `yaml:"operation"`
	Path      string `yaml:"path"`
	// Member is the gjson path of the member of the response's body that is compared; empty is the presence itself.
	Member  string       `yaml:"member"`
	Answers []SignAnswer `yaml:"answers"`
}

// SignAnswer is one thing that a sign can show, and what follows from it.
type SignAnswer struct {
	// Is is a [Presence], or the text of the member.
	Is string `yaml:"is"`
	// Lines are those for every edition of which it speaks, and Editions single ones.
	Lines    []Edition `yaml:"lines"`
	Editions []Edition `yaml:"editions"`
	Weight   int       `yaml:"weight"`
	// Vexa says that only a Vexa deployment answers so.
	Vexa bool `yaml:"vexa"`
}

// SpeaksFor says whether the answer speaks for an edition.
func (a SignAnswer) SpeaksFor(e Edition) bool {
	return slices.Contains(a.Editions, e) || slices.Contains(a.Lines, e.Line())
}

// Presence says whether a target has an operation, as far as can be seen without a credential.
type Presence string

// The presences.
const (
	// Exists: the operation is answered differently from an unknown path under the same prefix.
	Exists Presence = "exists"
	// Absent: it is answered as such a path is.
	Absent Presence = "absent"
	// WithoutMethod: the path exists, and not for this method (405). It is a way to be absent.
	WithoutMethod Presence = "without-method"
	// Guarded: every path under the prefix is refused without a key, and paths elsewhere are not.
	Guarded Presence = "guarded"
	// Unclear: no answer came, or every path is refused, or the target failed.
	Unclear Presence = "unclear"
)

// Signs lists the signs, the most telling first. An error is a mistake in the embedded file.
func Signs() ([]Sign, error) {
	var all []Sign
	if err := yaml.UnmarshalWithOptions(signsYAML, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read signs.yaml: %w", err)
	}
	return all, nil
}

// Answer finds what follows from something that was seen. What speaks of absence speaks of a missing method too, unless
// the sign tells them apart.
func (s Sign) Answer(seen string) (SignAnswer, bool) {
	for _, a := range s.Answers {
		if a.Is == seen {
			return a, true
		}
	}
	if seen == string(WithoutMethod) {
		return s.Answer(string(Absent))
	}
	return SignAnswer{}, false
}
