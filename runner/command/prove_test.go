package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"vexa-conformance/fixtures/reference/referencetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

// TestProofsAreWritten as JSON and as a page, beside what the terminal shows.
func TestProofsAreWritten(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	raw, page := filepath.Join(t.TempDir(), "p.json"), filepath.Join(t.TempDir(), "p.html")
	code, out, stderr := run(t, nil, "prove", "--edition", "v0.10", "--only", "getMe/missing-key/*", "--report", "json="+raw, "--report", "html="+page)
	require.Equal(t, 0, code, stderr)
	assert.Contains(t, out, "guard of key, scope or tenant forgotten       1       1             -      -")
	text, err := os.ReadFile(raw)
	require.NoError(t, err)
	assert.Equal(t, "vexa-conformance/proof/v1", gjson.GetBytes(text, "schema").String())
	assert.Equal(t, gjson.GetBytes(text, "summary.faults").Int(), gjson.GetBytes(text, "summary.caught").Int())
	assert.True(t, gjson.GetBytes(text, `deployments.0.faults.#(name=="getMe/missing-key/let-through").red`).IsArray())
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(html), "getMe/missing-key/let-through")
}
