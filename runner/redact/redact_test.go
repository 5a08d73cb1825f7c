package redact

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"vexa-conformance/runner/result"
)

func TestRedactor(t *testing.T) {
	t.Parallel()
	r := New(map[string]string{"$VEXA_API_KEY": "vxa_bot_1234", "$VEXA_API_KEY_BOT": "vxa_bot_12345678", "$VEXA_ADMIN_TOKEN": `a"b c/d&e`, "$X": "ab"})
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

func TestHideKeepsWhatAnErrorIs(t *testing.T) {
	t.Parallel()
	gone := errors.New("the target cannot be reached")
	err := Error(errors.Join(gone, errors.New("no very-secret-token here")), map[string]string{"$VEXA_ADMIN_TOKEN": "very-secret-token"})
	assert.ErrorIs(t, err, gone)
	assert.NotContains(t, err.Error(), "very-secret-token")
	assert.Contains(t, err.Error(), "$VEXA_ADMIN_TOKEN")
}

// TestTheShortestSecret is looked for in texts; a shorter one would be found everywhere.
func TestTheShortestSecret(t *testing.T) {
	t.Parallel()
	r := New(map[string]string{"$A": "abcdef", "$B": "uvwxy"})
	assert.Equal(t, "$A uvwxy", r.Text("abcdef uvwxy"))
	assert.Equal(t, "$B", r.credential("uvwxy"))
}
