package spec

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"
)

// KnownClause says whether clauses.yaml has a clause in any edition. What names a clause that no edition has is a
// mistake, and not about another edition.
func KnownClause(id string) bool {
	return slices.ContainsFunc(entries(), func(e clauseEntry) bool { return e.ID == id })
}

// entries are all of clauses.yaml.
var entries = sync.OnceValue(func() []clauseEntry {
	var all []clauseEntry
	if err := yaml.UnmarshalWithOptions(clausesYAML, &all, yaml.Strict()); err != nil {
		panic(fmt.Errorf("read clauses.yaml: %w", err)) // it is embedded
	}
	return all
})

// KnownOperation says whether the document of any edition has an operation.
func KnownOperation(id string) bool { return slices.Contains(operationIDs(), id) }

// operationIDs are those of the embedded files, which name each operation in a line of its own.
var operationIDs = sync.OnceValue(func() []string {
	var all []string
	for _, files := range []embed.FS{documents, revisionFiles} {
		for _, pattern := range []string{"*.yaml", "overlays/*.yaml"} {
			paths, err := fs.Glob(files, pattern)
			if err != nil {
				panic(err) // the patterns are well formed
			}
			for _, path := range paths {
				text, err := files.ReadFile(path)
				if err != nil {
					panic(fmt.Errorf("read %s: %w", path, err)) // it is embedded
				}
				for _, match := range regexp.MustCompile(`(?m)^\s*operationId:\s*(\w+)\s*$`).FindAllSubmatch(text, -1) {
					all = append(all, string(match[1]))
				}
			}
		}
	}
	return all
})

// checkConditions refuses answers that a document names after a clause that there is not: nobody would judge them.
func checkConditions(e Edition, operations []*Operation) error {
	for _, op := range operations {
		for _, condition := range op.known {
			if !KnownClause(condition.Clause) {
				return fmt.Errorf("read the document of %s: %s: the answer %d is named after the clause %q, which clauses.yaml does not have",
					e, op.ID, condition.Status, condition.Clause)
			}
		}
	}
	return nil
}
