package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestProofOfImage builds the container image with buildah, without a daemon, and runs it: as a user without rights it tests a
// deployment, and can write its journal.
func TestProofOfImage(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	if _, err := exec.LookPath("buildah"); err != nil || testing.Short() {
		t.Skip("building an image needs buildah, and a while")
	}
	folder := t.TempDir()
	buildah := func(args ...string) string {
		t.Helper()
		storage := []string{"--root", folder + "/root", "--runroot", folder + "/run", "--storage-driver", "vfs"}
		out, err := exec.CommandContext(t.Context(), "buildah", append(storage, args...)...).CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	built := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", folder+"/from/vexa-conformance", "../..")
	built.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := built.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, os.MkdirAll(folder+"/from/state", 0o755))
	require.NoError(t, os.WriteFile(folder+"/from/ca-certificates.crt", []byte("# none\n"), 0o644))
	buildah("bud", "--isolation", "chroot", "-f", "../../Dockerfile", "-t", "vexa-conformance:local", folder+"/from")
	container := buildah("from", "vexa-conformance:local")
	defer buildah("rm", container)

	d := start(t, reference.Options{Edition: "v0.12"})
	said := buildah("run", "--isolation", "chroot", "--env", "VEXA_BASE_URL="+d.BaseURL, "--env", "VEXA_ADMIN_TOKEN="+d.AdminToken,
		container, "--", "/usr/bin/vexa-conformance", "run", "--quiet", "--report", "json=-")
	assert.Contains(t, said, "no clause broken: 26 of 42 tested")
	assert.Contains(t, said, `"exit_code": 0`)
	assert.NotContains(t, said, d.AdminToken)
	assert.Equal(t, "65532:65532", buildah("inspect", "--format", "{{.OCIv1.Config.User}}", container))
	size, err := os.Stat(filepath.Join(folder, "from", "vexa-conformance"))
	require.NoError(t, err)
	assert.Less(t, size.Size(), int64(25<<20), "the binary is small")
}
