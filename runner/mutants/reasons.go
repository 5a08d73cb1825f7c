package main

import (
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/tidwall/match"
)

//go:embed mutants.yaml
var reasonsText []byte

// reason says why a mutant lives.
type reason struct {
	// In and Change are the mutant's, as it is printed; a * in the change stands for any characters.
	In     string `yaml:"in"`
	Change string `yaml:"change"`
	Reason string `yaml:"reason"`
	used   bool
}

func readReasons() ([]*reason, error) {
	var all []*reason
	if err := yaml.UnmarshalWithOptions(reasonsText, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read mutants.yaml: %w", err)
	}
	for _, r := range all {
		if strings.TrimSpace(r.Reason) == "" {
			return nil, fmt.Errorf("read mutants.yaml: %s, %s has no reason", r.In, r.Change)
		}
	}
	return all, nil
}

// conclude prints the figures of a package, or of a file, and returns how many of its mutants live without a reason. Where all of it
// was mutated, an entry of its that excuses nothing counts like one.
func conclude(out io.Writer, path string, all []*mutant, reasons []*reason, complete bool) int {
	counts, unexplained := map[outcome]int{}, 0
	explained := 0
	for _, m := range all {
		counts[m.outcome]++
		if m.outcome != lived && m.outcome != unreached {
			continue
		}
		known := false
		for _, r := range reasons {
			if r.In == m.In && match.Match(m.Change, r.Change) {
				r.used, known = true, true
			}
		}
		if known {
			explained++
			continue
		}
		unexplained++
		fmt.Fprintf(out, "without a reason: - {in: %s, change: %q}\n", m.In, m.Change)
	}
	for _, r := range reasons {
		file, _, _ := strings.Cut(r.In, " ")
		if complete && !r.used && (file == path || filepath.Dir(file) == path) {
			unexplained++
			fmt.Fprintf(out, "mutants.yaml excuses %s, %s, and no such mutant lives\n", r.In, r.Change)
		}
	}
	fmt.Fprintf(out, "%s: %d mutants: %d killed, %d lived, %d not reached (%d of these with a reason), %d timed out; %d more do not compile\n",
		path, len(all)-counts[invalid], counts[killed], counts[lived], counts[unreached], explained, counts[timedOut], counts[invalid])
	return unexplained
}
