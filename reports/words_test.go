package reports

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestControlCharacters are shown as what came, and not as an escape that came looks.
func TestControlCharacters(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, line, lines string }{
		"an escape that came": {`{"detail": "\u001b[2J"}`, `{"detail": "\u001b[2J"}`, `{"detail": "\u001b[2J"}`},
		"the byte itself":     {"{\"detail\": \"\x1b[2J\"}", `{"detail": "␛[2J"}`, `{"detail": "␛[2J"}`},
		"NUL, and the last":   {"\x00\x1f\x7f", "␀␟␡", "␀␟␡"},
		"lines":               {"a\tb\r\nc", "a␉b␍␊c", "a\tb\r\nc"},
		"without a picture":   {"\u0085\u202e\uffff", "<U+0085><U+202E><U+FFFF>", "<U+0085><U+202E><U+FFFF>"},
		"not UTF-8":           {"a\xff", "a�", "a�"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.line, safe(row.text))
			assert.Equal(t, row.lines, printable(row.text))
		})
	}
}
