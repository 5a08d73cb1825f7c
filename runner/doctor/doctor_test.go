package doctor_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/doctor"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

func start(t *testing.T, edition spec.Edition) *reference.Deployment {
	t.Helper()
	return referencetest.Start(t, reference.Options{Edition: string(edition)})
}

// examined is what the doctor says, a line for each finding.
func examined(t *testing.T, d *reference.Deployment, target string, change func(*doctor.Config)) string {
	t.Helper()
	c := doctor.Config{
		Run: deployment.Config{
			Options:  transport.Options{Target: transport.Target{BaseURL: target}, Timeout: 2 * time.Second, Version: "test"},
			Parallel: 1, Seed: 1,
		},
		AdminToken: d.AdminToken, Keys: fixtures.Keys{All: d.Keys.All, Tx: d.Keys.Tx}, Quiet: 2 * time.Second,
		Detect: func(ctx context.Context, c deployment.Config, contracts []*spec.Contract) (doctor.Editions, error) {
			found, err := detect.Examine(ctx, c, contracts)
			if err != nil {
				return doctor.Editions{}, err
			}
			return doctor.Editions{Best: found.Best(), Vexa: found.Vexa, Detected: found.Detected()}, nil
		},
	}
	for _, edition := range spec.Editions() {
		contract, err := spec.Load(t.Context(), edition)
		require.NoError(t, err)
		c.Contracts = append(c.Contracts, contract)
	}
	if change != nil {
		change(&c)
	}
	var lines []string
	for _, f := range doctor.Examine(t.Context(), c) {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Level, f.Topic, f.Text))
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestAHealthyTarget(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		d := start(t, edition)
		said := examined(t, d, d.BaseURL, func(c *doctor.Config) { c.Direct = d.BaseURL })
		assert.NotContains(t, said, "problem", said)
		for _, expected := range []string{
			"ok edition: " + string(edition) + " fits best", "ok admin: ", "ok keys: VEXA_API_KEY works, with the scopes bot, tx, browser",
			"ok keys: VEXA_API_KEY_TX works, with the scopes tx", "ok limits: ", "ok sockets: ", "ok hops: ", "ok clock: ",
		} {
			assert.Contains(t, said, expected)
		}
	}
}

func TestWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	const nobody = "http://127.0.0.1:1" // a port that no test is given
	pass := func(http.ResponseWriter, *http.Request) bool { return false }
	for name, row := range map[string]struct {
		target string
		change func(*doctor.Config)
		says   string
	}{
		"no such name":    {"http://no-such-host.invalid", nil, "problem DNS: the name no-such-host.invalid is not known"},
		"nobody there":    {nobody, nil, "problem TCP: nothing takes a connection"},
		"no TLS":          {strings.Replace(d.BaseURL, "http:", "https:", 1), nil, "problem TLS: its certificate does not hold, or it does not speak TLS"},
		"another edition": {d.BaseURL, func(c *doctor.Config) { c.Edition = spec.V010 }, "problem edition: v0.12 fits better than v0.10: GET /openapi.json: 200, info.title"},
		"a wrong token":   {d.BaseURL, func(c *doctor.Config) { c.AdminToken = "wrong" }, "problem admin: VEXA_ADMIN_TOKEN is refused"},
		"no token":        {d.BaseURL, func(c *doctor.Config) { c.AdminToken = "" }, "note admin: the admin API is here, and there is no token for it"},
		"a wrong key":     {d.BaseURL, func(c *doctor.Config) { c.Keys.Bot = "wrong" }, "problem keys: VEXA_API_KEY_BOT does not work: 401"},
		"no credentials":  {d.BaseURL, func(c *doctor.Config) { c.AdminToken, c.Keys = "", fixtures.Keys{} }, "problem credentials: there are none"},
		"a token that makes nothing": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
			return absent(w, r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/admin/"))
		}), func(c *doctor.Config) { c.Keys = fixtures.Keys{} }, "problem keys: no throwaway user and key could be made"},
		"agent elsewhere": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
			return absent(w, r.URL.Path == "/invocations" || r.URL.Path == "/events")
		}), nil, "note agent: the agent API is not at this URL"},
		"an agent that is not there": {d.BaseURL, func(c *doctor.Config) { c.Run.Target.AgentURL = nobody }, "problem agent: "},
		"an agent that asks for no key": {d.BaseURL, func(c *doctor.Config) {
			c.Run.Target.AgentURL = referencetest.Proxy(t, d.AgentURL, func(w http.ResponseWriter, r *http.Request) bool {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return true
			})
		}, "note agent: the agent API is here, and takes requests without a key"},
		"nobody behind": {d.BaseURL, func(c *doctor.Config) { c.Direct = nobody }, "problem hops: the deployment behind cannot be reached"},
		"admin elsewhere": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
			return absent(w, strings.HasPrefix(r.URL.Path, "/admin/"))
		}), nil, "note admin: the admin API is not at this URL"},
		"no Vexa": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true }), nil, "problem Vexa: it answers like no edition"},
		"a named limit": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X-RateLimit-Limit", "120")
			return false
		}), nil, "note limits: its answers name a limit"},
		"a clock that is off": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool { return late(w, r.URL.Path == "/auth/me") }), nil, "problem clock: its clock is 1h0m"},
		"errors in HTML": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
			return html(w, strings.HasPrefix(r.URL.Path, "/vexa-conformance/"))
		}), func(c *doctor.Config) { c.Direct = d.BaseURL }, "text/html in front, application/json behind"},
		"no upgrades": {referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool { return html(w, r.URL.Path == "/ws") }), nil, "problem sockets: a WebSocket does not open: 404"},
		"a proxy that gathers answers": {referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
			streams := r.URL.Path == "/agent/meeting/stream" && r.Header.Get("X-Api-Key") != ""
			if streams {
				<-r.Context().Done()
			}
			return streams
		}), func(c *doctor.Config) { c.Direct = d.BaseURL }, "it is held back between here and"},
		"nothing": {referencetest.Proxy(t, d.BaseURL, pass), func(c *doctor.Config) { c.Direct = d.BaseURL }, "ok hops: what is in between changes no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := examined(t, d, row.target, row.change)
			assert.Contains(t, said, row.says, said)
			assert.NotContains(t, said, d.AdminToken)
			assert.NotContains(t, said, d.Keys.All)
		})
	}
}

// TestATokenAlone: with an admin token and no key, a throwaway user is made, everything is looked at, and its key is
// revoked.
func TestATokenAlone(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		d := start(t, edition)
		var mu sync.Mutex
		changes := map[string]int{}
		through := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			if area, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/admin/"), "/"); strings.HasPrefix(r.URL.Path, "/admin/") && r.Method != http.MethodGet {
				changes[r.Method+" "+area]++
			}
			return false
		})
		journal := t.TempDir()
		said := examined(t, d, through, func(c *doctor.Config) { c.Keys, c.Run.JournalFolder = fixtures.Keys{}, journal })
		assert.NotContains(t, said, "problem", said)
		for _, expected := range []string{"ok keys: a throwaway user and a key were made", "ok limits: ", "ok sockets: ", "note keys: these users stay"} {
			assert.Contains(t, said, expected)
		}
		assert.Equal(t, edition == spec.V012, strings.Contains(said, "ok streams: "), said)
		assert.Equal(t, map[string]int{"POST users": 2, "DELETE tokens": 1}, changes, "a user and a key, and the end of that")
		left, err := os.ReadDir(journal)
		require.NoError(t, err)
		assert.Empty(t, left)
	}
}

// TestEditions: the operator's word is no problem where what exists agrees with it, whatever the wording of refusals says.
func TestEditions(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, spec.V010)
	// As 0.10.6 does: the wording of the other line.
	worded := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		return refusal(w, r.URL.Path == "/bots/status" && r.Header.Get("X-API-Key") == "", "Missing API key")
	})
	down := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/bots/") {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return refusal(w, r.URL.Path == "/bots/status", "Sorry")
	})
	for name, row := range map[string]struct {
		target string
		named  spec.Edition
		says   string
		never  string
	}{
		"found out":                {worded, "", "ok edition: v0.10 fits best, with ", "problem edition"},
		"named":                    {worded, spec.V010, "ok edition: v0.10 fits best, with ", "problem"},
		"the wrong one":            {worded, spec.V012, "problem edition: v0.10 fits better than v0.12: ", "ok edition"},
		"as much for one as other": {down, "", "problem edition: as much speaks for v0.10 as for v0.12", "ok edition"},
		"of which one is named":    {down, spec.V010, "note edition: v0.10, which was named, fits as well as another does", "problem edition"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := examined(t, d, row.target, func(c *doctor.Config) { c.Edition = row.named })
			assert.Contains(t, said, row.says)
			assert.NotContains(t, said, row.never)
		})
	}
}

func refusal(w http.ResponseWriter, here bool, detail string) bool {
	if here {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"detail":%q}`, detail)
	}
	return here
}

// TestCompression that nobody asked for is named, with its encoding.
func TestCompression(t *testing.T) {
	t.Parallel()
	d := start(t, spec.V012)
	compressed := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		here := strings.HasPrefix(r.URL.Path, "/vexa-conformance/")
		if here {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			z := gzip.NewWriter(w)
			fmt.Fprint(z, `{"detail":"Not Found"}`)
			_ = z.Close()
		}
		return here
	})
	assert.Contains(t, examined(t, d, compressed, nil), "note compression: 1 responses came compressed (gzip)")
	assert.NotContains(t, examined(t, d, d.BaseURL, nil), "compression")
}

func absent(w http.ResponseWriter, here bool) bool {
	if here {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"detail":"Not Found"}`)
	}
	return here
}

func html(w http.ResponseWriter, here bool) bool {
	if here {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<h1>nginx</h1>")
	}
	return here
}

func late(w http.ResponseWriter, here bool) bool {
	if here {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"detail":"Missing API key"}`)
	}
	return here
}

// TestNginx stands in front of the reference, well and badly configured.
func TestNginx(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("there is no nginx")
	}
	d := start(t, spec.V012)
	for name, row := range map[string]struct {
		config string
		says   []string
	}{
		"that passes all on": {
			"proxy_buffering off; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;",
			[]string{"ok streams: ", "ok sockets: ", "ok hops: what is in between changes no answer"},
		},
		// Its buffers hold an event of a few bytes back no longer than the next one takes to come: nginx 1.22 sends what it has.
		"that has its own ideas": {
			"proxy_buffering on; proxy_http_version 1.1;", []string{"ok streams: ", "problem sockets: a WebSocket does not open: 426"},
		},
		"that answers errors itself": {
			"proxy_intercept_errors on; error_page 404 /404.html;", []string{"in HTML: something in between answers for the deployment", "problem hops: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := examined(t, d, nginx(t, program, d.BaseURL, row.config), func(c *doctor.Config) { c.Direct = d.BaseURL })
			for _, expected := range row.says {
				assert.Contains(t, said, expected, said)
			}
		})
	}
}

// nginx runs one on a free port, and gives back its URL.
func nginx(t *testing.T, program, to, config string) string {
	t.Helper()
	folder := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	text := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events {} http { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
server { listen %[2]s; location = /404.html { internal; default_type text/html; return 404 "<h1>gone</h1>"; } location / { proxy_pass %[3]s; %[4]s } } }`, folder, address, to, config)
	path := filepath.Join(folder, "nginx.conf")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	cmd := exec.Command(program, "-c", path, "-p", folder)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 5*time.Second, 10*time.Millisecond)
	return "http://" + address
}
