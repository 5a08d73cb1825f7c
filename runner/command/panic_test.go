package command

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/result"
)

// failing is a terminal whose driver fails, and tells what it was given.
type failing struct{ says string }

func (f failing) Write([]byte) (int, error) { panic("cannot write " + f.says) }

// TestAPanicKeepsSecrets: an error of the harness is reported without secrets, and as its own fault.
func TestAPanicKeepsSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(path, []byte("admin_token: hush-hush-token\napi_key_tx: hush-hush-key\n"), 0o600))
	var stderr bytes.Buffer
	s := &env{stdout: &output{to: failing{"hush-hush-token and hush-hush-key"}}, stderr: &stderr}
	code := s.run(t.Context(), []string{"plan", "--edition", "v0.10", "--target", "http://192.0.2.1", "--config", path})
	assert.Equal(t, result.ExitHarness, code, stderr.String())
	assert.Contains(t, stderr.String(), "the harness failed")
	assert.NotContains(t, stderr.String(), "hush")
}
