package deployment_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/reports"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/suites"
)

var updateReleases = flag.Bool("update", false, "run the profiles, and rewrite testdata/releases and docs/releases.md")

const (
	releasesPage = "../../docs/releases.md"
	releasesHead = `# What real releases keep

Each release is judged by the edition that documents it, through the reference's profile of it (` + "`serve --profile`" + `): what it was seen
to do in the field. ` + "`--known release`" + ` excuses what a release is known to break, so that a run shows only what is yours.

This page is written by ` + "`go test ./runner/deployment -run TestReleasesPage -update`" + `; a change of a column is not a change of the release if the
two editions promise different things.

`
)

// TestReleasesPage: the page shows what the profiles came to when they were last run, and these are the verdicts that the hand
// table has, which TestReleases compares with runs of today.
func TestReleasesPage(t *testing.T) {
	t.Parallel()
	var all result.Report
	for i := len(releases()) - 1; i >= 0; i-- { // the oldest first
		row := releases()[i]
		if row.edition == row.edition.Line() {
			continue // the page shows each release by the edition that documents it
		}
		path := filepath.Join("testdata", "releases", row.profile+".json")
		if *updateReleases {
			var b bytes.Buffer
			require.NoError(t, reports.JSON(&b, result.Report{Tool: result.Tool{Name: "vexa-conformance"}, Runs: []result.Run{judgedRelease(t, row)}}))
			require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		stored, err := reports.ReadJSON(bytes.NewReader(text))
		require.NoError(t, err)
		all.Runs = append(all.Runs, stored.Runs...)
		for _, clause := range stored.Runs[0].Clauses {
			want := result.Pass
			if row.broken[clause.ID] != "" {
				want = result.Fail
			} else if row.skipped[clause.ID] != "" {
				want = result.Skip
			}
			assert.Equal(t, want, clause.Verdict, "%s of %s: run this test with -update", clause.ID, row.profile)
		}
	}
	var page bytes.Buffer
	page.WriteString(releasesHead)
	require.NoError(t, reports.Grid(&page, all))
	for _, name := range plan.Releases() {
		known, err := plan.KnownOfRelease(name)
		require.NoError(t, err)
		fmt.Fprintf(&page, "## What %s does otherwise\n\n| promise or check | what the release does |\n|---|---|\n", name)
		for _, k := range known {
			fmt.Fprintf(&page, "| `%s` | %s |\n", k.ID, strings.ReplaceAll(k.Reason, "|", `\|`))
		}
		page.WriteString("\n")
	}
	want := strings.TrimRight(page.String(), "\n") + "\n"
	if *updateReleases {
		require.NoError(t, os.WriteFile(releasesPage, []byte(want), 0o644))
	}
	is, err := os.ReadFile(releasesPage)
	require.NoError(t, err)
	assert.Equal(t, want, string(is), "docs/releases.md is not current: run this test with -update")
}

// judgedRelease is a run against a profile without what differs each time and is not shown: exchanges, times and addresses.
func judgedRelease(t *testing.T, row release) result.Run {
	t.Helper()
	down := filepath.Join(t.TempDir(), "down")
	d := referencetest.Start(t, reference.Options{Profile: row.profile, Unlimited: true, Speedup: 20, Outage: down})
	c := releaseConfig(t, row, d, func(_ *testing.T, base string) string { return base })
	c.Outage = deployment.OutageFile(down)
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	run.Target.Name, run.Target.BaseURL, run.Target.AdminURL, run.Target.AgentURL = row.profile, "", "", ""
	run.Started, run.Finished = time.Time{}, time.Time{}
	run.Checks, run.Setup, run.Coverage, run.Drift, run.Described, run.Notes = []result.Check{}, []result.Exchange{}, []result.Coverage{}, nil, nil, nil
	run.Summary.Exchanges = 0
	for i := range run.Causes {
		run.Causes[i].Exchange = nil
	}
	for i := range run.Clauses {
		run.Clauses[i].Checks = []string{}
	}
	return run
}
