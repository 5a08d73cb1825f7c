package spec

import (
	"embed"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"golang.org/x/mod/semver"
)

//go:embed editions.yaml overlays/*.yaml
var revisionFiles embed.FS

// Revision is one documented edition and the releases that its page shipped with.
type Revision struct {
	Edition Edition `yaml:"edition"`
	// Base is the edition that it says the differences to; empty if its document is complete.
	Base Edition `yaml:"base"`
	// First and Last are releases, such as 0.10.3; they are empty before any release has the page.
	First string `yaml:"first"`
	Last  string `yaml:"last"`
	// Branch is what has the page instead, such as "main, August 2026".
	Branch string `yaml:"branch"`
}

// Releases says which releases the edition documents.
func (r Revision) Releases() string {
	if r.Branch != "" {
		return "the branch " + r.Branch
	}
	return fmt.Sprintf("releases %s to %s", r.First, r.Last)
}

// Revisions lists all editions, those of a line in the order of their releases.
func Revisions() []Revision { return slices.Clone(revisions()) }

var revisions = sync.OnceValue(func() []Revision {
	text, err := revisionFiles.ReadFile("editions.yaml")
	if err != nil {
		panic(fmt.Errorf("read editions.yaml: %w", err)) // it is embedded
	}
	var all []Revision
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
		panic(fmt.Errorf("read editions.yaml: %w", err)) // as above
	}
	return all
})

// Documented says whether an edition exists.
func Documented(e Edition) bool {
	_, ok := revisionOf(e)
	return ok
}

// EditionNames are the names of all editions, for a message.
func EditionNames() string {
	var names []string
	for _, r := range revisions() {
		names = append(names, string(r.Edition))
	}
	return strings.Join(names, ", ")
}

func revisionOf(e Edition) (Revision, bool) {
	i := slices.IndexFunc(revisions(), func(r Revision) bool { return r.Edition == e })
	if i < 0 {
		return Revision{}, false
	}
	return revisions()[i], true
}

// Revision says what the contract's edition is based on and which releases it documents.
func (c *Contract) Revision() Revision {
	r, _ := revisionOf(c.edition) // it was loaded
	return r
}

// Differs says how the promise of a clause differs in the edition from the one that it is based on, in a few words; it is
// empty if it does not.
func (r Revision) Differs(clause string) (string, error) {
	if r.Base == "" {
		return "", nil
	}
	promises := make([]Clause, 2)
	for i, e := range []Edition{r.Base, r.Edition} {
		all, err := clauses(e, "")
		if err != nil {
			return "", err
		}
		if at := slices.IndexFunc(all, func(c Clause) bool { return c.ID == clause }); at >= 0 {
			promises[i] = all[at]
		}
	}
	before, here := promises[0], promises[1]
	switch {
	case before.ID == "" && here.ID == "":
		return "", nil
	case here.ID == "":
		return "no longer promised", nil
	case before.ID == "":
		return "promised from here on", nil
	case !slices.Equal(before.Statuses, here.Statuses):
		return fmt.Sprintf("status %s, not %s", statusList(here.Statuses), statusList(before.Statuses)), nil
	case before.Detail != here.Detail:
		return fmt.Sprintf("detail %q, not %q", here.Detail, before.Detail), nil
	case before.Strength != here.Strength:
		return fmt.Sprintf("%s, not %s", here.Strength, before.Strength), nil
	case before.Promise != here.Promise:
		return "in other words: " + here.Promise, nil
	default:
		return "", nil
	}
}

// Redefines says whether an edition promises a clause otherwise than one that it is based on, or no longer.
func (e Edition) Redefines(clause string, of Edition) bool {
	i := slices.IndexFunc(entries(), func(c clauseEntry) bool { return c.ID == clause })
	if i < 0 {
		return false
	}
	here, binds := entries()[i].in(e)
	before, bound := entries()[i].in(of)
	return binds != bound || !reflect.DeepEqual(here, before)
}

func statusList(all []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(all), "[]"), " ", " or ")
}

// Line is the complete edition that an edition is based on, directly or not, or the edition itself.
func (e Edition) Line() Edition {
	if r, ok := revisionOf(e); ok && r.Base != "" {
		return r.Base.Line()
	}
	return e
}

// BasedOn says whether an edition is another one or, directly or not, says its differences to it.
func (e Edition) BasedOn(other Edition) bool {
	for r, ok := revisionOf(e); ok; r, ok = revisionOf(r.Base) {
		if r.Edition == other {
			return true
		}
	}
	return false
}

// Promises says whether a clause binds somebody in the edition.
func (e Edition) Promises(clause string) bool {
	return slices.ContainsFunc(entries(), func(c clauseEntry) bool {
		_, binds := c.in(e)
		return c.ID == clause && binds
	})
}

// ofRelease is the edition whose page a release, such as 0.10.6, or a branch shipped with.
func ofRelease(release string) (found Edition, ok bool) {
	for _, r := range revisions() {
		if branch, _, _ := strings.Cut(r.Branch, ","); branch != "" && branch == release {
			return r.Edition, true
		}
	}
	version := "v" + strings.TrimPrefix(release, "v")
	if !semver.IsValid(version) || strings.Count(version, ".") != 2 {
		return "", false
	}
	for _, r := range revisions() {
		if r.First == "" {
			continue
		}
		first, last := "v"+r.First, "v"+r.Last
		listed := semver.Compare(first, version) <= 0 && semver.Compare(version, last) <= 0
		later := semver.Compare(last, version) < 0 && semver.MajorMinor(version) == semver.MajorMinor(last)
		if listed || later {
			found = r.Edition
		}
	}
	return found, found != ""
}

// base is the edition that one is based on; empty if there is none.
func base(e Edition) Edition {
	r, _ := revisionOf(e)
	return r.Base
}
