package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/dustin/go-humanize"

	"vexa-conformance/spec"
)

// ErrUnreachable says that there is no deployment where the target should be.
var ErrUnreachable = errors.New("the target cannot be reached")

// Reach sends the target one harmless request, to tell a deployment that is not there from one that breaks promises. It fails with
// [ErrUnreachable].
func Reach(ctx context.Context, t *Transport) (spec.Response, error) {
	sent := t.Do(ctx, Request{Call: spec.Call{Operation: t.contract.PlainReading().ID, Caller: spec.Nobody}, Check: Setup, Anonymous: true}, Observer{})
	if sent.Err != nil {
		return sent.Response, fmt.Errorf("%w: %s%w", ErrUnreachable, Advice(sent.Err), sent.Err)
	}
	if to := sent.Response.Header.Get("Location"); sent.Response.Redirect() && to != "" {
		return sent.Response, fmt.Errorf("%w: %s redirects to %s; give the URL that it leads to as --target", ErrUnreachable, t.target.BaseURL, to)
	}
	if sent.Response.Truncated {
		return sent.Response, fmt.Errorf("%w: %s answers a request without a key with more than %s (--max-body); check the URL",
			ErrUnreachable, t.target.BaseURL, humanize.IBytes(uint64(t.maxBody)))
	}
	return sent.Response, nil
}

// Advice says what a network error usually means, and what to do about it.
func Advice(err error) string {
	var (
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		dialed    *net.OpError
	)
	switch {
	case errors.As(err, &dialed) && dialed.Op == "proxyconnect":
		return "the proxy (HTTPS_PROXY) cannot be reached; check the variable, or name the target in NO_PROXY. "
	case errors.As(err, &name):
		return "its name is not known; check the URL. "
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return "its certificate does not hold; check the URL, or the certificate of the deployment. "
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it does not speak TLS; try http:// in place of https://. "
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "it does not speak HTTP; check the port. "
	case strings.Contains(err.Error(), "connection refused"):
		return "nothing listens there; check the port, and that the deployment runs. "
	default:
		return ""
	}
}
