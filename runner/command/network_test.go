package command_test

import (
	"encoding/pem"
	"io"
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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// secured puts TLS in front of a deployment, with a certificate for example.com, and returns its address and its authority's file.
func secured(t *testing.T, to string) (address, authority string) {
	t.Helper()
	target, err := url.Parse(to)
	require.NoError(t, err)
	s := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, FlushInterval: -1})
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	authority = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	require.NoError(t, os.WriteFile(authority, text, 0o600))
	return s.Listener.Addr().String(), authority
}

// forward is a proxy that takes CONNECT, and leads every name to one address. It counts, and may want a password.
func forward(t *testing.T, to, password string) (proxy string, connects *atomic.Int64) {
	t.Helper()
	connects = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth(); given != password {
			http.Error(w, "who are you?", http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		connects.Add(1)
		behind, err := net.Dial("tcp", to)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(behind, client) // until one of them hangs up
			_ = behind.Close()
		}()
		_, _ = io.Copy(client, behind)
		_ = client.Close()
	}))
	t.Cleanup(s.Close)
	return s.URL, connects
}

// TestThroughAProxy: HTTPS_PROXY is the only way to the target, for every command that asks it, for streams and for sockets.
func TestThroughAProxy(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range []string{"v0.10", "v0.12"} {
		d := start(t, reference.Options{Edition: edition})
		address, authority := secured(t, d.BaseURL)
		proxy, connects := forward(t, address, "open-sesame")
		withUser := strings.Replace(proxy, "http://", "http://user:open-sesame@", 1)
		keys := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All, "VEXA_CA=" + authority, "VEXA_BASE_URL=https://example.com"}
		for name, row := range map[string]struct {
			proxy string
			args  string
			code  int
			says  string
		}{
			"run":                  {withUser, "run --allow observe,write,bots,agent", 0, "no clause broken"},
			"plan":                 {withUser, "plan", 0, "A run of " + edition},
			"doctor":               {withUser, "doctor", 0, "ok  sockets: a WebSocket opens"},
			"doctor of the proxy":  {withUser, "doctor", 0, "requests go through the proxy " + proxy},
			"without its password": {proxy, "run", 3, "Proxy Authentication Required"},
			"a proxy that is away": {"http://user:open-sesame@127.0.0.1:1", "run", 3, "the proxy (HTTPS_PROXY) cannot be reached"},
			"doctor of one away":   {"http://user:open-sesame@127.0.0.1:1", "doctor", 3, "the proxy 127.0.0.1:1 (HTTPS_PROXY) takes no connection"},
		} {
			if edition == "v0.10" && name != "run" && name != "doctor" {
				continue // as with the other edition
			}
			t.Run(edition+"/"+name, func(t *testing.T) {
				t.Parallel()
				args := strings.Fields(row.args)
				code, out, stderr := run(t, append(keys, "HTTPS_PROXY="+row.proxy), args...)
				assert.Equal(t, row.code, code, out+stderr)
				assert.Contains(t, out+stderr, row.says)
				assert.NotContains(t, out+stderr, "open-sesame")
				if row.code == 0 {
					assert.Positive(t, connects.Load())
				}
			})
		}
	}
}

// TestIPv6 judges a target at an address of IPv6, and takes the mistake that people make with one.
func TestIPv6(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	require.NoError(t, l.Close())
	d := start(t, reference.Options{Edition: "v0.12", Listen: "[::1]:0"})
	require.Contains(t, d.BaseURL, "http://[::1]:")
	keys := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All}
	code, out, stderr := run(t, keys, "run", "--target", d.BaseURL, "--allow", "observe,write,bots,agent")
	assert.Equal(t, 0, code, out+stderr)
	code, out, stderr = run(t, keys, "doctor", "--target", d.BaseURL, "--direct", d.BaseURL)
	assert.Equal(t, 0, code, out+stderr)
	assert.Contains(t, out, "TCP: a connection to [::1]:")
	code, out, stderr = run(t, keys, "run", "--target", strings.NewReplacer("[", "", "]", "").Replace(d.BaseURL))
	assert.Equal(t, 2, code, out+stderr)
	assert.Contains(t, stderr, "put an IPv6 address in brackets")
}
