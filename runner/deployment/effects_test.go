package deployment_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// recording is a proxy that keeps what was asked of a deployment and accepted by it, as "METHOD /path".
func recording(t *testing.T, to string) (proxied string, accepted func() []string) {
	t.Helper()
	target, err := url.Parse(to)
	require.NoError(t, err)
	var mu sync.Mutex
	var all []string
	s := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, FlushInterval: -1,
		ModifyResponse: func(res *http.Response) error {
			mu.Lock()
			defer mu.Unlock()
			if res.StatusCode/100 == 2 || res.StatusCode == http.StatusSwitchingProtocols {
				all = append(all, res.Request.Method+" "+res.Request.URL.EscapedPath())
			}
			return nil
		},
	})
	t.Cleanup(s.Close)
	return s.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// operationOf is the operation that a recorded line is one of; the longest path wins, as GET /bots/status over a parameter.
func operationOf(c *spec.Contract, line string) *spec.Operation {
	method, path, _ := strings.Cut(line, " ")
	segments := strings.Split(path, "/")
	var best *spec.Operation
	for _, op := range c.Operations() {
		fits := op.Method == method && slices.EqualFunc(strings.Split(op.Path, "/"), segments, func(want, got string) bool {
			return want == got || strings.HasPrefix(want, "{") && got != ""
		})
		if fits && (best == nil || strings.Count(op.Path, "{") < strings.Count(best.Path, "{")) {
			best = op
		}
	}
	return best
}

// TestProofOfEffects looks at the wire, the making of the run's users and their end included: whatever is allowed,
// nothing with another effect is accepted by the target, also by broken ones.
func TestProofOfEffects(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		for n := range len(spec.Effects()) {
			allowed := spec.Effects()[:n+1]
			for _, faults := range [][]string{nil, {"missing-key-let-through"}, {"scope-not-checked"}, {"malformed-id-accepted"}, {"wrong-type-coerced"}} {
				if faults != nil && n > 1 {
					continue // what breaks is let through where little is allowed
				}
				name := string(edition) + "/" + allowed[n].String() + "/" + strings.Join(faults, "")
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					d := referencetest.Start(t, reference.Options{Edition: string(edition), Faults: faults})
					proxied, accepted := recording(t, d.BaseURL)
					c := config(t, referencetest.Contract(t, edition), proxied, "")
					c.Tenants = fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{Bot: d.Keys.Bot, Tx: d.Keys.Tx, Other: d.Keys.Other})
					c.Allow, c.Skip = allowed, []string{"rate.*", "auth.valid-key-under-load"}
					run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
					require.NoError(t, err)
					assert.NotZero(t, run.Summary.Checks[result.Pass])
					lines := accepted()
					assert.NotEmpty(t, lines)
					for _, line := range lines {
						op := operationOf(c.Contract, line)
						if op == nil {
							assert.True(t, strings.HasPrefix(line, "GET ") || strings.HasPrefix(line, "HEAD "), "what is no operation only reads: %s", line)
							continue
						}
						assert.Contains(t, allowed, op.Effect, "%s was accepted", line)
					}
				})
			}
		}
	}
}
