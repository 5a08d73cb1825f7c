package deployment_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// release is what field.md says of a release: the clauses that it breaks, and those that cannot be judged there. It keeps all others.
type release struct {
	profile string
	edition spec.Edition
	// broken and skipped name clauses, with the observation that says so.
	broken, skipped map[string]string
}

// releases are written by hand from field.md, and not from what a run came to.
func releases() []release {
	return []release{
		{"v0.12.23", spec.V012, map[string]string{
			"envelope.detail":                    "500 text/plain for a field of a wrong type",
			"envelope.validation-detail-is-list": "a meeting_url of another type: 422 with a text detail",
			"envelope.bad-input-is-not-500":      "bot_name, language and transcription_tier of a wrong type: 500",
			"envelope.refused-leaves-nothing":    "a row requested stays after the 500, and blocks the link",
			"scope.denied":                       "Insufficient scope for this endpoint",
			"admin.fronted":                      "the gateway has no /admin/*",
			"agent.fronted":                      "the gateway has no /invocations and no /events",
			"agent.invocation-not-conformant":    "invalid unit.v1 dispatch: ..., malformed JSON 422",
			"bots.malformed-id":                  "201 for abc-defg",
			"bots.wrong-type":                    "500 for bot_name",
			"bots.stopped":                       "200, not 204",
			"bots.join-failure-in-status":        "a failed bot is not listed",
			"stream.opens":                       "422 of the agent is a 200 with raw JSON and no frame",
			"stream.rejected":                    "rejected is never sent",
		}, map[string]string{
			"rate.throttled":             "limits are promised of hosted deployments",
			"rate.retry-after-is-honest": "limits are promised of hosted deployments",
		}},
		{"v0.12.23", "v0.12.23", map[string]string{
			"envelope.detail":                    "500 text/plain for a field of a wrong type",
			"envelope.validation-detail-is-list": "a meeting_url of another type: 422 with a text detail",
			"envelope.bad-input-is-not-500":      "bot_name, language and transcription_tier of a wrong type: 500",
			"envelope.refused-leaves-nothing":    "a row requested stays after the 500, and blocks the link",
			"scope.denied":                       "Insufficient scope for this endpoint",
			"admin.fronted":                      "the gateway has no /admin/*",
			"agent.fronted":                      "the gateway has no /invocations and no /events",
			"agent.invocation-not-conformant":    "invalid unit.v1 dispatch: ..., malformed JSON 422",
			"bots.malformed-id":                  "201 for abc-defg",
			"bots.wrong-type":                    "500 for bot_name",
			"bots.stopped":                       "200, not 204",
			"bots.join-failure-in-status":        "a failed bot is not listed",
			"stream.opens":                       "422 of the agent is a 200 with raw JSON and no frame",
			"stream.rejected":                    "rejected is never sent",
		}, map[string]string{
			"rate.throttled":             "its limits are off",
			"rate.retry-after-is-honest": "its limits are off",
		}},
		{"v0.10.6", spec.V010, map[string]string{
			"envelope.detail":               "500 text/plain for NUL bytes",
			"envelope.bad-input-is-not-500": "500 for NUL bytes, ids over 32 bits, offset=-1",
			"auth.missing-key":              "Missing API key",
			"scope.matrix":                  "a browser key opens /bots*",
			"bots.accepted":                 "201, not 202",
			"bots.duplicate-race":           "of identical requests two or more are accepted",
			"bots.malformed-id":             "422, not 400",
			"bots.malformed-body":           "422, not 400",
			"retry.delete-meeting":          "200, then 404",
			"retry.delete-recording":        "200, then 404",
		}, map[string]string{
			"webhook.dedupe-keys":        "receivers on loopback are refused",
			"webhook.retried":            "receivers on loopback are refused",
			"rate.throttled":             "its limits are off",
			"rate.retry-after-is-honest": "its limits are off",
		}},
		{"v0.10.6", "v0.10.6", map[string]string{
			"envelope.detail":               "500 text/plain for NUL bytes",
			"envelope.bad-input-is-not-500": "500 for NUL bytes, ids over 32 bits, offset=-1",
			"auth.missing-key":              "Missing API key",
			"scope.matrix":                  "a browser key opens /bots*",
			"bots.duplicate-race":           "of identical requests two or more are accepted",
			"bots.malformed-id":             "422, not 400",
			"bots.malformed-body":           "422, not 400",
			"retry.delete-meeting":          "200, then 404",
			"retry.delete-recording":        "200, then 404",
		}, map[string]string{
			"webhook.dedupe-keys":        "receivers on loopback are refused",
			"webhook.retried":            "receivers on loopback are refused",
			"rate.throttled":             "its limits are off",
			"rate.retry-after-is-honest": "its limits are off",
		}},
	}
}

// TestProofOfReleases runs all checks against the profiles of two releases, directly and through a proxy that numbers requests and
// compresses: every divergence that the field shows is found, no other clause fails, and none is left without a verdict. The list of known failures of
// a release excuses all of it.
func TestProofOfReleases(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for _, row := range releases() {
		for name, proxy := range map[string]func(*testing.T, string) string{
			"direct":  func(_ *testing.T, base string) string { return base },
			"proxied": compressingProxy,
		} {
			if name == "proxied" && row.edition != row.edition.Line() {
				continue // what a proxy changes is shown with the other page
			}
			t.Run(fmt.Sprintf("%s by %s/%s", row.profile, row.edition, name), func(t *testing.T) {
				t.Parallel()
				// The times of a release are divided, so that a cache of a minute costs eight seconds; what is said in a meeting
				// goes on for long enough for a busy machine to hear it.
				down := filepath.Join(t.TempDir(), "down")
				d := referencetest.Start(t, reference.Options{Profile: row.profile, Unlimited: true, Speedup: 8, Outage: down})
				c := releaseConfig(t, row, d, proxy)
				c.Outage = deployment.OutageFile(down)
				run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
				require.NoError(t, err)
				for _, clause := range run.Clauses {
					want := result.Pass
					if row.broken[clause.ID] != "" {
						want = result.Fail
					} else if row.skipped[clause.ID] != "" {
						want = result.Skip
					}
					assert.Equal(t, want, clause.Verdict, "%s: %s%s", clause.ID, clause.Reason, failuresOf(run, clause.ID))
				}
				for _, check := range run.Checks {
					assert.NotContains(t, []result.Verdict{result.Blocked, result.Error}, check.Verdict, "%s: %s", check.ID, check.Reason)
				}
				if name == "direct" {
					assertKnown(t, row, run)
				}
			})
		}
	}
}

// releaseConfig is what an operator of the release would give: the ports, the prompts, and that its bots are scripted.
func releaseConfig(t *testing.T, row release, d *reference.Deployment, proxy func(*testing.T, string) string) deployment.Config {
	t.Helper()
	c := config(t, referencetest.Contract(t, row.edition), proxy(t, d.BaseURL), d.AdminToken)
	c.Target.AdminURL, c.Target.AgentURL = proxy(t, d.AdminURL), ""
	if d.AgentURL != "" {
		c.Target.AgentURL = proxy(t, d.AgentURL)
	}
	c.BotBody = map[string]any{"scripted": true}
	c.Stimuli = fixtures.Stimuli{Failed: "mock:failed-turn", Blocked: "mock:blocked-write"}
	c.Timeout, c.Patience = 10*time.Second, 20*time.Second
	return c
}

// failuresOf are what the checks of a clause found, for the one who reads the test's output.
func failuresOf(run result.Run, clause string) string {
	var b strings.Builder
	for _, check := range run.Checks {
		for _, f := range check.Failures {
			if f.Clause == clause {
				fmt.Fprintf(&b, "\n  %s: expected %s, got %.300s", check.ID, f.Expected, f.Actual)
			}
		}
	}
	return b.String()
}

// compressingProxy puts a new request id into the head and the body of each response, and compresses it, asked for or not.
func compressingProxy(t *testing.T, base string) string {
	t.Helper()
	to, err := url.Parse(base)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // a lost connection is what is tested
		ModifyResponse: func(res *http.Response) error {
			id := rand.Text()
			res.Header.Set("X-Request-Id", id)
			if res.StatusCode == http.StatusSwitchingProtocols || strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
				return nil
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			if gjson.ParseBytes(body).IsObject() && gjson.ValidBytes(body) {
				body = []byte(strings.Replace(string(body), "{", `{"request_id":"`+id+`",`, 1))
				body = bytes.Replace(body, []byte(`",}`), []byte(`"}`), 1)
			}
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			if _, err := w.Write(body); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			if len(body) > 0 {
				res.Header.Set("Content-Encoding", "gzip")
				res.Header.Set("Content-Length", strconv.Itoa(packed.Len()))
				res.Body, res.ContentLength = io.NopCloser(&packed), int64(packed.Len())
			}
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}
