package command_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestDetectedIsReported: an edition that was found out comes with the evidence and how sure it is, and a named one does not.
func TestDetectedIsReported(t *testing.T) {
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.10"})
	// The wording of the other line, as 0.10.6 has it, and no description of its own.
	proxied := referencetest.Proxy(t, d.BaseURL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/openapi.json" {
			http.NotFound(w, r)
			return true
		}
		bare := r.URL.Path == "/bots/status" && r.Header.Get("X-API-Key") == ""
		if bare {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"detail":"Missing API key"}`)
		}
		return bare
	})
	for name, row := range map[string]struct {
		args                []string
		edition, confidence string
	}{
		"found out": {nil, "v0.10.6", "medium"},
		"named":     {[]string{"--edition", "v0.10"}, "v0.10", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report.json")
			args := append([]string{"run", "--only", "auth/missing-key/listMeetings", "--target", proxied, "--report", "json=" + path}, row.args...)
			code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, args...)
			require.Equal(t, 0, code, out+stderr)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			keepsToSchema(t, text)
			assert.Equal(t, row.edition, gjson.GetBytes(text, "edition").String())
			assert.Equal(t, row.confidence, gjson.GetBytes(text, "detected.confidence").String(), string(text))
			if row.confidence == "" {
				assert.NotContains(t, out, "found out")
				return
			}
			assert.Equal(t, row.edition, gjson.GetBytes(text, "detected.edition").String())
			assert.Equal(t, `["v0.10"]`, gjson.GetBytes(text, "detected.also|@ugly").Raw)
			assert.Contains(t, gjson.GetBytes(text, `detected.evidence.#.request`).String(), "GET /user/webhook")
			said := strings.Join(strings.Fields(out), " ")
			assert.Contains(t, said, "edition v0.10.6, found out with medium confidence: GET /user/webhook: does not exist, other methods do (405,")
			assert.Contains(t, said, "v0.10.6 documents releases 0.10.3 to 0.10.7")
		})
	}
}

// TestATieAsksForTheEdition, and what is left out of the file that init writes is what the target does not have.
func TestATieAsksForTheEdition(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	environ := []string{"VEXA_ADMIN_TOKEN=some-token"}
	tie := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/bots/status":
			w.WriteHeader(http.StatusUnauthorized)
		case "/openapi.json", "/user/webhook", "/meetings", "/agent/chat":
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, `{"detail":"Sorry"}`)
	}))
	t.Cleanup(tie.Close)
	for _, command := range []string{"run", "plan", "init"} {
		args := []string{command, "--target", tie.URL}
		if command == "init" {
			args = append(args, "--out", filepath.Join(t.TempDir(), "c.yaml"))
		}
		code, out, stderr := run(t, environ, args...)
		assert.Equal(t, 2, code, out+stderr)
		assert.Contains(t, stderr, "as much speaks for v0.10 as for v0.12")
		assert.Contains(t, stderr, "--edition")
	}
	code, out, stderr := run(t, environ, "doctor", "--target", tie.URL)
	assert.Equal(t, 3, code, out+stderr)
}
