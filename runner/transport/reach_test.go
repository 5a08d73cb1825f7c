package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/transport/transporttest"
	"vexa-conformance/spec"
)

func TestAdvice(t *testing.T) {
	t.Parallel()
	for says, err := range map[string]error{
		"its name is not known":   &net.DNSError{},
		"its certificate":         fmt.Errorf("x: %w", x509.UnknownAuthorityError{}),
		"or the certificate":      x509.HostnameError{Certificate: &x509.Certificate{}},
		"does not hold":           x509.CertificateInvalidError{},
		"it does not speak TLS":   tls.RecordHeaderError{},
		"in place of https://":    errors.New("http: server gave HTTP response to HTTPS client"),
		"it does not speak HTTP;": errors.New("malformed HTTP response"),
		"nothing listens there":   errors.New("connect: connection refused"),
	} {
		assert.Contains(t, Advice(err), says)
	}
	assert.Empty(t, Advice(errors.New("no route to host")))
}

func TestTargetURLs(t *testing.T) {
	t.Parallel()
	separate := Target{BaseURL: "http://a", AdminURL: "http://b", AgentURL: "http://c"}
	for surface, want := range map[spec.Surface][2]string{
		spec.Public: {"http://a", "http://a"}, spec.AdminSurface: {"http://b", "http://a"}, spec.AgentSurface: {"http://c", "http://a"},
	} {
		assert.Equal(t, want[0], separate.URL(surface))
		assert.Equal(t, want[1], Target{BaseURL: "http://a"}.URL(surface))
	}
}

// TestReach asks one operation that needs nothing, and takes a redirect for what it is.
func TestReach(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		to     string
		says   string
	}{
		"there":                 {401, "", ""},
		"redirected":            {307, "https://target/", "redirects to https://target/"},
		"redirected to nowhere": {307, "", ""},
		"created, it says":      {201, "/x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			wrap := transporttest.Wrap(func(r *http.Request) transporttest.Reply {
				asked = append(asked, r.Method+" "+r.URL.Path)
				reply := transporttest.Reply{Status: row.status, Header: http.Header{}, Body: `{}`}
				if row.to != "" {
					reply.Header.Set("Location", row.to)
				}
				return reply
			})
			target := New(referencetest.Contract(t, spec.V012), Options{Target: Target{BaseURL: "http://target"}, Timeout: time.Second, Wrap: wrap})
			_, err := Reach(t.Context(), target)
			assert.Equal(t, []string{"GET /bots/status"}, asked)
			if row.says == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrUnreachable)
			assert.ErrorContains(t, err, row.says)
		})
	}
}
