package runner

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		assert.Contains(t, advice(err), says)
	}
	assert.Empty(t, advice(errors.New("no route to host")))
}

// TestBetterThan: the share of texts that are met, then the number of statuses, then the smaller edition.
func TestBetterThan(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ better, worse Fit }{
		"all texts against some":                 {Fit{Exact: 3, Status: 3, Asked: 3}, Fit{Exact: 5, Status: 9, Asked: 9}},
		"some texts against none":                {Fit{Exact: 1, Status: 1, Asked: 9}, Fit{Exact: 0, Status: 9, Asked: 9}},
		"the same share, more statuses":          {Fit{Exact: 4, Status: 4, Asked: 4}, Fit{Exact: 2, Status: 2, Asked: 2}},
		"no text, more statuses":                 {Fit{Status: 5, Asked: 9}, Fit{Status: 4, Asked: 4}},
		"no text, as many statuses of fewer":     {Fit{Status: 4, Asked: 5}, Fit{Status: 4, Asked: 9}},
		"the same share of texts, fewer, a part": {Fit{Exact: 2, Status: 4, Asked: 4}, Fit{Exact: 4, Status: 3, Asked: 8}},
	} {
		assert.True(t, row.better.betterThan(row.worse), name)
		assert.False(t, row.worse.betterThan(row.better), name)
	}
	same := Fit{Exact: 1, Status: 2, Asked: 3}
	assert.False(t, same.betterThan(same))
}

// asked is a target that answers each path by itself; it counts nothing and keeps nothing.
func asked(t *testing.T, e spec.Edition, answer func(r *http.Request) (status int, body string)) Config {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := answer(r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	contract, err := spec.Load(t.Context(), e)
	require.NoError(t, err)
	return Config{Contract: contract, Target: Target{BaseURL: s.URL}, Timeout: 5 * time.Second, Version: "test"}
}

// TestFits counts what was asked, what has the documented status, and what has the documented text.
func TestFits(t *testing.T) {
	t.Parallel()
	c := asked(t, spec.V012, func(r *http.Request) (int, string) {
		switch r.URL.Path {
		case "/meetings":
			return 401, `{"detail":"Another text"}`
		case "/recordings":
			return 404, `{"detail":"Not Found"}`
		default:
			return 401, `{"detail":"Missing API key"}`
		}
	})
	v010, err := spec.Load(t.Context(), spec.V010)
	require.NoError(t, err)
	fits, err := Fits(t.Context(), c, []*spec.Contract{v010, c.Contract})
	require.NoError(t, err)
	require.Len(t, fits, 2)
	assert.Equal(t, spec.V012, fits[0].Edition, "the best one first")
	asks := 0
	for _, op := range c.Contract.Operations() {
		if op.Guard == spec.KeyGuard && op.Method == "GET" && !op.Socket && op.ID != "getMeeting" && op.ID != "getTranscript" && op.ID != "getRecording" {
			asks++
		}
	}
	assert.Equal(t, Fit{Edition: spec.V012, Asked: asks, Status: asks - 1, Exact: asks - 2}, fits[0])
	assert.Zero(t, fits[1].Exact)
	found, err := Detect(t.Context(), c, []*spec.Contract{v010, c.Contract})
	require.NoError(t, err)
	assert.Equal(t, spec.V012, found.Edition())
}

// TestPresent: a part is there where it is refused otherwise than what does not exist.
func TestPresent(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer func(r *http.Request) (int, string)
		has    []string
	}{
		"nothing": {func(*http.Request) (int, string) { return 404, "{}" }, nil},
		"no methods": {func(r *http.Request) (int, string) {
			return map[bool]int{true: 405, false: 404}[r.URL.Path == "/recordings"], "{}"
		}, nil},
		"recordings": {func(r *http.Request) (int, string) {
			return map[bool]int{true: 401, false: 404}[r.URL.Path == "/recordings"], "{}"
		}, []string{"recordings"}},
		"all refused": {func(*http.Request) (int, string) { return 401, "{}" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			has, err := Present(t.Context(), asked(t, spec.V010, row.answer))
			require.NoError(t, err)
			assert.Equal(t, row.has, has)
		})
	}
	all, err := Present(t.Context(), asked(t, spec.V012, func(r *http.Request) (int, string) {
		if len(r.URL.Path) > 20 && r.URL.Path[:17] == "/vexa-conformance" {
			return 404, "{}"
		}
		return 401, "{}"
	}))
	require.NoError(t, err)
	seen := map[string]int{}
	for _, name := range all {
		seen[name]++
	}
	for name, n := range seen {
		assert.Equal(t, 1, n, name)
	}
	assert.Contains(t, seen, "agent")
	_, err = Present(t.Context(), Config{Contract: asked(t, spec.V012, nil).Contract, Target: Target{BaseURL: "http://127.0.0.1:1"}, Timeout: time.Second})
	assert.ErrorIs(t, err, ErrUnreachable)
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
