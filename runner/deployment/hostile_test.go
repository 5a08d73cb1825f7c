package deployment_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func config(t *testing.T, c *spec.Contract, base, admin string) deployment.Config {
	t.Helper()
	return deployment.Config{
		Selection: plan.Selection{Contract: c, Allow: spec.Effects(), Strength: spec.Should},
		Options:   transport.Options{Target: transport.Target{BaseURL: base}, Timeout: 5 * time.Second, Version: "test"},
		Tenants:   fixtures.NewTenants(1, admin, fixtures.Keys{}), Parallel: 8, Patience: 2 * time.Second, Seed: 1,
	}
}

// TestTargetsThatAreNone: each gets a line, within the timeout.
func TestTargetsThatAreNone(t *testing.T) {
	t.Parallel()
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	stalled := make(chan struct{})
	t.Cleanup(func() { close(stalled) })
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // that the client hangs up is what is tested
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, row := range map[string]struct{ url, says string }{
		"nothing there":   {"http://127.0.0.1:1", "nothing listens there"},
		"no such name":    {"http://no-such-host.invalid", "its name is not known"},
		"garbage":         {"http://" + raw(t, "SSH-2.0-OpenSSH_9.2\r\n"), "it does not speak HTTP"},
		"reset":           {"http://" + raw(t, ""), "connection"},
		"a certificate":   {secure.URL, "its certificate does not hold"},
		"no TLS":          {strings.Replace(serve(http.NotFound), "http:", "https:", 1), "it does not speak TLS"},
		"a redirect loop": {serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }), "redirects to"},
		"stalled": {serve(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-stalled:
			case <-r.Context().Done():
			}
		}), "no whole answer within 300ms (--timeout)"},
		"stalled in the body": {serve(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "{")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-stalled:
			case <-r.Context().Done():
			}
		}), "no whole answer within 300ms (--timeout)"},
		"without an end": {serve(endless), "with more than 16 MiB (--max-body)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, referencetest.Contract(t, spec.V012), row.url, "token")
			if strings.HasPrefix(name, "stalled") {
				c.Timeout = 300 * time.Millisecond
			}
			_, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.ErrorIs(t, err, transport.ErrUnreachable)
			assert.ErrorContains(t, err, row.says)
			assert.NotContains(t, err.Error(), "goroutine")
		})
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat(" ", 64<<10)); err != nil {
			return
		}
	}
}

// raw is a server that answers each connection with some bytes and closes it.
func raw(t *testing.T, bytes string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadAtLeast(conn, make([]byte, 1), 1)
			_, _ = io.WriteString(conn, bytes)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// TestOneRouteMisbehaves puts a proxy that spoils one route before the reference: its checks are blocked, or skipped if
// the route is not implemented, the others are judged, and nobody is blamed.
func TestOneRouteMisbehaves(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for name, spoil := range map[string]http.HandlerFunc{
		"endless":  endless,
		"reset":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"missing":  func(w http.ResponseWriter, _ *http.Request) { problem(w, http.StatusNotFound, "Not Found") },
		"refusing": func(w http.ResponseWriter, _ *http.Request) { problem(w, http.StatusUnauthorized, "Missing API key") },
		"cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, spec.V012)
			proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/recordings" {
					return false
				}
				spoil(w, r)
				return true
			})
			c := config(t, referencetest.Contract(t, spec.V012), proxied, d.AdminToken)
			c.Only = []string{"auth/*", "envelope/every-answer"}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			verdict, exit := result.Blocked, result.ExitInconclusive
			switch name {
			case "missing":
				verdict, exit = result.Skip, result.ExitKept
			case "endless": // its status alone, 200 without a key, is wrong
				verdict, exit = result.Fail, result.ExitBroken
			}
			assert.Equal(t, exit, run.ExitCode)
			for _, check := range run.Checks {
				spoilt := strings.HasSuffix(check.ID, "/listRecordings") || check.ID == "auth/valid-key-under-load"
				switch {
				case strings.HasSuffix(check.ID, "/listRecordings"):
					assert.Equal(t, verdict, check.Verdict, check.ID)
					assert.NotEmpty(t, check.Reason+check.Actual, check.ID)
				case !spoilt:
					assert.Equal(t, result.Pass, check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
				}
			}
		})
	}
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"detail":%q}`, detail)
}

// TestRefusedCredentials: a deployment that refuses the operator cannot be judged.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	for name, tenants := range map[string]*fixtures.Tenants{
		"admin token": fixtures.NewTenants(1, "a-wrong-token", fixtures.Keys{}),
		"key":         fixtures.NewTenants(1, "", fixtures.Keys{All: "a-wrong-key"}),
	} {
		c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, "")
		c.Tenants = tenants
		_, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.ErrorIs(t, err, fixtures.ErrRefused, name)
	}
}

func TestInterruptedRunTellsWhatItJudgedAndTakesBack(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	ctx, cancel := context.WithCancel(t.Context())
	c := config(t, referencetest.Contract(t, spec.V012), d.BaseURL, d.AdminToken)
	c.Progress = func(done, _ int, _ result.Check) {
		if done == 40 {
			cancel()
		}
	}
	run, err := deployment.Run(ctx, c, suites.All(c.Contract))
	require.NoError(t, err)
	assert.Equal(t, result.ExitInterrupted, run.ExitCode)
	assert.True(t, run.Interrupted)
	assert.NotZero(t, run.Summary.Checks[result.Pass])
	assert.NotZero(t, run.Summary.Checks[result.Blocked])
	assert.Zero(t, run.Summary.Checks[result.Fail])
	assert.Len(t, run.Notes, 1, "nothing but its users is left")
	minted, deleted := 0, 0
	for _, e := range run.Setup {
		if e.Response != nil && e.Response.Status < 300 {
			switch e.Operation {
			case "mintToken":
				minted++
			case "deleteToken":
				deleted++
			}
		}
	}
	assert.NotZero(t, minted)
	assert.Equal(t, minted, deleted, "no key of the run stays valid")
}
