package textfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/textfile"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		bytes string
		want  string
		says  string
	}{
		"as it is":             {bytes: "a: é\n", want: "a: é\n"},
		"empty":                {},
		"a byte order mark":    {bytes: "\xef\xbb\xbfa: b\n", want: "a: b\n"},
		"CRLF":                 {bytes: "a: b\r\nc: d\r\n", want: "a: b\nc: d\n"},
		"UTF-16, little":       {bytes: "\xff\xfea\x00:\x00 \x00\xe9\x00\r\x00\n\x00", want: "a: é\n"},
		"UTF-16, big":          {bytes: "\xfe\xff\x00a\x00\n", want: "a\n"},
		"UTF-16 without a BOM": {bytes: "a\x00:\x00", says: "is not UTF-8"},
		"Latin-1":              {bytes: "a: \xe9\n", says: "is not UTF-8: save it as UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "a.yaml")
			require.NoError(t, os.WriteFile(path, []byte(row.bytes), 0o600))
			text, err := textfile.Read(path)
			if row.says != "" {
				require.ErrorContains(t, err, row.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, string(text))
		})
	}
	_, err := textfile.Read(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
