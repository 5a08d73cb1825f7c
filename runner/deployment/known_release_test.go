package deployment_test

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/reports"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// assertKnown: of a release as it is, nothing is left but what the release itself is known to do, and each entry of its list is needed.
func assertKnown(t *testing.T, row release, run result.Run) {
	t.Helper()
	known, err := plan.KnownOfEdition(string(row.edition))
	require.NoError(t, err)
	run = plan.Excuse(run, known)
	assert.Equal(t, result.ExitKept, run.ExitCode, reports.Sentence(run))
	assert.Contains(t, reports.Sentence(run), row.profile+" itself breaks ")
	assert.Contains(t, reports.Sentence(run), " promises; your deployment breaks no more")
	require.NotNil(t, run.Release)
	assert.Equal(t, result.Release{Name: row.profile}, *run.Release)
	for _, c := range run.Checks {
		assert.NotContains(t, []result.Verdict{result.Blocked, result.Error}, c.Verdict, "%s: %s", c.ID, c.Reason)
	}
	for _, c := range run.Causes {
		assert.Equal(t, result.OwnerRelease, c.Owner, c.Sentence)
		assert.Equal(t, "nothing: "+row.profile+" does so wherever it runs", c.Next)
	}
	for _, k := range known {
		if row.edition.Redefines(k.ID, spec.Edition(k.Edition)) {
			continue // it is about another page, and about what this one says it keeps
		}
		assert.True(t, slices.ContainsFunc(run.Checks, func(c result.Check) bool {
			return slices.ContainsFunc(c.Failures, func(f result.Failure) bool { return strings.Contains(f.Known, k.Reason) })
		}), "nothing needs the entry %s: %s", k.ID, k.Reason)
	}
	assert.Empty(t, reports.Verify(result.Report{Runs: []result.Run{run}}))
}

// TestOneMoreThanARelease: what a deployment breaks beside its release is all that is accused, also where the release fails
// the same check in another way, and where a promise of the release's list is broken otherwise.
func TestOneMoreThanARelease(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	html := func(w http.ResponseWriter, status int) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html>gateway</html>") // the harness has gone if it fails
	}
	for name, row := range map[string]struct {
		release int
		only    []string
		// breaks answers a request in the place of the release, and says whether it did.
		breaks func(http.ResponseWriter, *http.Request) bool
		clause string
		check  string
	}{
		"a promise that the release keeps": {0, []string{"auth/missing-key", "scope/denied"}, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("X-API-Key") != "" || r.URL.Path != "/auth/me" {
				return false
			}
			html(w, http.StatusForbidden)
			return true
		}, "auth.missing-key", "auth/missing-key/getMe"},
		"a check that the release fails otherwise": {0, []string{"envelope/every-answer/detail", "envelope/bad-input"}, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/recordings/") {
				return false
			}
			html(w, http.StatusNotFound)
			return true
		}, "envelope.detail", "envelope/every-answer/detail"},
		"the promise of an entry, broken otherwise": {1, []string{"bots/malformed-body", "auth/unknown-key"}, func(w http.ResponseWriter, r *http.Request) bool {
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			if err != nil || r.Method != http.MethodPost || r.URL.Path != "/bots" || len(body) > 0 || r.Header.Get("X-API-Key") == "" {
				return false
			}
			html(w, http.StatusTeapot)
			return true
		}, "bots.malformed-body", "bots/malformed-body/empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := func(t *testing.T, base string) string { return referencetest.Proxy(t, base, row.breaks) }
			run := judgeRelease(t, releases()[row.release], proxy, row.only)
			assert.Equal(t, result.ExitBroken, run.ExitCode, reports.Sentence(run))
			assert.Contains(t, reports.Sentence(run), " itself breaks ")
			assert.Contains(t, reports.Sentence(run), "your deployment breaks 1 more by 1 cause ("+row.clause+")")
			for _, clause := range run.Clauses {
				assert.Equal(t, clause.ID == row.clause, clause.Verdict == result.Fail && clause.Known == "", clause.ID)
			}
			for _, check := range run.Checks {
				assert.Equal(t, check.ID == row.check, check.Verdict == result.Fail && check.Known == "", check.ID)
				if check.ID == row.check {
					assert.Contains(t, check.Actual, "gateway", "it shows the new failure, not the known one")
				}
			}
			assert.Empty(t, reports.Verify(result.Report{Runs: []result.Run{run}}))
		})
	}
}

// TestReleaseLists: each entry names a check of an edition, and a list is found by the edition that a target is judged by.
func TestReleaseLists(t *testing.T) {
	t.Parallel()
	var all []suites.Check
	for _, e := range spec.Editions() {
		c, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		all = append(all, suites.All(c)...)
		known, err := plan.KnownOfEdition(string(e))
		require.NoError(t, err)
		assert.NotEmpty(t, known)
	}
	for _, name := range plan.Releases() {
		known, err := plan.KnownOfRelease(name)
		require.NoError(t, err)
		same, err := plan.KnownOfEdition(name)
		require.NoError(t, err, "an edition that is named after the release")
		assert.Equal(t, known, same)
		reasons := map[string]bool{}
		for _, k := range known {
			assert.Equal(t, name, k.Release)
			assert.True(t, slices.ContainsFunc(all, func(c suites.Check) bool { return plan.Matches(k.ID, c) }), "%s: %s is no check", name, k.ID)
			assert.False(t, reasons[k.Reason] || k.Reason == "", "%s: %s: the reason is its own", name, k.ID)
			reasons[k.Reason] = true
		}
	}
	_, err := plan.KnownOfEdition("v0.13")
	assert.ErrorIs(t, err, plan.ErrRelease)
	assert.ErrorContains(t, err, "--known release=v0.12.23 (there are v0.10.6, v0.12.23)")
	_, err = plan.KnownOfRelease("v9")
	assert.ErrorContains(t, err, "v9: use v0.10.6 or v0.12.23")
}

// judgeRelease runs checks of a release's edition against its profile with the release's list of known failures.
func judgeRelease(t *testing.T, row release, proxy func(*testing.T, string) string, only []string) result.Run {
	t.Helper()
	down := filepath.Join(t.TempDir(), "down")
	d := referencetest.Start(t, reference.Options{Profile: row.profile, Unlimited: true, Speedup: 20, Outage: down})
	c := releaseConfig(t, row, d, proxy)
	c.Outage, c.Only = deployment.OutageFile(down), only
	// At this speed a meeting may be over before a cut stream is resumed on a busy machine; no list is about that.
	if _, promised := c.Contract.Clause("stream.resume"); promised {
		c.Skip = []string{"stream.resume"}
	}
	var err error
	c.Known, err = plan.KnownOfEdition(string(row.edition))
	require.NoError(t, err)
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	return run
}
