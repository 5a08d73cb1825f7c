package doctor_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/doctor"
)

// changed passes everything on, with requests and answers changed on the way.
func changed(t *testing.T, to string, request func(http.Header), answer func(http.Header)) string {
	t.Helper()
	target, err := url.Parse(to)
	require.NoError(t, err)
	s := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			if request != nil {
				request(p.Out.Header)
			}
		},
		ModifyResponse: func(res *http.Response) error {
			if answer != nil {
				answer(res.Header)
			}
			return nil
		},
		FlushInterval: -1,
	})
	t.Cleanup(s.Close)
	return s.URL
}

// limited refuses one reading in five hundred, however long they take.
func limited(retryAfter string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var n atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/auth/me" || n.Add(1)%500 != 0 {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"detail":"Too many requests"}`)
		})
	}
}

// experienced is a deployment with limits, whose user has had a meeting.
func experienced(t *testing.T, retryAfter string, faults ...string) *reference.Deployment {
	t.Helper()
	return referencetest.Start(t, reference.Options{
		Edition: "v0.12", Finished: [][2]string{{"google_meet", "abc-defg-hij"}}, Faults: faults, Middleware: limited(retryAfter),
	})
}

// TestWhatIsTakenAway on the way there and back, by proxies in Go; who takes it is named where that can be seen.
func TestWhatIsTakenAway(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	noID := func(h http.Header) { h.Del("Last-Event-ID") }
	noWait := func(h http.Header) { h.Del("Retry-After") }
	noType := func(h http.Header) { h.Del("Content-Type") }
	for name, row := range map[string]struct {
		faults          []string
		request, answer func(http.Header)
		direct, exhaust bool
		says            []string
		never           string
	}{
		"nothing":                          {nil, nil, nil, true, true, []string{"ok resumption: a stream that is opened again", "ok limits: about ", "then a refusal says Retry-After: 1", "ok hops: "}, "problem"},
		"nothing, and nobody asks":         {nil, nil, nil, false, false, []string{"ok resumption: ", "note limits: whether a refusal says how long to wait"}, "problem"},
		"Last-Event-ID":                    {nil, noID, nil, false, false, []string{"problem resumption: a stream that is opened again with Last-Event-ID begins anew: the deployment does not heed it, or"}, "hops"},
		"Last-Event-ID, between":           {nil, noID, nil, true, false, []string{"problem hops: Last-Event-ID is lost between here and http"}, "ok hops"},
		"Last-Event-ID, by the deployment": {[]string{"last-event-id-ignored"}, nil, nil, true, false, []string{"problem resumption: a stream that is opened again with Last-Event-ID begins anew, behind"}, "problem hops"},
		"Retry-After":                      {nil, nil, noWait, false, true, []string{"problem limits: after about ", "without Retry-After: the deployment does not say it, or"}, "hops"},
		"Retry-After, between":             {nil, nil, noWait, true, true, []string{"problem hops: Retry-After is lost between here and http"}, "ok hops"},
		"Retry-After, by the deployment":   {nil, nil, nil, true, true, []string{"problem limits: after about "}, "problem hops"},
		"another header":                   {nil, nil, noType, true, false, []string{"problem hops: what is between here and"}, "ok hops"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			retryAfter := "1"
			if name == "Retry-After, by the deployment" {
				retryAfter = ""
			}
			d := experienced(t, retryAfter, row.faults...)
			said := examined(t, d, changed(t, d.BaseURL, row.request, row.answer), func(c *doctor.Config) {
				c.Exhaust = row.exhaust
				c.Keys = fixtures.Keys{All: d.Keys.All}
				if row.direct {
					c.Direct = d.BaseURL
				}
			})
			for _, says := range row.says {
				assert.Contains(t, said, says)
			}
			assert.NotContains(t, said, row.never)
		})
	}
}

// TestNothingToResume says so: a user without meetings, and a deployment without limits.
func TestNothingToResume(t *testing.T) {
	t.Parallel()
	d := start(t, "v0.12")
	said := examined(t, d, d.BaseURL, func(c *doctor.Config) { c.Exhaust = true })
	assert.Contains(t, said, "note resumption: whether Last-Event-ID arrives is not seen")
	assert.Contains(t, said, "note limits: 1536 readings, 64 at a time, are not refused")
}

// TestWhatNginxTakesAway where its configuration says so, or where it has a limit of its own.
func TestWhatNginxTakesAway(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("there is no nginx")
	}
	const well = "proxy_buffering off; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
	for name, row := range map[string]struct{ config, says string }{
		"nothing":       {well, "ok hops: what is in between changes no answer"},
		"Last-Event-ID": {well + ` proxy_set_header Last-Event-ID "";`, "problem hops: Last-Event-ID is lost between here and"},
		"Retry-After":   {well + " proxy_hide_header Retry-After;", "problem hops: Retry-After is lost between here and"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := experienced(t, "1")
			said := examined(t, d, nginx(t, program, d.BaseURL, row.config), func(c *doctor.Config) {
				c.Direct, c.Exhaust, c.Keys = d.BaseURL, true, fixtures.Keys{All: d.Keys.All}
			})
			assert.Contains(t, said, row.says)
		})
	}
}
