package command_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// mutual puts TLS in front of a server, with a certificate of a private authority, and lets in who shows a certificate. It counts
// the requests over HTTP/2.
func mutual(t *testing.T, to string) (address, authority, client string, second *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(to)
	require.NoError(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	shown, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	second = &atomic.Int64{}
	pass := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, FlushInterval: -1}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 {
			second.Add(1)
		}
		pass.ServeHTTP(w, r)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // that it refuses clients is what is tested
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool()}
	s.TLS.ClientCAs.AddCert(shown)
	s.StartTLS()
	t.Cleanup(s.Close)
	folder := t.TempDir()
	file := func(name string, blocks ...*pem.Block) string {
		text := ""
		for _, block := range blocks {
			text += string(pem.EncodeToMemory(block))
		}
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	authority = file("ca.pem", &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	client = file("client.pem", &pem.Block{Type: "CERTIFICATE", Bytes: der}, &pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return s.URL, authority, client, second
}

// TestPrivateAuthority: whichever command asks a target, it takes its certificate and shows one, by flag or by variable.
func TestPrivateAuthority(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12"})
	address, authority, client, second := mutual(t, d.BaseURL)
	hook, effects := receiver(t, receiverProgram(t), hookSecret)
	at, err := url.Parse(hook)
	require.NoError(t, err)
	proxied, hookAuthority, hookClient, _ := mutual(t, "http://"+at.Host)
	hook = proxied + at.Path
	folder := t.TempDir()
	keys := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All, "VEXA_WEBHOOK_SECRET=" + hookSecret, "XDG_STATE_HOME=" + folder}
	trust := []string{"--ca", authority, "--client-cert", client}
	for name, row := range map[string]struct {
		args  string
		trust []string
		code  int
		says  string
	}{
		"run":                   {"run --target " + address, trust, 0, "no clause broken"},
		"run, streams, sockets": {"run --allow observe,write,bots,agent --target " + address, trust, 0, "no clause broken"},
		"plan":                  {"plan --target " + address, trust, 0, "A run of v0.12"},
		"doctor":                {"doctor --target " + address, trust, 0, "ok  TLS: TLS 1.3, h2"},
		"init":                  {"init --target " + address + " --out " + filepath.Join(folder, "made.yaml"), trust, 0, "is v0.12; wrote"},
		"webhook":               {"webhook " + hook + " --effects-url " + effects + " --burst 5 --only handler.acks*", []string{"--ca", hookAuthority, "--client-cert", hookClient}, 0, "conformant"},
		"no authority":          {"run --target " + address, nil, 3, "its certificate does not hold"},
		"init, no authority":    {"init --target " + address, nil, 3, "its certificate does not hold"},
		"no certificate":        {"run --target " + address, trust[:2], 3, "certificate required"},
		"webhook, no authority": {"webhook " + hook, nil, 3, "its certificate does not hold"},
		"an authority away":     {"cleanup", []string{"--ca", filepath.Join(folder, "none.pem")}, 2, "--ca"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ, args := keys, append(strings.Fields(row.args), row.trust...)
			if row.code == 0 && len(name)%2 == 0 { // also by variables
				environ, args = append(environ[:len(environ):len(environ)], "VEXA_CA="+row.trust[1], "VEXA_CLIENT_CERT="+row.trust[3]), strings.Fields(row.args)
			}
			code, out, stderr := run(t, environ, args...)
			assert.Equal(t, row.code, code, out+stderr)
			assert.Contains(t, out+stderr, row.says)
		})
	}
	t.Run("cleanup after a kill", func(t *testing.T) {
		t.Parallel()
		d := start(t, reference.Options{Edition: "v0.10"})
		address, authority, client, asked := mutual(t, d.BaseURL)
		mine := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "XDG_STATE_HOME=" + t.TempDir(), "VEXA_CA=" + authority, "VEXA_CLIENT_CERT=" + client}
		_, given := d.Remaining()
		cmd := command(t, mine, "run", "--target", address)
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { return asked.Load() > 40 }, 10*time.Second, time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
		code, out, stderr := run(t, mine, "cleanup")
		assert.Equal(t, 0, code, out+stderr)
		_, now := d.Remaining()
		assert.Equal(t, given, now, out)
	})
	t.Cleanup(func() { assert.Greater(t, second.Load(), int64(100), "over HTTP/2") })
}
