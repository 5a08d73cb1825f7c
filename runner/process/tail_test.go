package process

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTail keeps the end of what is printed, in one line, and no half of a character.
func TestTail(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		printed []string
		last    string
	}{
		"nothing":             {nil, ""},
		"a word":              {[]string{"done\n"}, "done"},
		"lines":               {[]string{"retrying\n\n", "  and ", "gave up\r\n"}, "retrying / and gave up"},
		"as much as is shown": {[]string{strings.Repeat("é", 200)}, strings.Repeat("é", 200)},
		"more than is shown":  {[]string{"x", strings.Repeat("é", 200)}, "… / " + strings.Repeat("é", 200)},
		"more than is kept":   {[]string{strings.Repeat("x", 5000), strings.Repeat("é", 3000), " the end"}, "… / the end"},
		"lines that fit, and more": {[]string{strings.Repeat("a line before\n", 30), "error: HTTP 503\n", "giving up\n"},
			"… / " + strings.Repeat("a line before / ", 10) + "error: HTTP 503 / giving up"},
		"a long line before":  {[]string{strings.Repeat("x", 300), "\nerror: HTTP 503\n"}, "… / error: HTTP 503"},
		"a long last line":    {[]string{strings.Repeat("word ", 60) + "end"}, "… / " + strings.Repeat("word ", 39) + "end"},
		"half of a character": {[]string{"\xa9 the end"}, "the end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var end Tail
			for _, p := range row.printed {
				n, err := end.Write([]byte(p))
				assert.NoError(t, err)
				assert.Equal(t, len(p), n)
				assert.LessOrEqual(t, len(end.text), 4096)
			}
			assert.Equal(t, row.last, end.Last())
		})
	}
}
