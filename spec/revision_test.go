package spec

import (
	"strings"
	"testing"

	"github.com/pb33f/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRevisions: each edition loads, and has the operations of its line in the same order.
func TestRevisions(t *testing.T) {
	t.Parallel()
	for _, r := range Revisions() {
		t.Run(string(r.Edition), func(t *testing.T) {
			t.Parallel()
			c, err := Load(t.Context(), r.Edition)
			require.NoError(t, err)
			assert.Equal(t, r, c.Revision())
			line, err := Load(t.Context(), r.Edition.Line())
			require.NoError(t, err)
			ids := func(c *Contract) (ids []string) {
				for _, op := range c.Operations() {
					ids = append(ids, op.ID)
				}
				return ids
			}
			assert.Subset(t, ids(c), ids(line))
			if r.Base == "" {
				assert.Equal(t, r.Edition, r.Edition.Line())
			}
		})
	}
}

// TestWhatV0106Changes: POST /bots is 201 and not 202, in the document and in its clause, and nothing else differs.
func TestWhatV0106Changes(t *testing.T) {
	t.Parallel()
	c, err := Load(t.Context(), "v0.10.6")
	require.NoError(t, err)
	op, _ := c.Operation("createBot")
	conditions := op.Conditions("bots.accepted")
	require.Len(t, conditions, 1)
	assert.Equal(t, 201, conditions[0].Status)
	assert.True(t, c.Listed(201))
	assert.NotContains(t, op.Statuses(), 202)
	r, _ := revisionOf("v0.10.6")
	for _, clause := range c.Clauses() {
		how, err := r.Differs(clause.ID)
		require.NoError(t, err)
		want := map[string]string{"bots.accepted": "status 201, not 202"}[clause.ID]
		assert.Equal(t, want, how, clause.ID)
	}
}

// TestRedefines: an exception for a promise of an edition does not hold in a later one that promises otherwise.
func TestRedefines(t *testing.T) {
	t.Parallel()
	assert.True(t, Edition("v0.10.6").Redefines("bots.accepted", V010))
	assert.False(t, Edition("v0.10.6").Redefines("bots.duplicate", V010))
	assert.False(t, V010.Redefines("bots.accepted", V010))
	assert.True(t, V012.Redefines("admin.mint", V010), "it is promised in one of them only")
	assert.False(t, V012.Redefines("no.clause", V010))
}

func TestPromises(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		edition Edition
		clause  string
		want    bool
	}{
		{V012, "rate.self-hosted-unlimited", true},
		{"v0.12.23", "rate.self-hosted-unlimited", false},
		{"v0.12-main", "rate.self-hosted-unlimited", false},
		{V012, "plans.duplicate", false},
		{"v0.12.23", "plans.duplicate", true},
		{"v0.12-main", "plans.duplicate", true},
		{"v0.12.23", "meetings.delete-finished", false},
		{"v0.12-main", "meetings.delete-finished", true},
		{V010, "bots.tracked", true},
		{"v0.10.6", "bots.tracked", true},
		{V012, "bots.tracked", false},
		{V012, "no.clause", false},
	} {
		assert.Equal(t, row.want, row.edition.Promises(row.clause), "%s in %s", row.clause, row.edition)
	}
}

func TestParseEdition(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Edition{
		"v0.10": V010, "v0.10.6": "v0.10.6", "v0.12": V012,
		"0.10.0": V010, "0.10.2": V010, "0.9.4": V010, "0.10.3": "v0.10.6", "v0.10.7": "v0.10.6", "0.10.9": "v0.10.6",
		"v0.12.1": V012, "v0.12.2": "v0.12.23", "v0.12.23": "v0.12.23", "v0.12.31": "v0.12.23",
		"v0.12-main": "v0.12-main", "main": "v0.12-main",
	} {
		e, err := ParseEdition(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, e, name)
	}
	for _, name := range []string{"", "v0.8", "0.8.9", "0.11.0", "v0.11", "latest", "v0.10.x"} {
		_, err := ParseEdition(name)
		assert.ErrorContains(t, err, "use v0.10, v0.10.6, v0.12", name)
	}
	assert.True(t, Edition("v0.10.6").BasedOn(V010))
	assert.True(t, V010.BasedOn(V010))
	assert.False(t, V010.BasedOn("v0.10.6"))
	assert.False(t, Edition("v0.10.6").BasedOn(V012))
}

func TestOverlays(t *testing.T) {
	t.Parallel()
	const document = "paths:\n  /b: {get: {tags: [x]}}\n  /a: {get: {}}\n"
	const head = "overlay: 1.0.0\ninfo: {title: a, version: '1'}\nactions:\n"
	for name, row := range map[string]struct{ overlay, want, says string }{
		"update":                {head + "  - {target: \"$.paths['/a'].get\", update: {summary: s}}", "summary: s", ""},
		"remove":                {head + "  - {target: \"$.paths['/b'].get.tags\", remove: true}", "/b: {get: {}}", ""},
		"nothing there":         {head + "  - {target: \"$.paths['/c']\", remove: true}", "", "the target $.paths['/c'] matches nothing"},
		"no JSONPath":           {head + "  - {target: \"paths[\", remove: true}", "", "read the target"},
		"of another version":    {"overlay: 2.0.0\ninfo: {title: a, version: '1'}\nactions: []\n", "", "validate the overlay"},
		"no YAML":               {"a: [", "", "read the overlay"},
		"both in one action":    {head + "  - {target: $, remove: true, update: {a: 1}}", "", "validate the overlay"},
		"without anything else": {head + "  - {target: $, update: {x-new: 1}}", "x-new: 1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tree yaml.Node
			require.NoError(t, yaml.Unmarshal([]byte(document), &tree))
			err := apply(&tree, []byte(row.overlay))
			if row.says != "" {
				assert.ErrorContains(t, err, row.says)
				return
			}
			require.NoError(t, err)
			text, err := encode(&tree)
			require.NoError(t, err)
			assert.Contains(t, string(text), row.want)
			assert.Less(t, strings.Index(string(text), "/b"), strings.Index(string(text), "/a"), "members keep their order")
		})
	}
}
