package command_test

import (
	"net/url"
	"path/filepath"
	"testing"

	"vexa-conformance/fixtures/reference"
)

// wrongly are the commands as people type them wrong, with a secret where it does not belong.
func wrongly(t *testing.T, s *spoken, d *reference.Deployment, all []string) rows {
	t.Helper()
	admin, query := d.AdminToken, url.QueryEscape(typedSecret)
	missing := filepath.Join(s.folder, "missing")
	wrong := map[string][]string{
		"no such flag":           {"run", "--api-key=" + typedSecret},
		"no such flag, apart":    {"run", "--api-key", typedSecret, "--target", d.BaseURL},
		"no such short flag":     {"run", "-k", typedSecret},
		"for a client":           {"client", "--api-key", typedSecret, "--", "true"},
		"for the clean-up":       {"cleanup", "--token=" + typedSecret},
		"a key as an argument":   {"run", d.Keys.All},
		"a key to explain":       {"explain", "vxa_typed_where_it_does_not_belong"},
		"a key as a pattern":     {"run", "--edition", d.Edition, "--only", "vxa_typed_where_it_does_not_belong"},
		"a token as a file":      {"run", "--config", admin},
		"a token as a report":    {"report", admin},
		"a token to verify":      {"verify", admin},
		"a token to compare":     {"diff", admin, admin},
		"a token as an effect":   {"run", "--allow", admin},
		"a token as a time":      {"run", "--timeout", admin},
		"a token as a format":    {"run", "--report", admin},
		"a token as a fault":     {"serve", "--fault", admin},
		"a token as an edition":  {"list", "--edition", admin},
		"a token to be proven":   {"prove", "--only", admin},
		"a token as a command":   {"client", "--", admin},
		"a key in the query":     {"run", "--target", d.BaseURL + "?api_key=" + query},
		"a query without scheme": {"plan", "--target", "localhost:1?api_key=" + query},
		"a query of the second":  {"run", "--target", d.BaseURL, "--admin-url", d.BaseURL + "?token=" + query},
		"a fragment":             {"doctor", "--target", d.BaseURL + "#" + query},
		"a query of the hop":     {"doctor", "--target", d.BaseURL, "--direct", d.BaseURL + "?" + query},
		"a password":             {"run", "--target", "ftp://user:" + query + "@localhost"},
		"a password, no host":    {"run", "--target", "http://user:" + query},
		"a query to be written":  {"init", "--target", d.BaseURL + "?key=" + query, "--out", missing},
		"a receiver's password":  {"webhook", "http://user:" + query + "@localhost"},
		"a receiver's fragment":  {"webhook", "http://localhost/?key=" + query + "#x"},
		"a receiver's scheme":    {"webhook", "localhost:1/?key=" + query},
		"a probe's scheme":       {"webhook", "http://localhost", "--effects-url", "localhost:1/?key=" + query},
	}
	for name, text := range map[string]string{
		"a quote without an end":   "admin_token: \"" + typedSecret + "\n",
		"a quote, in single ones":  "target: http://localhost\nadmin_token: '" + typedSecret + "\n",
		"no colon":                 "target: http://localhost\nadmin_token " + typedSecret + "\n",
		"no space":                 "admin_token:" + typedSecret + "\n",
		"two colons":               "api_key: " + typedSecret + ": x\n",
		"a bracket":                "api_key_bot: [" + typedSecret + "\n",
		"a list":                   "api_key_tx: [\"" + typedSecret + "\"]\n",
		"a map":                    "webhook_secret: {\"" + typedSecret + "\": x}\n",
		"an alias":                 "admin_token: *" + typedSecret + "\n",
		"a block":                  "admin_token: |" + typedSecret + "\n  x\n",
		"the same key twice":       "admin_token: x\nadmin_token: " + typedSecret + "\n",
		"a passcode":               "meetings: [{passcode: " + passcode + "\n",
		"a passcode of digits":     "admin_token: " + typedSecret + "\nmeetings: [{platform: teams, native_meeting_id: \"1234567890123\", passcode: " + digits + "}]\n",
		"a misspelt key":           "admin_tokn: " + typedSecret + "\n",
		"a wrong indent":           "target: http://localhost\n  admin_token: " + typedSecret + "\n",
		"a tab":                    "\tadmin_token: " + typedSecret + "\n",
		"a text for a bot":         "bot: " + typedSecret + "\n",
		"another key wrong":        "admin_token: " + typedSecret + "\nparallel: many\n",
		"a command that fails":     "token_command: echo '" + typedSecret + "'; echo '" + typedSecret + "' >&2; exit 3\n",
		"a command not there":      "token_command: no-such-program '" + typedSecret + "'\n",
		"a command that is silent": "token_command: echo '" + typedSecret + "' >&2\n",
	} {
		wrong["a file with "+name] = []string{"run", "--target", d.BaseURL, "--config", written(t, text)}
	}
	file := written(t, "admin_token: "+typedSecret+"\n")
	for name, args := range map[string][]string{
		"known failures": {"run", "--known", file}, "a report": {"report", file}, "an authority": {"run", "--target", d.BaseURL, "--ca", file},
		"a certificate": {"run", "--target", d.BaseURL, "--client-cert", file},
	} {
		wrong["the file as "+name] = args
	}
	tests := rows{
		"nobody there": func(t *testing.T) { s.run(t, 3, all, "run", "--target", "http://127.0.0.1:1") },
		"a token that is a key": func(t *testing.T) {
			s.run(t, 3, []string{"VEXA_ADMIN_TOKEN=" + d.Keys.All}, "run", "--target", d.BaseURL)
		},
		"a file that is refused": func(t *testing.T) { s.run(t, 3, nil, "run", "--target", d.BaseURL, "--config", file) },
		"a journal of no folder": func(t *testing.T) { s.run(t, 5, all, "run", "--target", d.BaseURL, "--journal", "/proc/"+admin) },
	}
	for name, args := range wrong {
		environ := all
		if args[len(args)-2] == "--config" {
			environ = nil // or the token command would not be asked
		}
		tests[name] = func(t *testing.T) { s.run(t, 2, environ, args...) }
	}
	return tests
}
