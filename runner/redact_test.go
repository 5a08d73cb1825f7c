package runner

import (
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestRedactor(t *testing.T) {
	t.Parallel()
	r := NewRedactor(map[string]string{"$VEXA_API_KEY": "vxa_bot_1234", "$VEXA_API_KEY_BOT": "vxa_bot_12345678", "$VEXA_ADMIN_TOKEN": `a"b c/d&e`, "$X": "ab"})
	for text, want := range map[string]string{
		"key vxa_bot_1234 is":        "key $VEXA_API_KEY is",
		"key vxa_bot_12345678 is":    "key $VEXA_API_KEY_BOT is", // the longer one wins
		`{"t": "a\"b c/d\u0026e"}`:   `{"t": "$VEXA_ADMIN_TOKEN"}`,
		"?t=a%22b+c%2Fd%26e":         "?t=$VEXA_ADMIN_TOKEN",
		"/t/a%22b%20c%2Fd&e":         "/t/$VEXA_ADMIN_TOKEN",
		"grab a cab":                 "grab a cab", // too short to look for in texts
		"vxa_bot_123 stays as it is": "vxa_bot_123 stays as it is",
	} {
		assert.Equal(t, want, r.Text(text))
	}
	headers := r.Headers(map[string][]string{"X-Api-Key": {"ab"}, "Via": {"vxa_bot_1234"}, "X": {"ab"}}, []string{"X-Api-Key"})
	assert.Equal(t, result.Header{"X-Api-Key": {"$X"}, "Via": {"$VEXA_API_KEY"}, "X": {"ab"}}, headers)
}

func TestHideKeepsWhatAnErrorIs(t *testing.T) {
	t.Parallel()
	tenants := fixtures.NewTenants(1, "very-secret-token", fixtures.Keys{})
	err := Hide(errors.Join(ErrUnreachable, errors.New("no very-secret-token here")), tenants.Secrets())
	assert.ErrorIs(t, err, ErrUnreachable)
	assert.NotContains(t, err.Error(), "very-secret-token")
	assert.Contains(t, err.Error(), "$VEXA_ADMIN_TOKEN")
}

func TestCurl(t *testing.T) {
	t.Parallel()
	line := Curl(result.Request{
		Method: "POST", URL: "http://h/bots?a=b&c=d", Body: `{"a": "it's"}`,
		Headers: result.Header{"X-Api-Key": {"$VEXA_API_KEY_BOT"}, "Content-Type": {"application/json"}, "User-Agent": {"x"}},
	})
	assert.Equal(t, `curl -sS -i -X POST 'http://h/bots?a=b&c=d' -H 'Content-Type: application/json' -H "X-Api-Key: $VEXA_API_KEY_BOT" --data-raw '{"a": "it'\''s"}'`, line)
	assert.Equal(t, `curl -sS -i 'http://h/' -H 'X-Api-Key;'`, Curl(result.Request{Method: "GET", URL: "http://h/", Headers: result.Header{"X-Api-Key": {""}}}))
}

// TestWhatCannotBePrintedIsEscaped, and nothing else is.
func TestWhatCannotBePrintedIsEscaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":            `''`,
		"a b é":       `'a b é'`,
		`it's`:        `'it'\''s'`,
		"a\nb":        `$'a\x0ab'`,
		"\x7f":        `$'\x7f'`,
		"\xff é' \\~": `$'\xff \xc3\xa9\' \\~'`,
	} {
		assert.Equal(t, want, shell(text))
	}
}

// TestShellQuotesForAShell asks a shell what it reads.
func TestShellQuotesForAShell(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash to ask")
	}
	rapid.Check(t, func(t *rapid.T) {
		want := strings.ReplaceAll(string(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes")), "\x00", "") // no shell knows NUL
		got, err := exec.Command(bash, "-c", "printf %s "+shell(want)).Output()
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	})
}

// TestNoPlaceOfAResultTellsASecret: each text that a target or a check can put into a result goes through the redactor.
func TestNoPlaceOfAResultTellsASecret(t *testing.T) {
	t.Parallel()
	const secret = "very-secret-token"
	contract := contractOf(t, spec.V012)
	op, _ := contract.Operation("getMe")
	req, err := http.NewRequest(http.MethodGet, "http://target/auth/me?token="+secret, nil)
	require.NoError(t, err)
	req.Header.Set("X-Trace", secret)
	for place, row := range map[string]struct {
		sent   Exchange
		broken func(*Recorder)
		change func(*Session)
	}{
		"URL":               {sent: Exchange{Request: req}},
		"request's body":    {sent: Exchange{Request: req, Call: spec.Call{Body: []byte(secret)}}},
		"answer's body":     {sent: Exchange{Answer: spec.Answer{Status: 200, Body: []byte(secret)}}},
		"answer's header":   {sent: Exchange{Answer: spec.Answer{Status: 200, Header: http.Header{"X-Echo": {secret}}}}},
		"error":             {sent: Exchange{Err: errors.New("no answer to " + secret)}},
		"what was expected": {broken: func(r *Recorder) { r.Broken(spec.Answer{}, spec.Mismatch{Expected: secret}) }},
		"what came":         {broken: func(r *Recorder) { r.Broken(spec.Answer{}, spec.Mismatch{Actual: secret}) }},
		"a second failure": {broken: func(r *Recorder) {
			r.Errorf("x")
			r.Broken(spec.Answer{}, spec.Mismatch{Expected: "y", Actual: secret})
		}},
		"a reason":           {broken: func(r *Recorder) { r.set(result.Blocked, secret) }},
		"a note":             {change: func(s *Session) { s.notes.Add(secret) }},
		"drift":              {change: func(s *Session) { s.record.drifts[result.Drift{Message: secret}]++ }},
		"a webhook's secret": {change: func(s *Session) { s.receiver = &receiver{secret: "whsec_" + secret}; s.notes.Add("whsec_" + secret) }},
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			s := newSession(Config{Selection: Selection{Contract: contract}, Tenants: fixtures.NewTenants(1, secret, fixtures.Keys{})})
			row.sent.Operation, row.sent.Check = op, "auth/a"
			s.record.Add(&row.sent)
			r := NewRecorder(t.Context())
			if row.broken != nil {
				row.broken(r)
			}
			if row.change != nil {
				row.change(s)
			}
			p := Plan{Selection: s.config.Selection, Checks: []Planned{{Check: suites.Check{ID: "auth/a", Clauses: []string{"auth.missing-key"}}}}}
			p.Clauses = contract.Clauses()[:1]
			engine, hide := Engine{Plan: p, Record: s.record, Notes: &s.notes}, NewRedactor(s.secrets())
			run := engine.Result(t.Context(), []Outcome{{recorder: r}}, hide, time.Now())
			s.describe(&run, hide)
			text, err := json.Marshal(run)
			require.NoError(t, err)
			assert.NotContains(t, string(text), secret)
			assert.Contains(t, string(text), "$VEXA_")
		})
	}
}
