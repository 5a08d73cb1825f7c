package reports_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

func says(text string, err error) func(io.Writer) error {
	return func(w io.Writer) error {
		_, _ = io.WriteString(w, text)
		return err
	}
}

// TestSaveLeavesTheOldFile if the new one could not be written completely.
func TestSaveLeavesTheOldFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "report.json")
	require.NoError(t, reports.Save(path, says("old", nil)))
	broken := errors.New("half of it")
	err := reports.Save(path, says("new", broken))
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(text))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

// TestSaveToAPipe writes into what cannot be replaced, and returns its errors.
func TestSaveToAPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // with both ends here, nobody waits for the other
	require.NoError(t, err)
	defer pipe.Close()
	read := func() string {
		require.NoError(t, pipe.SetReadDeadline(time.Now().Add(time.Second)))
		text := make([]byte, 100)
		n, err := pipe.Read(text)
		require.NoError(t, err)
		return string(text[:n])
	}
	require.NoError(t, reports.Save(path, says("all of it", nil)))
	assert.Equal(t, "all of it", read())
	broken := errors.New("half of it")
	require.ErrorIs(t, reports.Save(path, says("lost", broken)), broken)
	require.NoError(t, reports.Save(path, says("the next", nil)))
	assert.Equal(t, "the next", read())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.ModeNamedPipe, info.Mode().Type(), "it is a pipe still")
	require.NoError(t, os.Chmod(path, 0))
	if os.Geteuid() != 0 { // root opens everything
		require.ErrorIs(t, reports.Save(path, says("", nil)), os.ErrPermission)
	}
}

func TestSaveIsAtomic(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	require.NoError(t, reports.Save(path, says("new", nil)))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing is left beside it")
}

func TestSaveFails(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "no", "report.json")
	err := reports.Save(nowhere, says("new", nil))
	require.ErrorContains(t, err, nowhere)
	require.ErrorIs(t, err, os.ErrNotExist)
	folder := t.TempDir()
	require.ErrorContains(t, reports.Save(folder, says("new", nil)), folder)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(folder), ".*"))
	require.NoError(t, err)
	assert.Empty(t, left, "the temporary file is deleted")
}

func TestEncodeFails(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, reports.Encode(io.Discard, "pdf", result.Report{}), `unknown report format "pdf": use json or junit or html or markdown`)
	assert.ErrorContains(t, reports.EncodeProof(io.Discard, "pdf", result.Proof{}), "json or html")
}
