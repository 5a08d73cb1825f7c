package runner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// reach asks the target one harmless thing, to tell a deployment that is not there from one that breaks promises.
func reach(ctx context.Context, t *Transport) (spec.Answer, error) {
	for _, op := range t.contract.Operations() {
		if op.Guard != spec.KeyGuard || op.Method != "GET" || len(op.Params) > 0 {
			continue
		}
		sent := t.Patiently(ctx, spec.Call{Operation: op.ID, Caller: spec.Nobody}, setup, "", false)
		if sent.Err != nil {
			return sent.Answer, fmt.Errorf("%w: %s%w", ErrUnreachable, advice(sent.Err), sent.Err)
		}
		if to := sent.Answer.Header.Get("Location"); sent.Answer.Redirect() && to != "" {
			return sent.Answer, fmt.Errorf("%w: %s redirects to %s; give the URL that it leads to as --target", ErrUnreachable, t.target.BaseURL, to)
		}
		return sent.Answer, nil
	}
	panic("the document has no operation that only reads")
}

// advice says what a network error usually means, and what to do about it.
func advice(err error) string {
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

// Fit is how well an edition's document describes a target.
type Fit struct {
	Edition spec.Edition
	// Exact counts the answers that are as documented, to the letter; Status those whose status is; Asked all of them.
	Exact, Status, Asked int
}

// betterThan prefers the edition whose texts are met, then the one with more of its routes there, then the smaller one.
func (f Fit) betterThan(g Fit) bool {
	if a, b := f.Exact*g.Asked, g.Exact*f.Asked; a != b {
		return a > b
	}
	if f.Status != g.Status {
		return f.Status > g.Status
	}
	return f.Status*g.Asked > g.Status*f.Asked
}

// Detect asks the target, without a key, for what it only reads, and says which edition's refusals it gives.
func Detect(ctx context.Context, c Config, contracts []*spec.Contract) (*spec.Contract, error) {
	fits, err := Fits(ctx, c, contracts)
	if err != nil {
		return nil, err
	}
	for _, contract := range contracts {
		if best := fits[0]; best.Status > 0 && contract.Edition() == best.Edition {
			return contract, nil
		}
	}
	return nil, fmt.Errorf("%w: %s answers like no edition of Vexa; check the URL, or name one with --edition", ErrUnreachable, c.Target.BaseURL)
}

// Fits says how well each edition describes the target, the best one first.
func Fits(ctx context.Context, c Config, contracts []*spec.Contract) ([]Fit, error) {
	var fits []Fit
	for _, contract := range contracts {
		c.Contract = contract
		t := NewTransport(c)
		fit, err := fit(ctx, t, contract, c.Seed)
		t.Close()
		if err != nil {
			return nil, err
		}
		fits = append(fits, fit)
	}
	slices.SortStableFunc(fits, func(a, b Fit) int {
		switch {
		case a.betterThan(b):
			return -1
		case b.betterThan(a):
			return 1
		default:
			return 0
		}
	})
	return fits, nil
}

func fit(ctx context.Context, t *Transport, c *spec.Contract, seed uint64) (Fit, error) {
	if _, err := reach(ctx, t); err != nil {
		return Fit{}, err
	}
	f := Fit{Edition: c.Edition()}
	for _, op := range c.Operations() {
		if op.Guard != spec.KeyGuard || op.Method != "GET" || op.Socket || strings.Contains(op.Path, "{") {
			continue
		}
		call := fixtures.NewKit(seed, "detect", nil).Harmless(op)
		call.Caller = spec.Nobody
		sent := t.Patiently(ctx, call, "edition", "", false)
		if sent.Err != nil {
			return f, fmt.Errorf("%w: %w", ErrUnreachable, sent.Err)
		}
		f.Asked++
		if mismatch, err := c.Match(op, "auth.missing-key", sent.Answer); err == nil && mismatch == nil {
			f.Exact++
		}
		if c.Refuses(op, "auth.missing-key", sent.Answer) {
			f.Status++
		}
	}
	return f, nil
}

// Present are the parts of Vexa that the target is found to have, asked without a key: what it has is refused otherwise than
// what does not exist.
func Present(ctx context.Context, c Config) ([]string, error) {
	t := NewTransport(c)
	defer t.Close()
	kit := fixtures.NewKit(c.Seed, "present", nil)
	var has []string
	for _, op := range c.Contract.Operations() {
		if op.Capability == "" || slices.Contains(has, op.Capability) {
			continue
		}
		call := kit.Harmless(op)
		call.Caller = spec.Nobody
		there := t.Patiently(ctx, call, "present", "", false)
		call.RawPath = "/vexa-conformance/" + kit.Word()
		nowhere := t.Patiently(ctx, call, "present", "", false)
		if err := errors.Join(there.Err, nowhere.Err); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		if there.Answer.Status != http.StatusMethodNotAllowed && there.Answer.Status != nowhere.Answer.Status {
			has = append(has, op.Capability)
		}
	}
	return has, nil
}
