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

// long leaves a test of whole runs, or one that waits for seconds, out of `make quick` and of the race detector's part.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long: make test runs it")
	}
}
