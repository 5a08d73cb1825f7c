package gotest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestInAProcess is what TestRun has run in a process of its own, where it may fail: the examples.
func TestInAProcess(t *testing.T) {
	switch os.Getenv("GOTEST_EXAMPLE") {
	case "environment":
		testVexa(t)
	case "named":
		testStaging(t, os.Getenv("TARGET"), os.Getenv("TOKEN"))
	default:
		t.Skip("TestRun has it run")
	}
}

// TestRun: a good deployment is green with nothing said but where it is and a token; a broken one, one without
// credentials, and one with the wrong ones are red, each for its reason.
func TestRun(t *testing.T) {
	t.Parallel()
	started := func(faults ...string) *reference.Deployment {
		return referencetest.Start(t, reference.Options{Edition: "v0.12", Faults: faults})
	}
	good, broken := started(), started("missing-key-let-through")
	of := func(d *reference.Deployment, more ...string) []string {
		return append([]string{"GOTEST_EXAMPLE=environment", "VEXA_BASE_URL=" + d.BaseURL, "VEXA_ADMIN_URL=" + d.AdminURL, "VEXA_ONLY=auth/missing-key, auth/unknown-key/getMe"}, more...)
	}
	for name, row := range map[string]struct {
		env  []string
		good bool
		says string
		// fails says that a subtest fails, and not the test as a whole with one line.
		fails int
	}{
		"good":                   {of(good, "VEXA_ADMIN_TOKEN="+good.AdminToken), true, "PASS", 0},
		"good, named":            {[]string{"GOTEST_EXAMPLE=named", "TARGET=" + good.BaseURL, "TOKEN=" + good.AdminToken}, true, "PASS", 0},
		"empty variables":        {of(good, "VEXA_ADMIN_TOKEN= "+good.AdminToken+" ", "VEXA_EDITION=", "VEXA_HOSTED=", "VEXA_ALLOW=", "VEXA_API_KEY="), true, "PASS", 0},
		"broken":                 {of(broken, "VEXA_ADMIN_TOKEN="+broken.AdminToken), false, "auth.missing-key is broken", 1},
		"no credentials":         {of(good), false, "no credentials for " + good.BaseURL + ": set VEXA_ADMIN_TOKEN or VEXA_API_KEY", 0},
		"no credentials, broken": {of(broken), false, "auth.missing-key is broken", 1},
		"wrong credentials":      {of(good, "VEXA_ADMIN_TOKEN=wrong"), false, "no working credentials", 0},
		"no target":              {[]string{"GOTEST_EXAMPLE=environment", "VEXA_BASE_URL="}, false, "no target: set VEXA_BASE_URL", 0},
		"an unknown edition":     {of(good, "VEXA_EDITION=v0.11"), false, "VEXA_EDITION", 0},
		"an unknown effect":      {of(good, "VEXA_ALLOW=bot"), false, "VEXA_ALLOW", 0},
		"a pattern of nothing":   {of(good, "VEXA_ADMIN_TOKEN="+good.AdminToken, "VEXA_ONLY=auth.mising-key"), false, "did you mean auth.missing-key?", 0},
		"hosted, said otherwise": {of(good, "VEXA_HOSTED=maybe"), false, "VEXA_HOSTED", 0},
		"another edition":        {of(good, "VEXA_EDITION=v0.10", "VEXA_ADMIN_TOKEN="+good.AdminToken), false, `expected: 401 {"detail": "Not authenticated"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInAProcess$")
			for _, variable := range os.Environ() {
				if !strings.HasPrefix(variable, "VEXA_") {
					cmd.Env = append(cmd.Env, variable)
				}
			}
			cmd.Env = append(cmd.Env, row.env...)
			out, err := cmd.CombinedOutput()
			assert.Equal(t, row.good, err == nil, "%s", out)
			assert.Contains(t, string(out), row.says)
			if !row.good && row.fails == 0 {
				assert.Equal(t, 1, strings.Count(string(out), ".go:"), "one line: %s", out)
			}
		})
	}
}
