package deployment_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// judgeDeliveries runs the checks about webhooks that a deployment delivers.
func judgeDeliveries(t *testing.T, d *reference.Deployment, base string, change func(*deployment.Config)) result.Run {
	t.Helper()
	c := config(t, referencetest.Contract(t, spec.V010), base, d.AdminToken)
	c.Only, c.Patience = []string{"webhook.*"}, 3*time.Second
	if change != nil {
		change(&c)
	}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	require.Len(t, run.Checks, 3)
	return run
}

// TestWebhooksThatTakeEffectLater, since the deployment caches them with a key or for a while, are judged all the same.
func TestWebhooksThatTakeEffectLater(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, variation := range []string{"webhook-cached-with-key", "webhook-takes-effect-later"} {
		t.Run(variation, func(t *testing.T) {
			t.Parallel()
			d := referencetest.Start(t, reference.Options{Edition: "v0.10", Variations: []string{variation}})
			for _, check := range judgeDeliveries(t, d, d.BaseURL, nil).Checks {
				assert.Equal(t, result.Pass, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
			}
			bots, keys := d.Remaining()
			assert.Zero(t, bots)
			assert.Zero(t, keys)
		})
	}
}

// TestNoDeliveries: where none comes, a second meeting is tried, and what to do is said.
func TestNoDeliveries(t *testing.T) {
	t.Parallel()
	const refusal = `{"detail":"Webhook URL cannot target internal or private networks"}`
	listen := func(c *deployment.Config) { c.WebhookListen = "127.0.0.1:0" }
	public := func(c *deployment.Config) {
		c.WebhookListen, c.WebhookURL = "127.0.0.1:0", "https://hooks.example.com/x"
	}
	for name, row := range map[string]struct {
		status  int
		body    string
		change  func(*deployment.Config)
		verdict result.Verdict
		says    string
		bots    int64
	}{
		"a private receiver is refused":         {400, refusal, nil, result.Skip, "give a public --webhook-url, and --webhook-listen for it; PUT /user/webhook got 400", 0},
		"also one that the operator names":      {400, refusal, listen, result.Skip, "give a public --webhook-url", 0},
		"a public one is refused":               {400, refusal, public, result.Blocked, "PUT /user/webhook got 400", 0},
		"nothing comes":                         {200, `{}`, nil, result.Skip, "cache that setting for up to 1m0s, and --patience bounds the wait; deliveries are best effort: give --webhook-listen", 2},
		"nothing comes where the operator says": {200, `{}`, public, result.Blocked, "--patience bounds the wait; can the deployment reach the receiver?", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V010)
			var bots atomic.Int64
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost && r.URL.Path == "/bots" {
					bots.Add(1)
				}
				if r.Method != http.MethodPut || r.URL.Path != "/user/webhook" {
					return false
				}
				_, _ = io.Copy(io.Discard, r.Body) // so that the connection serves again
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(row.status)
				fmt.Fprint(w, row.body)
				return true
			})
			run := judgeDeliveries(t, d, proxied, func(c *deployment.Config) {
				c.Patience = 200 * time.Millisecond
				if row.change != nil {
					row.change(c)
				}
			})
			for _, check := range run.Checks {
				assert.Equal(t, row.verdict, check.Verdict, "%s: %s", check.ID, check.Actual)
				assert.Contains(t, check.Reason, row.says)
			}
			assert.Equal(t, int64(len(run.Checks))*row.bots, bots.Load())
		})
	}
}

// TestSocketWithoutAdmission: a bot that nobody lets in is stopped, and the statuses that it sends are judged.
func TestSocketWithoutAdmission(t *testing.T) {
	t.Parallel()
	for fault, verdict := range map[string]result.Verdict{"": result.Pass, "socket-silent": result.Fail, "socket-skips-the-end": result.Fail, "socket-says-failed": result.Fail} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			o := reference.Options{Edition: "v0.10", Admits: [][2]string{{"zoom", "1234567890"}}}
			if fault != "" {
				o.Faults = []string{fault}
			}
			d := referencetest.Start(t, o)
			c := config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
			c.Only, c.Patience = []string{"socket.*"}, time.Second // less than a bot waits to be admitted
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, verdict, run.Checks[0].Verdict, "%s %s", run.Checks[0].Reason, run.Checks[0].Actual)
			bots, _ := d.Remaining()
			assert.Zero(t, bots)
		})
	}
}
