package deployment_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// verdicts are what a run found out, check by check.
func verdicts(run result.Run) map[string]result.Verdict {
	all := map[string]result.Verdict{}
	for _, check := range run.Checks {
		all[check.ID] = check.Verdict
	}
	return all
}

// observing is what a run may do to a target by default.
func observing() []spec.Effect { return []spec.Effect{spec.Observe, spec.Write} }

// TestProofWithLimits: behind limits of every kind a run comes to the same verdicts, and says that it was throttled.
func TestProofWithLimits(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for name, row := range map[string]struct {
		edition   spec.Edition
		perSecond rate.Limit
		// only is a part of the run where the whole would take minutes.
		only   []string
		refuse http.HandlerFunc
	}{
		"40 a second, in the envelope": {spec.V012, 40, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"detail":"Too many requests"}`)
		}},
		"40 a second, without a body or a time that can be read": {spec.V010, 40, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "soon")
			w.WriteHeader(http.StatusTooManyRequests)
		}},
		"10 a second, in plain text, without Retry-After": {spec.V010, 10, nil, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}},
		"10 a second, in HTML, with a Retry-After that is too short": {spec.V010, 10, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, "<h1>429</h1>")
		}},
		"2 a second": {spec.V012, 2, []string{"auth/missing-key/get*", "admin.*"}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, row.edition)
			c := config(t, referencetest.Contract(t, row.edition), d.BaseURL, d.AdminToken)
			c.Allow, c.Only = observing(), row.only
			unlimited, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			require.Zero(t, unlimited.ExitCode)
			limit := rate.NewLimiter(row.perSecond, 1)
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				if limit.Allow() {
					return false
				}
				row.refuse(w, r)
				return true
			})
			c = config(t, referencetest.Contract(t, row.edition), proxied, d.AdminToken)
			c.Allow, c.Only = observing(), row.only
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, verdicts(unlimited), verdicts(run))
			assert.Equal(t, unlimited.ExitCode, run.ExitCode)
			assert.Positive(t, run.Summary.Throttled, "it says that it was throttled")
			assert.Less(t, run.Summary.Throttled, unlimited.Summary.Exchanges/2, "and it was not again and again")
		})
	}
}

// TestOutage takes the reference's backend down and brings it back, also where the run is interrupted meanwhile.
func TestOutage(t *testing.T) {
	t.Parallel()
	down := filepath.Join(t.TempDir(), "down")
	d := referencetest.Start(t, reference.Options{Edition: "v0.10", Outage: down})
	for name, row := range map[string]struct {
		outage  deployment.Outage
		verdict result.Verdict
		says    string
	}{
		"as it should":         {*deployment.OutageFile(down), result.Pass, ""},
		"one route":            {deployment.Outage{Down: "touch " + down, Up: "rm " + down, Routes: []string{"GET /bots/status"}}, result.Pass, ""},
		"no commands":          {deployment.Outage{}, result.Skip, "outage:"},
		"no way back":          {deployment.Outage{Down: "touch " + down}, result.Skip, "outage:"},
		"no such route":        {deployment.Outage{Down: "touch " + down, Up: "rm " + down, Routes: []string{"GET /bots/state"}}, result.Blocked, `has no operation "GET /bots/state"`},
		"a command that fails": {deployment.Outage{Down: "echo no such service >&2; false", Up: "rm -f " + down}, result.Blocked, "no such service"},
		"nothing goes down":    {deployment.Outage{Down: "true", Up: "true"}, result.Fail, "200"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
			c.Outage, c.Only, c.Patience = &row.outage, []string{"outage.*"}, time.Second
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			require.Len(t, run.Checks, 1)
			assert.Equal(t, row.verdict, run.Checks[0].Verdict, run.Checks[0].Reason)
			assert.Contains(t, run.Checks[0].Reason+run.Checks[0].Actual, row.says)
			assert.NoFileExists(t, down, "it is up again")
		})
	}
	t.Run("not brought back", func(t *testing.T) {
		c := config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
		c.Outage, c.Only, c.Patience = &deployment.Outage{Down: "touch " + down, Up: "rm " + down + "; false"}, []string{"outage.*"}, time.Second
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Contains(t, strings.Join(run.Notes, "\n"), "it could not be brought back (outage: up)")
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		proxied := referencetest.Proxy(t, d.BaseURL, func(http.ResponseWriter, *http.Request) bool {
			if paths, _ := filepath.Glob(down); len(paths) > 0 {
				cancel()
			}
			return false
		})
		c := config(t, referencetest.Contract(t, spec.V010), proxied, d.AdminToken)
		c.Outage, c.Only = deployment.OutageFile(down), []string{"outage.*"}
		run, err := deployment.Run(ctx, c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.ExitInterrupted, run.ExitCode)
		assert.NoFileExists(t, down, "it is up again")
	})
}

// TestTLS: a private authority, a client's certificate, and HTTP/2.
func TestTLS(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, spec.V012)
	target, err := url.Parse(d.BaseURL)
	require.NoError(t, err)
	var protocols sync.Map
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols.Store(r.Proto, true)
		(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, FlushInterval: -1}).ServeHTTP(w, r)
	}))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := config(t, referencetest.Contract(t, spec.V012), s.URL, d.AdminToken)
	c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: s.TLS.Certificates}
	run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitKept, run.ExitCode)
	_, second := protocols.Load("HTTP/2.0")
	assert.True(t, second)
	for _, e := range run.Setup {
		assert.Equal(t, "HTTP/2.0", e.Response.Protocol, "a report says what an answer came by")
	}
	c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	_, err = deployment.Run(t.Context(), c, suites.All(c.Contract))
	assert.ErrorIs(t, err, transport.ErrUnreachable, "without the client's certificate")
}
