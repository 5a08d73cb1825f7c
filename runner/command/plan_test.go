package command_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestPlanShows how long a run takes and why, and which objects of the operator it would delete.
func TestPlanShows(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.10"})
	proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
		assert.Empty(t, r.Header.Get("X-API-Key")+r.Header.Get("X-Admin-API-Key"), "a plan only detects the edition")
		return false
	})
	owns := written(t, "disposable: {meetings: [google_meet/abc-defg-hij], recordings: [42]}\n")
	meets := written(t, "meetings: [{platform: teams, native_meeting_id: \"1234567890123\", passcode: open-sesame}]\n")
	environ := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All}
	for name, row := range map[string]struct {
		args  string
		says  []string
		never []string
	}{
		"asked":                 {"--target " + proxied, []string{`sent the target a few requests without a key`, `credentials: VEXA_ADMIN_TOKEN, VEXA_API_KEY`, `the edition is v0.10, found out with high confidence: GET /openapi.json: 200, .*; GET /user/webhook: does not exist, other methods do`, `takes about \d+s: \d+ requests, 8 at a time, \d+ms for a response \(the median of 16 just now\)`, `sends 10 requests with the admin token, 10 of them for users and keys`}, []string{"--rate", "bots:", "DELETES", "limits"}},
		"not asked":             {"--edition v0.10 --target http://192.0.2.1", []string{`sent the target nothing; rehearsed everything`, `takes about \d+s: \d+ requests, 8 at a time, 100ms for a response \(assumed, since no request was sent\)`}, nil},
		"gently":                {"--edition v0.10 --rate 2 --target http://192.0.2.1", []string{`at --rate 2: no less than \d+m\d+s`}, nil},
		"with bots":             {"--edition v0.10 --allow observe,write,bots --patience 30s --target http://192.0.2.1", []string{`the \d+ bots: up to \d+m\d+s more, where each takes all of --patience 30s to end`}, nil},
		"with turns":            {"--edition v0.12 --allow observe,write,agent --target http://192.0.2.1", []string{`the \d+ agent turns: as long as`}, nil},
		"with limits":           {"--edition v0.10 --allow observe,write,exhaust --target http://192.0.2.1", []string{`the checks of limits: up to 90 s more`}, nil},
		"meetings":              {"--edition v0.12 --allow observe,write,bots --target http://192.0.2.1 --config " + meets, []string{`sends bots that record and transcribe into your own meetings, one at a time into each: \[teams/1234567890123\]`}, []string{"open-sesame"}},
		"meetings, but no bots": {"--edition v0.12 --target http://192.0.2.1 --config " + meets, nil, []string{"your own meetings"}},
		"disposable": {"--edition v0.10 --target http://192.0.2.1 --config " + owns, []string{
			`DELETES of your own, as you name them disposable: one meeting of \[google_meet/abc-defg-hij\]`, `DELETES of your own, as you name them disposable: one recording of \[42\]`, `deleteRecording +\d+`,
		}, []string{"createBot  +[1-9]\\d\\d"}},
		"disposable, v0.12":         {"--edition v0.12 --target http://192.0.2.1 --config " + owns, []string{`has another user try to delete one recording of yours`}, []string{"DELETES"}},
		"disposable, only observed": {"--edition v0.10 --allow observe --target http://192.0.2.1 --config " + owns, nil, []string{"DELETES", "your own"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, environ, append([]string{"plan"}, strings.Fields(row.args)...)...)
			assert.Equal(t, 0, code, out+stderr)
			for _, says := range row.says {
				assert.Regexp(t, regexp.MustCompile(says), out)
			}
			for _, never := range row.never {
				assert.NotRegexp(t, regexp.MustCompile(never), out)
			}
		})
	}
}
