package plan

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"vexa-conformance/runner/result"
)

//go:embed known/*.yaml
var knownFiles embed.FS

// releaseList is what one release is known to break.
type releaseList struct {
	Release string `yaml:"release"`
	// Editions are those by which a target of the release may be judged, beside the one of the release's name.
	Editions []string `yaml:"editions"`
	Failures []Known  `yaml:"failures"`
}

// ErrRelease says that no list of known failures can be chosen.
var ErrRelease = errors.New("no list of known failures of a release")

// releaseLists are the lists that ship with the program.
var releaseLists = sync.OnceValue(func() []releaseList {
	files, err := knownFiles.ReadDir("known")
	if err != nil {
		panic(fmt.Errorf("read the lists of known failures: %w", err)) // they are embedded
	}
	var all []releaseList
	for _, file := range files {
		text, err := knownFiles.ReadFile("known/" + file.Name())
		if err != nil {
			panic(fmt.Errorf("read the known failures: %w", err)) // as above
		}
		var list releaseList
		if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
			panic(fmt.Errorf("read the known failures %s: %w", file.Name(), err)) // as above
		}
		for i := range list.Failures {
			list.Failures[i].Release = list.Release
		}
		all = append(all, list)
	}
	return all
})

// Releases are the releases whose known failures ship with the program.
func Releases() []string {
	var names []string
	for _, list := range releaseLists() {
		names = append(names, list.Release)
	}
	return names
}

// KnownOfRelease are the known failures of a release. It fails with [ErrRelease], and with the releases that have a list.
func KnownOfRelease(name string) ([]Known, error) {
	for _, list := range releaseLists() {
		if list.Release == name {
			return slices.Clone(list.Failures), nil
		}
	}
	return nil, fmt.Errorf("%w %s: use %s", ErrRelease, name, strings.Join(Releases(), " or "))
}

// KnownOfEdition are the known failures of the release that an edition says: the one that it is named after, or else the only
// one that it documents and that has a list. It fails with [ErrRelease] if there is none, or more than one.
func KnownOfEdition(edition string) ([]Known, error) {
	var fitting []string
	for _, list := range releaseLists() {
		if list.Release == edition {
			return KnownOfRelease(edition)
		}
		if slices.Contains(list.Editions, edition) {
			fitting = append(fitting, list.Release)
		}
	}
	if len(fitting) == 1 {
		return KnownOfRelease(fitting[0])
	}
	return nil, fmt.Errorf("%w: %s does not say which one; name it, as in --known release=%s (there are %s)",
		ErrRelease, edition, Releases()[len(Releases())-1], strings.Join(Releases(), ", "))
}

// excusedByRelease says whether all that a check failed by is of a release's list.
func excusedByRelease(check result.Check) bool { return check.Release != "" && check.Known != "" }
