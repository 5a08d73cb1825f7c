package deployment_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestDisposable judges with what an operator names disposable, and without a bot; what is not named stays.
func TestDisposable(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	named := fixtures.Disposable{Meetings: []fixtures.Meeting{{Platform: "google_meet", NativeID: "old-gone-now"}, {Platform: "teams", NativeID: "1234567890123"}}, Recordings: []string{"7000001", "7000002"}}
	own := reference.Options{
		Finished: [][2]string{{"google_meet", "kee-pthi-sss"}, {"teams", "1234567890123"}, {"zoom", "12345678901"}}, Recordings: []int64{7000000, 7000002, 7000003},
	}
	for name, row := range map[string]struct {
		edition spec.Edition
		faults  string
		admin   bool
		broken  string
	}{
		"v0.10":                               {spec.V010, "", true, ""},
		"v0.10, with keys only":               {spec.V010, "", false, ""},
		"v0.12":                               {spec.V012, "", true, ""},
		"meeting deleted once":                {spec.V010, "delete-meeting-not-idempotent", true, "retry/delete-meeting"},
		"meeting not anonymized":              {spec.V010, "delete-meeting-does-nothing", true, "retry/delete-meeting"},
		"recording deleted once":              {spec.V010, "delete-recording-not-idempotent", true, "retry/delete-recording"},
		"recording deleted by another":        {spec.V012, "others-recording-deleted", true, "tenancy/recording"},
		"meeting read by another":             {spec.V012, "others-transcript-shown", true, "tenancy/finished-meeting"},
		"meeting changed by another, v0.10":   {spec.V010, "others-change-works", false, "tenancy/finished-meeting"},
		"recording shown to another, by keys": {spec.V010, "others-recording-is-403", false, "tenancy/recording"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := own
			if o.Edition = string(row.edition); row.faults != "" {
				o.Faults = []string{row.faults}
			}
			d := referencetest.Start(t, o)
			var mu sync.Mutex
			var changed []string // what was asked for with the operator's key that does not only read
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				if r.Header.Get("X-API-Key") == d.Keys.All && r.Method != http.MethodGet {
					changed = append(changed, r.Method+" "+r.URL.Path)
				}
				return false
			})
			c := config(t, referencetest.Contract(t, row.edition), proxied, "")
			admin := ""
			if row.admin {
				admin = d.AdminToken
			}
			c.Tenants = fixtures.NewTenants(1, admin, fixtures.Keys{All: d.Keys.All, Other: d.Keys.Other})
			c.Allow, c.Disposable = observing(), named
			c.Only = []string{"retry/delete-meeting", "retry/delete-recording", "retry/get/finished-meeting", "tenancy/finished-meeting", "tenancy/recording"}
			if row.edition == spec.V012 {
				c.Only = c.Only[3:]
			}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			for _, check := range run.Checks {
				switch {
				case check.ID == "retry/delete-meeting/shared-id":
				case check.ID == row.broken:
					assert.Equal(t, result.Fail, check.Verdict, "%s: %s", check.ID, check.Reason)
				case row.broken == "" || !strings.HasPrefix(check.ID, "retry/delete-recording"):
					assert.Equal(t, result.Pass, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
				}
			}
			for _, request := range changed {
				path := strings.Split(request, "/")
				last := path[len(path)-1]
				harmless := strings.HasPrefix(last, "20") && len(last) == 10 || last != "7000002" && strings.Count(last, "-") == 2 && last != "kee-pthi-sss"
				assert.True(t, last == "1234567890123" || last == "7000002" || harmless, "only what is named, or what does not exist: %s", request)
			}
			assert.Equal(t, []bool{true, true, true, true}, []bool{
				reads(t, d, "/transcripts/google_meet/kee-pthi-sss"), reads(t, d, "/transcripts/zoom/12345678901"),
				reads(t, d, "/recordings/7000000"), reads(t, d, "/recordings/7000003"),
			}, "what is not named is there")
			if row.broken == "" {
				assert.Equal(t, row.edition == spec.V012, reads(t, d, "/recordings/7000002"), "the named recording is deleted, if the edition promises something about that")
			}
			bots, _ := d.Remaining()
			assert.Zero(t, bots)
		})
	}
}

func reads(t *testing.T, d *reference.Deployment, path string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.BaseURL+path, nil)
	require.NoError(t, err)
	req.Header.Set("X-API-Key", d.Keys.All)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// TestNothingDisposableIsThere says so, and judges nothing by it.
func TestNothingDisposableIsThere(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V010)
	c := config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
	c.Tenants = fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{All: d.Keys.All})
	c.Allow, c.Only = observing(), []string{"retry/delete-meeting", "retry/delete-recording"}
	c.Disposable = fixtures.Disposable{Meetings: []fixtures.Meeting{{Platform: "google_meet", NativeID: "abc-defg-hij"}}, Recordings: []string{"1"}}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitInconclusive, run.ExitCode)
	blocked := 0
	for _, check := range run.Checks {
		if check.Verdict == result.Blocked {
			blocked++
			assert.Contains(t, check.Reason, "name others in --config")
		}
	}
	assert.Equal(t, 2, blocked)
}
