package detect_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

func contracts(t *testing.T) []*spec.Contract {
	t.Helper()
	var all []*spec.Contract
	for _, e := range spec.Editions() {
		c, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		all = append(all, c)
	}
	return all
}

func configOf(target string) deployment.Config {
	return deployment.Config{
		Options:  transport.Options{Target: transport.Target{BaseURL: target}, Timeout: 5 * time.Second, Version: "test"},
		Parallel: 1, Seed: 1,
	}
}

func served(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// gateway answers as the releases in revisions.md do without a key: its open paths with 200, its routes with 401, and
// unknown paths and methods before the key.
func gateway(open map[string]string, routes ...string) http.Handler {
	mux := http.NewServeMux()
	for path, body := range open {
		if path == "/" {
			path = "/{$}"
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, body) })
	}
	for _, route := range routes {
		mux.HandleFunc(route, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusUnauthorized, `{"detail":"Missing API key"}`)
		})
	}
	return mux
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func shared() []string {
	return []string{
		"GET /auth/me", "POST /bots", "GET /bots/status", "DELETE /bots/{platform}/{id}", "GET /meetings", "GET /meetings/{id}",
		"PATCH /meetings/{platform}/{id}", "GET /transcripts/{platform}/{id}", "GET /recordings", "GET /recordings/{id}", "PUT /user/webhook",
	}
}

func release0106() http.Handler {
	open := map[string]string{"/": `{"message":"Welcome to the Vexa API Gateway"}`, "/openapi.json": `{"openapi":"3.1.0","info":{"title":"Vexa API Gateway"}}`}
	return gateway(open, append(shared(), "DELETE /recordings/{id}", "DELETE /meetings/{platform}/{id}", "PUT /bots/{platform}/{id}/config")...)
}

func open012() map[string]string {
	return map[string]string{"/health": `{"status":"ok","service":"gateway"}`, "/openapi.json": `{"openapi":"3.1.0","info":{"title":"Vexa API Gateway (v0.12)"}}`}
}

func release01223() http.Handler {
	return gateway(open012(), append(shared(), "POST /meetings", "DELETE /meetings/{id}", "GET /user/webhook", "/agent/{anything...}")...)
}

func releaseMain() http.Handler {
	return gateway(open012(), append(shared(), "POST /meetings", "DELETE /meetings/{id}", "GET /user/webhook", "/agent/{anything...}",
		"DELETE /recordings/{id}", "DELETE /meetings/{platform}/{id}")...)
}

// without is a proxy that passes only some paths on: what a release says of itself stays behind it.
func without(next http.Handler, paths ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, path := range paths {
			if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
				http.NotFound(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// replaced is a proxy that answers for the target where its answer has one of some statuses.
func replaced(next http.Handler, instead http.HandlerFunc, statuses ...int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		for _, status := range statuses {
			if kept.Code == status {
				instead(w, r)
				return
			}
		}
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(kept.Code)
		_, _ = w.Write(kept.Body.Bytes())
	})
}

func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<h1>There is no %s</h1>", r.URL.Path)
	}
}

func toLogin(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }

// reworded is a proxy that words refusals otherwise.
func reworded(next http.Handler, detail string) http.Handler {
	return replaced(next, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusUnauthorized, `{"detail":"`+detail+`"}`)
	}, http.StatusUnauthorized)
}

// large pads the self-description above what a client reads.
func large(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openapi.json" {
			_, _ = w.Write(bytes.Repeat([]byte(" "), 64<<20))
			return
		}
		next.ServeHTTP(w, r)
	})
}
