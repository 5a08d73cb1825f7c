package prove

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
)

//go:embed sorts.yaml
var sortsText []byte

// faultSort is one thing that can go wrong, and patterns of the faults that do it.
type faultSort struct {
	Sort   string   `yaml:"sort"`
	Faults []string `yaml:"faults"`
}

// sorted gives every fault its sort. It says which faults have none, and, where all faults are there, which patterns match none.
func sorted(benches []*bench, complete bool) (problems []string) {
	var sorts []faultSort
	if err := yaml.UnmarshalWithOptions(sortsText, &sorts, yaml.Strict()); err != nil {
		return []string{"read sorts.yaml: " + err.Error()}
	}
	used := map[string]bool{}
	for _, b := range benches {
		for i := range b.trials {
			t := &b.trials[i]
			if t.Kind == result.Variation {
				continue
			}
			if t.Sort = sortOf(sorts, t.Name, used); t.Sort == "" {
				problems = append(problems, fmt.Sprintf("sorts.yaml has no sort for %s of %s", t.Name, b.name()))
			}
		}
	}
	for _, s := range sorts {
		for _, pattern := range s.Faults {
			if complete && !used[pattern] {
				problems = append(problems, fmt.Sprintf("sorts.yaml calls %s %q, and there is no such fault", pattern, s.Sort))
			}
		}
	}
	return problems
}

// sortOf is the first sort of which a pattern matches the name.
func sortOf(sorts []faultSort, name string, used map[string]bool) string {
	for _, s := range sorts {
		i := slices.IndexFunc(s.Faults, func(pattern string) bool { return plan.Glob(pattern, name) })
		if i >= 0 {
			used[s.Faults[i]] = true
			return s.Sort
		}
	}
	return ""
}
