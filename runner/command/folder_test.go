package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
)

// TestReportOfAFolder: a folder of reports is the history of a gate, what is not a report of a run is named and left out, and
// a folder without any is a mistake.
func TestReportOfAFolder(t *testing.T) {
	t.Parallel()
	folder, page := t.TempDir(), filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.Mkdir(filepath.Join(folder, "second"), 0o700))
	for i, row := range []struct {
		path string
		d    *reference.Deployment
		exit int
	}{
		{"first.json", start(t, reference.Options{Edition: "v0.12"}), 0},
		{"second/run.json", start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail"}}), 1},
	} {
		code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + row.d.AdminToken}, "run", "--edition", "v0.12", "--only", "auth/missing-key/getMe,auth/unknown-key/getMe",
			"--target", row.d.BaseURL, "--report", "json="+filepath.Join(folder, row.path))
		require.Equal(t, row.exit, code, "%d: %s%s", i, out, stderr)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "diff.json"), []byte(`{"schema": "vexa-conformance/diff/v1"}`), 0o600))
	code, out, stderr := run(t, nil, "report", folder, "--report", "html="+page)
	require.Equal(t, 0, code, out+stderr)
	assert.Contains(t, out, "2 runs from ")
	assert.Contains(t, out, "100.0 % of tested clauses hold at first and 50.0 % now, 1 regression")
	assert.Contains(t, stderr, "left out ")
	assert.Contains(t, stderr, "diff.json: read the report: no report of a run")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(text), `class="history"`)
	assert.Contains(t, string(text), `<strong class="change">regressed</strong>`)
	code, _, stderr = run(t, nil, "report", t.TempDir())
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "has no JSON report of a run: write one there")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "cut.json"), []byte(`{"schema": "vexa-conf`), 0o600))
	code, _, stderr = run(t, nil, "report", folder)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "truncated JSON")
}
