package spec_test

import (
	"maps"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestClausesAreThoseOfTheBrief compares the embedded clauses with the brief's, if it is at hand: every clause of the brief
// says the same here, in the same order. Later revisions of the pages may add editions and clauses.
func TestClausesAreThoseOfTheBrief(t *testing.T) {
	t.Parallel()
	const path = "../../shared/contract/clauses.yaml"
	if _, err := os.Stat(path); os.IsNotExist(err) {
		t.Skip("the brief is not beside the repository")
	}
	brief, own := clauseRows(t, path), clauseRows(t, "clauses.yaml")
	assert.Equal(t, brief, withoutAdditions(own, brief), "ids are for ever, and so is what they promise")
}

// TestAdditionsToTheBrief has the comparison see a changed clause, a missing one and a missing edition, and allow additions.
func TestAdditionsToTheBrief(t *testing.T) {
	t.Parallel()
	row := func(id, promise string, editions ...string) clauseRow {
		in := map[string]any{}
		for _, e := range editions {
			in[e] = "promised"
		}
		return clauseRow{"id": id, "promise": promise, "editions": in}
	}
	brief := []clauseRow{row("a", "x", "v0.10"), row("b", "y", "v0.12")}
	tests := map[string]struct {
		own  []clauseRow
		same bool
	}{
		"the same":          {[]clauseRow{row("a", "x", "v0.10"), row("b", "y", "v0.12")}, true},
		"one more edition":  {[]clauseRow{row("a", "x", "v0.10", "v0.10.6"), row("b", "y", "v0.12")}, true},
		"one more clause":   {[]clauseRow{row("a", "x", "v0.10"), row("c", "z", "v0.10.6"), row("b", "y", "v0.12")}, true},
		"another promise":   {[]clauseRow{row("a", "changed", "v0.10"), row("b", "y", "v0.12")}, false},
		"a missing clause":  {[]clauseRow{row("a", "x", "v0.10")}, false},
		"a missing edition": {[]clauseRow{row("a", "x"), row("b", "y", "v0.12")}, false},
		"another order":     {[]clauseRow{row("b", "y", "v0.12"), row("a", "x", "v0.10")}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.same, assert.ObjectsAreEqual(brief, withoutAdditions(test.own, brief)))
		})
	}
}

// clauseRow is a clause as its file says it, field by field.
type clauseRow map[string]any

// clauseRows reads the clauses of a file.
func clauseRows(t *testing.T, path string) (rows []clauseRow) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &rows))
	require.NotEmpty(t, rows)
	return rows
}

// withoutAdditions leaves out the clauses that the brief does not have, and of the others the editions that it does not have, and where
// the documents name them.
func withoutAdditions(own, brief []clauseRow) (rows []clauseRow) {
	original := map[any]clauseRow{}
	for _, row := range brief {
		original[row["id"]] = row
	}
	for _, row := range own {
		in, ok := original[row["id"]]
		if !ok {
			continue
		}
		row = maps.Clone(row)
		delete(row, "at")
		delete(row, "example")
		editions := maps.Clone(row["editions"].(map[string]any))
		maps.DeleteFunc(editions, func(e string, promise any) bool {
			if promise, ok := promise.(map[string]any); ok {
				delete(promise, "example")
			}
			_, ok := in["editions"].(map[string]any)[e]
			return !ok
		})
		row["editions"] = editions
		rows = append(rows, row)
	}
	return rows
}

func TestClausesThatBindServers(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, e := range spec.Editions() {
		for _, clause := range load(t, e).Clauses() {
			assert.NotEmpty(t, clause.Promise, clause.ID)
			assert.Contains(t, clause.Source, ": ", clause.ID)
			assert.Contains(t, []spec.Strength{spec.Must, spec.Should}, clause.Strength, clause.ID)
			if clause.Binds == spec.Server {
				ids[clause.ID] = true
			}
		}
	}
	assert.NotEmpty(t, ids)
}

// TestStrengthIsTheEditions has an edition's own strength win over the clause's.
func TestStrengthIsTheEditions(t *testing.T) {
	t.Parallel()
	for edition, want := range map[spec.Edition]spec.Strength{spec.V010: spec.Must, spec.V012: spec.Should} {
		clause, ok := load(t, edition).Clause("bots.duplicate")
		require.True(t, ok)
		assert.Equal(t, want, clause.Strength, edition)
	}
}

func TestClausesOfAnotherEditionAreNotThere(t *testing.T) {
	t.Parallel()
	_, ok := load(t, spec.V010).Clause("admin.mint")
	assert.False(t, ok)
	_, ok = load(t, spec.V012).Clause("retry.get")
	assert.False(t, ok)
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Effects() {
		parsed, err := spec.ParseEffect(e.String())
		require.NoError(t, err)
		assert.Equal(t, e, parsed)
	}
	_, err := spec.ParseEffect("destroy")
	assert.ErrorContains(t, err, "observe, write, bots, agent, exhaust")
	_, err = spec.ParseEdition("v0.11")
	assert.ErrorContains(t, err, "use v0.10, v0.10.6, v0.12")
	assert.Less(t, spec.Observe, spec.Exhaust)
}
