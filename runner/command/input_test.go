package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestMessyInput: what people write by hand and machines hand over is read kindly, or refused in one line that shows the character.
func TestMessyInput(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12"})
	folder := t.TempDir()
	path := func(name, bytes string) string {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(bytes), 0o600))
		return file
	}
	const only = "auth/missing-key/getMe"
	known := "- id: auth/missing-key\r\n  reason: x\r\n"
	utf16 := "\xff\xfe"
	for _, c := range "only: [" + only + "]\n" {
		utf16 += string([]byte{byte(c), 0})
	}
	var empty []string
	for _, name := range strings.Fields("TIMEOUT PATIENCE PARALLEL RATE MAX_BODY EDITION ALLOW ONLY SKIP KNOWN STRENGTH REQUIRE REQUIRE_SHARE REPORT JOURNAL CA " +
		"CLIENT_CERT CONFIG HOSTED SEED QUIET VERBOSE API_KEY API_KEY_BOT ADMIN_URL AGENT_URL WEBHOOK_LISTEN WEBHOOK_URL KNOWN_WRITE RESOLVE HEADER_X") {
		empty = append(empty, "VEXA_"+name+"=")
	}
	one := []string{"VEXA_ONLY=" + only}
	for name, row := range map[string]struct {
		environ []string
		args    []string
		code    int
		says    string
	}{
		"empty variables":          {append(empty, "VEXA_EDITION= v0.12 "), []string{"--only", only}, 0, "1 tested clause holds"},
		"a list with spaces":       {[]string{"VEXA_ONLY= auth/missing-key/getMe , auth/unknown-key/getMe,\n"}, nil, 0, "all 2 tested"},
		"a list in a flag":         {nil, []string{"--only", " auth/missing-key/getMe,, auth/unknown-key/getMe ,"}, 0, "all 2 tested"},
		"a list in the file":       {nil, []string{"--config", path("l.yaml", "only: \"auth/missing-key/getMe, auth/unknown-key/getMe,\"\nedition: v0.12\n")}, 0, "all 2 tested"},
		"a byte order mark":        {nil, []string{"--config", path("b.yaml", "\xef\xbb\xbfonly: ["+only+"]\r\nedition: v0.12\r\n")}, 0, "1 tested clause holds"},
		"UTF-16":                   {nil, []string{"--config", path("u.yaml", utf16)}, 0, "1 tested clause holds"},
		"Latin-1":                  {nil, []string{"--config", path("x.yaml", "only: [\xe9]\n")}, 2, "is not UTF-8: save it as UTF-8"},
		"known failures with CRLF": {one, []string{"--known", path("k.yaml", "\xef\xbb\xbf"+known)}, 1, "auth/missing-key"},
		"a target with a CR":       {append(one, "VEXA_BASE_URL="+d.BaseURL+"\r"), []string{"--target="}, 2, "--target is empty"},
		"a target with a space":    {one, []string{"--target", " " + d.BaseURL + "/ "}, 0, "1 tested clause holds"},
		"a target with a ?":        {one, []string{"--target", d.BaseURL + "?"}, 0, "1 tested clause holds"},
		"a target with a #":        {one, []string{"--target", d.BaseURL + "/#"}, 0, "1 tested clause holds"},
		"a tab in a target":        {one, []string{"--target", "http://local\thost"}, 2, `--target contains '\t'`},
		"a relative socket":        {one, []string{"--target", "unix://vexa.sock"}, 2, "give the absolute path of the socket"},
		"a header of the API's":    {append(one, "VEXA_HEADER_X_API_KEY=abc"), nil, 2, "set VEXA_API_KEY or VEXA_ADMIN_TOKEN"},
		"no address":               {one, []string{"--resolve", "vexa.test:443"}, 2, "give it as HOST:PORT:ADDR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", "--target", d.BaseURL, "--edition", "v0.12"}, row.args...)
			code, out, stderr := run(t, append([]string{"VEXA_ADMIN_TOKEN=" + d.AdminToken + "\r"}, row.environ...), args...)
			assert.Equal(t, row.code, code, out+stderr)
			assert.Contains(t, out+stderr, row.says)
		})
	}
}
