package runner

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"

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
	apart := Target{BaseURL: "http://a", AdminURL: "http://b", AgentURL: "http://c"}
	for surface, want := range map[spec.Surface][2]string{
		spec.Public: {"http://a", "http://a"}, spec.AdminSurface: {"http://b", "http://a"}, spec.AgentSurface: {"http://c", "http://a"},
	} {
		assert.Equal(t, want[0], apart.URL(surface))
		assert.Equal(t, want[1], Target{BaseURL: "http://a"}.URL(surface))
	}
}
