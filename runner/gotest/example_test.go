package gotest_test

import (
	"testing"

	"vexa-conformance/runner/gotest"
	"vexa-conformance/spec"
)

// testVexa is a test as it stands in a project of one's own: TestVexa(t *testing.T).
func testVexa(t *testing.T) {
	gotest.Run(t, gotest.FromEnv(t))
}

// testStaging names the target in place of reading it from the environment. All that is not said has a default.
func testStaging(t *testing.T, baseURL, adminToken string) {
	gotest.Run(t, gotest.Target{BaseURL: baseURL, AdminToken: adminToken, Allow: []spec.Effect{spec.Observe}})
}

// A test of one's own is one line; `go test` runs it. TestRun runs these two in a process of their own.
func ExampleRun() {
	var (
		fromEnvironment func(t *testing.T)                             = testVexa
		named           func(t *testing.T, baseURL, adminToken string) = testStaging
	)
	_, _ = fromEnvironment, named
}
