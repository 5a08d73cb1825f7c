package gotest

import (
	"cmp"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// Target is a deployment to judge. Only BaseURL must be set, and credentials for more than the checks that need none.
type Target struct {
	// AdminURL and AgentURL are BaseURL if they are empty.
	BaseURL, AdminURL, AgentURL string
	// AdminToken has the test make throwaway users; without it, it uses Keys.
	AdminToken string
	Keys       fixtures.Keys
	// Edition is an edition or a release, such as 0.12.9; it is found out if it is empty.
	Edition spec.Edition
	// Hosted says that plan limits apply.
	Hosted bool
	// Allow are the effects that the test may have; none are [plan.DefaultAllow].
	Allow []spec.Effect
	// Only and Skip are patterns of check and clause ids.
	Only, Skip []string
}

// FromEnv reads the target from the variables of the command line: VEXA_BASE_URL, VEXA_ADMIN_URL, VEXA_AGENT_URL,
// VEXA_ADMIN_TOKEN, VEXA_API_KEY and those for one scope, VEXA_EDITION, VEXA_HOSTED, VEXA_ALLOW, VEXA_ONLY, VEXA_SKIP.
// An empty variable counts as none. The test fails if VEXA_BASE_URL is not set, so that it is never green by silence.
func FromEnv(t *testing.T) Target {
	t.Helper()
	variable := func(name string) string { return strings.TrimSpace(os.Getenv(name)) }
	target := Target{
		BaseURL: variable("VEXA_BASE_URL"), AdminURL: variable("VEXA_ADMIN_URL"), AgentURL: variable("VEXA_AGENT_URL"),
		AdminToken: variable("VEXA_ADMIN_TOKEN"), Only: list(variable("VEXA_ONLY")), Skip: list(variable("VEXA_SKIP")),
		Keys: fixtures.Keys{
			All: variable("VEXA_API_KEY"), Bot: variable("VEXA_API_KEY_BOT"), Tx: variable("VEXA_API_KEY_TX"),
			Browser: variable("VEXA_API_KEY_BROWSER"), Other: variable("VEXA_API_KEY_OTHER"),
		},
	}
	if target.BaseURL == "" {
		t.Fatal("no target: set VEXA_BASE_URL to the base URL of the deployment")
	}
	var err error
	if edition := variable("VEXA_EDITION"); edition != "" && edition != "auto" {
		if target.Edition, err = spec.ParseEdition(edition); err != nil {
			t.Fatalf("VEXA_EDITION: %v", err)
		}
	}
	if target.Allow, err = spec.ParseEffects(list(variable("VEXA_ALLOW")), plan.DefaultAllow()); err != nil {
		t.Fatalf("VEXA_ALLOW: %v", err)
	}
	if target.Hosted, err = strconv.ParseBool(cmp.Or(variable("VEXA_HOSTED"), "false")); err != nil {
		t.Fatalf("VEXA_HOSTED: %v", err)
	}
	return target
}

// list is what stands between the commas; items that are empty are left out.
func list(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// config is what a run of the target is given.
func (target Target) config(t *testing.T) deployment.Config {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) // ids of an earlier run would be in the way
	c := deployment.Config{
		Selection: plan.Selection{Allow: target.Allow, Only: target.Only, Skip: target.Skip},
		Options:   transport.Options{Target: transport.Target{BaseURL: target.BaseURL, AdminURL: target.AdminURL, AgentURL: target.AgentURL, Hosted: target.Hosted}, Version: "go-test"},
		Tenants:   fixtures.NewTenants(seed, target.AdminToken, target.Keys), Seed: seed,
	}
	if target.Edition != "" {
		edition, err := spec.ParseEdition(string(target.Edition))
		if err != nil {
			t.Fatal(err)
		}
		if c.Contract, err = spec.Load(t.Context(), edition); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var contracts []*spec.Contract
	for _, line := range spec.Editions() {
		contract, err := spec.Load(t.Context(), line)
		if err != nil {
			t.Fatal(err)
		}
		contracts = append(contracts, contract)
	}
	contract, detected, err := detect.Detect(t.Context(), c, contracts)
	if err != nil {
		t.Fatal(err)
	}
	c.Contract, c.Detected = contract, detected
	return c
}

// credentials says whether there are any.
func (target Target) credentials() bool {
	return target.AdminToken != "" || target.Keys != fixtures.Keys{}
}
