package suites_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/gotest"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// TestConformance judges the deployment at VEXA_BASE_URL, or the reference of each edition where it is not set, with the
// same checks as the binary: -run TestConformance/v0.12/auth/missing-key picks one.
func TestConformance(t *testing.T) {
	if strings.TrimSpace(os.Getenv("VEXA_BASE_URL")) != "" {
		gotest.Run(t, gotest.FromEnv(t))
		return
	}
	for _, row := range []struct {
		name    string
		edition spec.Edition
		hosted  bool
	}{
		{"v0.10", spec.V010, false},
		{"v0.12", spec.V012, false},
		{"hosted", spec.V012, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			down := filepath.Join(t.TempDir(), "down")
			d := referencetest.Start(t, reference.Options{Edition: string(row.edition), Hosted: row.hosted, Outage: down})
			c := config(t, row.edition, spec.Effects(), transport.Target{
				BaseURL: d.BaseURL, AdminURL: d.AdminURL, AgentURL: d.AgentURL, Hosted: row.hosted, Reference: true,
			}, fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), 3*time.Second)
			c.Outage = deployment.OutageFile(down)
			gotest.Judge(t, c)
		})
	}
}

// config is a run against a reference, whose bots take milliseconds for a step.
func config(
	t *testing.T, edition spec.Edition, allowed []spec.Effect, target transport.Target, tenants *fixtures.Tenants, patience time.Duration,
) deployment.Config {
	t.Helper()
	contract, err := spec.Load(t.Context(), edition)
	require.NoError(t, err)
	return deployment.Config{
		Selection: plan.Selection{Contract: contract, Allow: allowed},
		Options:   transport.Options{Target: target, Timeout: 5 * time.Second, Version: "go-test"},
		Tenants:   tenants, Patience: patience, Seed: 1,
	}
}
