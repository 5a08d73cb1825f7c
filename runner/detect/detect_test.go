package detect_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// TestReleases: what exists decides, also behind proxies that answer for unknown paths, hide what a release says of
// itself, or word refusals as another release does.
func TestReleases(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	releases := map[string]struct {
		handler func() http.Handler
		edition spec.Edition
		other   string // how the other line words a missing key
	}{
		"0.10.6":   {release0106, "v0.10.6", "Missing API key"},
		"v0.12.23": {release01223, "v0.12.23", "Not authenticated"},
		"main":     {releaseMain, "v0.12-main", "Not authenticated"},
	}
	for release, row := range releases {
		for name, h := range map[string]http.Handler{
			"plain":                       row.handler(),
			"HTML for 404":                replaced(row.handler(), page(404), 404),
			"a single-page app":           replaced(row.handler(), page(200), 404),
			"HTML for 404 and 405":        replaced(row.handler(), page(404), 404, 405),
			"a login page for 404":        replaced(row.handler(), toLogin, 404),
			"worded as the other line":    reworded(row.handler(), row.other),
			"in other words":              reworded(row.handler(), "Who are you?"),
			"says nothing of itself":      without(row.handler(), "/health", "/openapi.json"),
			"a long description":          large(row.handler()),
			"hidden, and in other's word": without(reworded(row.handler(), row.other), "/health", "/openapi.json"),
		} {
			t.Run(release+", "+name, func(t *testing.T) {
				t.Parallel()
				found, detected, err := detect.Detect(t.Context(), configOf(served(t, h)), contracts(t))
				require.NoError(t, err)
				assert.Equal(t, row.edition, found.Edition(), detected)
				assert.Equal(t, string(row.edition), detected.Edition)
				assert.NotEqual(t, result.LowConfidence, detected.Confidence, detected)
				assert.NotEmpty(t, detected.Evidence)
				if name == "plain" {
					assert.Equal(t, result.HighConfidence, detected.Confidence, detected)
				}
			})
		}
	}
}

// TestReferences: the reference of each edition, plain, with each legal variation, and with what breaks refusals.
func TestReferences(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, r := range spec.Revisions() {
		c, err := spec.Load(t.Context(), r.Edition)
		require.NoError(t, err)
		for _, fault := range []string{"missing-key-detail", "unknown-key-is-403", "error-in-plain-text", "missing-key-let-through"} {
			found(t, c.Edition(), fault, reference.Options{Faults: []string{fault}})
		}
		var all []string
		for _, v := range reference.Variations(string(c.Edition())) {
			all = append(all, v.Name)
		}
		found(t, c.Edition(), "plain", reference.Options{})
		found(t, c.Edition(), "all of its variations", reference.Options{Variations: all})
		for _, v := range wire.Variations(c, true) {
			found(t, c.Edition(), v.Name, reference.Options{Middleware: wire.Middleware(v)})
		}
		found(t, c.Edition(), "all on the wire", reference.Options{Middleware: wire.Middleware(wire.Variations(c, true)...)})
		if c.Edition().Line() == spec.V012 {
			found(t, c.Edition(), "no agents", reference.Options{Middleware: func(next http.Handler) http.Handler { return without(next, "/agent") }})
		}
	}
}

func found(t *testing.T, e spec.Edition, name string, o reference.Options) {
	t.Helper()
	t.Run(string(e)+", "+name, func(t *testing.T) {
		t.Parallel()
		o.Edition = string(e)
		d := referencetest.Start(t, o)
		contract, detected, err := detect.Detect(t.Context(), configOf(d.BaseURL), contracts(t))
		require.NoError(t, err)
		assert.Equal(t, e, contract.Edition(), detected)
		assert.NotEqual(t, result.LowConfidence, detected.Confidence, detected)
	})
}

// TestUndecided: a tie asks for the edition, and what is no Vexa is not taken for one.
func TestUndecided(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	down := func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bots/") {
			release0106().ServeHTTP(w, r)
			return
		}
		http.Error(w, "down", http.StatusBadGateway)
	}
	guard := func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusUnauthorized, `{"detail":"Missing API key"}`)
	}
	for name, row := range map[string]struct {
		handler http.Handler
		err     error
		says    []string
	}{
		"a welcome of one, a route of another": {
			reworded(gateway(map[string]string{"/": `{"message":"Welcome to the Vexa API Gateway"}`}, append(shared(),
				"DELETE /recordings/{id}", "GET /user/webhook", "/agent/{anything...}")...), "Not authenticated"),
			detect.ErrTie, []string{"as much speaks for v0.10 as for v0.12", "GET /: 200", "--edition"},
		},
		"most of it is down": {reworded(http.HandlerFunc(down), "Sorry"), detect.ErrTie, []string{"nothing was seen", "--edition"}},
		"nothing there":      {http.NotFoundHandler(), transport.ErrUnreachable, []string{"answers like no edition of Vexa"}},
		"a page for all":     {page(200), transport.ErrUnreachable, []string{"answers like no edition of Vexa"}},
		"a key for all":      {http.HandlerFunc(guard), transport.ErrUnreachable, []string{"answers like no edition of Vexa"}},
		"all is down":        {page(503), transport.ErrUnreachable, []string{"answers like no edition of Vexa"}},
		"another service":    {gateway(map[string]string{"/health": `{"service":"gateway"}`}, "GET /things"), transport.ErrUnreachable, nil},
		"it is elsewhere":    {http.HandlerFunc(toLogin), transport.ErrUnreachable, []string{"redirects to"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := detect.Detect(t.Context(), configOf(served(t, row.handler)), contracts(t))
			require.ErrorIs(t, err, row.err)
			for _, says := range row.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
	_, _, err := detect.Detect(t.Context(), configOf("http://127.0.0.1:1"), contracts(t))
	assert.ErrorIs(t, err, transport.ErrUnreachable)
	_, _, err = detect.Present(t.Context(), deployment.Config{
		Selection: plan.Selection{Contract: contracts(t)[1]},
		Options:   transport.Options{Target: transport.Target{BaseURL: "http://127.0.0.1:1"}, Timeout: time.Second},
	})
	assert.ErrorIs(t, err, transport.ErrUnreachable)
}

// TestHarmless: a detection sends few requests, none with a credential, and none that a deployment without guards would
// act on.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.Handler{"0.10.6": release0106(), "v0.12.23": release01223()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var sent []string
			url := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				sent = append(sent, r.Method+" "+r.URL.Path+" "+string(body))
				mu.Unlock()
				assert.Empty(t, r.Header.Get("X-API-Key")+r.Header.Get("X-Admin-API-Key")+r.Header.Get("Authorization"))
				h.ServeHTTP(w, r)
			}))
			_, _, err := detect.Detect(t.Context(), configOf(url), contracts(t))
			require.NoError(t, err)
			assert.LessOrEqual(t, len(sent), 17, strings.Join(sent, "\n"))
			for _, one := range sent {
				switch method, rest, _ := strings.Cut(one, " "); method {
				case http.MethodGet:
				case http.MethodPost: // refused for its body
					assert.True(t, strings.HasSuffix(rest, " {}") || strings.HasSuffix(rest, ` {"title":{}}`), one)
				default: // of what does not exist
					assert.Regexp(t, `^DELETE /recordings/20\d{8}(/\w+)? $`, one)
				}
			}
		})
	}
}

// TestThrottledFromTheStart: what is asked before the first check is waited for as well.
func TestThrottledFromTheStart(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	url := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, again := seen.LoadOrStore(r.Method+r.URL.Path, true); !again && (r.URL.Path == "/bots/status" || r.URL.Path == "/user/webhook") {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
		release01223().ServeHTTP(w, r)
	}))
	contract, detected, err := detect.Detect(t.Context(), configOf(url), contracts(t))
	require.NoError(t, err)
	assert.Equal(t, spec.Edition("v0.12.23"), contract.Edition(), detected)
}

// TestOlderEditions: where nothing tells the editions of a line apart, the newest is chosen, and the others are named.
func TestOlderEditions(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		handler http.Handler
		edition string
		also    []string
	}{
		"0.10.6":   {release0106(), "v0.10.6", []string{"v0.10"}},
		"v0.12.23": {release01223(), "v0.12.23", []string{"v0.12"}},
		"main":     {releaseMain(), "v0.12-main", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, detected, err := detect.Detect(t.Context(), configOf(served(t, row.handler)), contracts(t))
			require.NoError(t, err)
			assert.Equal(t, row.edition, detected.Edition)
			assert.Equal(t, row.also, detected.Also)
			for _, other := range row.also {
				assert.Contains(t, detected.String(), ". "+other+" fits as well, and is older: name it with --edition")
			}
		})
	}
}

// TestPresent: a capability is there if each of its operations is, by method and path, deletions aside. A keyed catch-all shows nothing
// of its routes.
func TestPresent(t *testing.T) {
	t.Parallel()
	v010, v012 := contracts(t)[0], contracts(t)[1]
	for name, row := range map[string]struct {
		contract     *spec.Contract
		handler      http.Handler
		has, guarded []string
	}{
		"0.10.6":                        {v010, release0106(), []string{"recordings"}, nil},
		"0.10.6, of the wrong edition":  {v012, release0106(), []string{"recordings"}, nil},
		"v0.12.23":                      {v012, release01223(), []string{"planning", "recordings"}, []string{"agent"}},
		"main":                          {v012, releaseMain(), []string{"planning", "recordings"}, []string{"agent"}},
		"main, unknown paths rewritten": {v012, replaced(releaseMain(), page(200), 404), []string{"planning", "recordings"}, []string{"agent"}},
		"nothing":                       {v012, http.NotFoundHandler(), nil, nil},
		"a key for all":                 {v012, reworded(gateway(nil, "/"), "Missing API key"), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := configOf(served(t, row.handler))
			c.Contract = row.contract
			has, guarded, err := detect.Present(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, row.has, has)
			assert.Equal(t, row.guarded, guarded)
		})
	}
	d := referencetest.Start(t, reference.Options{Edition: string(spec.V012)})
	c := configOf(d.BaseURL)
	c.Contract = v012
	has, guarded, err := detect.Present(t.Context(), c)
	require.NoError(t, err)
	assert.ElementsMatch(t, v012.Capabilities(), has)
	assert.Empty(t, guarded)
}
