package command_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/armon/go-socks5"
	"github.com/elazarl/goproxy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// guarded stands in front of a deployment and wants a header and a user of each request, also of the upgrade to a WebSocket.
func guarded(t *testing.T, d *reference.Deployment) (base string, refused *atomic.Int64) {
	t.Helper()
	refused = &atomic.Int64{}
	return referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		if r.Header.Get("CF-Access-Client-Secret") == "cf-secret-0123456789" && user == "ops" && password == "pass-word" {
			return false
		}
		refused.Add(1)
		http.Error(w, "the gateway refuses this", http.StatusForbidden)
		return true
	}), refused
}

// TestInFrontOfADeployment: headers and a user go with every request, and no output or report shows them.
func TestInFrontOfADeployment(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.10"})
	base, refused := guarded(t, d)
	withUser := strings.Replace(base, "http://", "http://ops:pass-word@", 1)
	for name, row := range map[string]struct {
		environ []string
		args    func(file func(text string) string) []string
	}{
		"by the environment": {
			[]string{"VEXA_HEADER_CF_ACCESS_CLIENT_SECRET=cf-secret-0123456789", "VEXA_BASE_URL=" + withUser},
			func(func(string) string) []string { return []string{"run"} },
		},
		"by the file": {nil, func(file func(string) string) []string {
			return []string{"run", "--config", file("target: " + withUser + "\nheaders:\n  cf-access-client-secret: cf-secret-0123456789\n")}
		}},
		"by a header of its own": {nil, func(file func(string) string) []string {
			return []string{"run", "--target", base, "--config", file("headers: {CF-Access-Client-Secret: cf-secret-0123456789, Authorization: Basic b3BzOnBhc3Mtd29yZA==}\n")}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "r.json")
			args := append(row.args(func(text string) string { return written(t, text) }), "--edition", "v0.10",
				"--only", "auth/missing-key,socket.*,meetings.exists*", "--allow", "+bots", "--report", "json="+report)
			code, out, stderr := run(t, append(row.environ, "VEXA_ADMIN_TOKEN="+d.AdminToken), args...)
			require.Equal(t, 0, code, out+stderr)
			text, err := os.ReadFile(report)
			require.NoError(t, err)
			for _, secret := range []string{"cf-secret-0123456789", "pass-word", "b3BzOnBhc3Mtd29yZA=="} {
				assert.NotContains(t, out+stderr+string(text), secret)
			}
			assert.Contains(t, string(text), "$VEXA_HEADER_CF_ACCESS_CLIENT_SECRET")
			assert.Contains(t, string(text), "$VEXA_HEADER_AUTHORIZATION")
			assert.Zero(t, refused.Load(), "requests without the headers")
		})
	}
}

// TestWithoutAName: a Unix socket, an address of one's own, and both kinds of proxies lead to a deployment whose name nobody knows.
func TestWithoutAName(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12"})
	u, err := url.Parse(d.BaseURL)
	require.NoError(t, err)
	socket := filepath.Join(t.TempDir(), "vexa.sock")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0)}
	server := &http.Server{Handler: pass}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(l) }() // it returns when the test ends

	var proxied atomic.Int64
	resolved := func(address string) string { return strings.Replace(address, "vexa.test", "127.0.0.1", 1) }
	web := goproxy.NewProxyHttpServer()
	web.Logger = log.New(io.Discard, "", 0)
	web.OnRequest().DoFunc(func(r *http.Request, _ *goproxy.ProxyCtx) (*http.Request, *http.Response) {
		proxied.Add(1)
		r.URL.Host = resolved(r.URL.Host)
		return r, nil
	})
	webServer := httptest.NewServer(web)
	t.Cleanup(webServer.Close)
	socks, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = socks.Close() })
	socksServer, err := socks5.New(&socks5.Config{Resolver: local{&proxied}, Logger: log.New(io.Discard, "", 0)})
	require.NoError(t, err)
	go func() { _ = socksServer.Serve(socks) }() // it returns when the test ends
	named := "http://vexa.test:" + u.Port()
	for name, row := range map[string]struct {
		environ []string
		args    []string
		proxied bool
	}{
		"a Unix socket":  {nil, []string{"--target", "unix://" + socket}, false},
		"an address":     {nil, []string{"--target", named, "--resolve", "vexa.test:" + u.Port() + ":127.0.0.1"}, false},
		"past a proxy":   {[]string{"HTTP_PROXY=http://127.0.0.1:1", "VEXA_RESOLVE=vexa.test:" + u.Port() + ":127.0.0.1"}, []string{"--target", named}, false},
		"an HTTP proxy":  {[]string{"HTTP_PROXY=" + webServer.URL}, []string{"--target", named}, true},
		"a SOCKS5 proxy": {[]string{"HTTP_PROXY=socks5h://" + socks.Addr().String()}, []string{"--target", named}, true},
	} {
		t.Run(name, func(t *testing.T) { // one after the other, since the proxies count
			proxied.Store(0)
			args := append([]string{"run", "--edition", "v0.12", "--only", "auth/missing-key,auth/unknown-key"}, row.args...)
			code, out, stderr := run(t, append(row.environ, "VEXA_ADMIN_TOKEN="+d.AdminToken), args...)
			assert.Equal(t, 0, code, out+stderr)
			assert.Equal(t, row.proxied, proxied.Load() > 0)
		})
	}
}

// local resolves each name to this machine, and counts.
type local struct{ asked *atomic.Int64 }

func (l local) Resolve(ctx context.Context, _ string) (context.Context, net.IP, error) {
	l.asked.Add(1)
	return ctx, net.IPv4(127, 0, 0, 1), nil
}
