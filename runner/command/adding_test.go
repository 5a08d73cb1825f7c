package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
)

// TestAddingACheckShowsThePatch: each line of code of docs/adding-a-check.md stands in its patch.
func TestAddingACheckShowsThePatch(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/adding-a-check.md")
	require.NoError(t, err)
	patch, err := os.ReadFile("../../docs/adding-a-check.patch")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```(?:yaml|go)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " // ")
			assert.Contains(t, string(patch), line)
		}
	}
}

// TestProofOfAddingACheck applies the patch to a copy of the sources: the new check passes, and its faults are caught.
func TestProofOfAddingACheck(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "git", "-C", "../..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	for path := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join("../..", path))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(folder, filepath.Dir(path)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, path), text, 0o600))
	}
	for _, step := range []struct{ line, says string }{
		{"git apply docs/adding-a-check.patch", ""},
		{"go build -o vc .", ""},
		{"./vc --edition v0.12 --only admin.unknown-user --quiet", "1 tested clause holds"},
		{"./vc prove --edition v0.12 --only admin.unknown-user", "proven: 4 faults"},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", step.line)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", step.line, out)
		assert.Contains(t, string(out), step.says)
		assert.NotContains(t, string(out), "not proven")
	}
}
