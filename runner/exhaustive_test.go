package runner_test

import (
	"os"
	"testing"
)

// exhaustive leaves a test to `make prove`, which sets PROVE: it takes too long to run at each change. Such tests are
// named TestProof….
func exhaustive(t *testing.T) {
	t.Helper()
	if os.Getenv("PROVE") == "" {
		t.Skip("exhaustive: make prove runs it")
	}
}
