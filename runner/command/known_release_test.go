package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
)

// TestKnownRelease: a release's list is named on the command line, in the environment and in the file, alone and with the
// operator's own, for a run and for a comparison, and each mistake is one line that says what to type.
func TestKnownRelease(t *testing.T) {
	t.Parallel()
	d := start(t, reference.Options{Profile: "v0.12.23", Unlimited: true, Speedup: 20, Faults: []string{"unknown-key-detail"}})
	folder := t.TempDir()
	own := written(t, "- {id: auth.unknown-key, reason: the gateway's team knows}\n")
	settings := written(t, "known: [release, "+own+"]\n")
	token, before, now := "VEXA_ADMIN_TOKEN="+d.AdminToken, filepath.Join(folder, "before.json"), filepath.Join(folder, "now.json")
	judge := []string{"run", "--only", "auth/unknown-key/getMe,scope/denied/createBot,admin.fronted,auth.missing-key", "--target", d.BaseURL, "--admin-url", d.AdminURL}
	const yours, none = "v0.12.23 itself breaks 2 promises; your deployment breaks 1 more by 1 cause (auth.unknown-key)",
		"v0.12.23 itself breaks 2 promises; your deployment breaks no more; 1 of 4 tested clauses hold; 1 known failure (auth.unknown-key)"
	for name, row := range map[string]struct {
		environ, args []string
		exit          int
		says          string
	}{
		"by its edition":           {nil, []string{"--known", "release"}, 1, yours},
		"by its name":              {nil, []string{"--known", "release=v0.12.23"}, 1, yours},
		"and the operator's own":   {nil, []string{"--known", "release", "--known", own}, 0, none},
		"as one list":              {nil, []string{"--known", own + ",release"}, 0, none},
		"in the environment":       {[]string{"VEXA_KNOWN=release," + own}, nil, 0, none},
		"in the file":              {nil, []string{"--config", settings}, 0, none},
		"of another release":       {nil, []string{"--known", "release=v0.10.6"}, 1, "your deployment breaks 3 more"},
		"of two releases":          {nil, []string{"--known", "release=v0.10.6,release=v0.12.23"}, 2, "a target is of one release"},
		"of one without a list":    {nil, []string{"--known", "release=v9"}, 2, "--known release=v9: no list of known failures of a release v9: use v0.10.6 or v0.12.23"},
		"a file that is not there": {nil, []string{"--known", "releases"}, 2, "read the known failures"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, append(row.environ, token), append(judge, row.args...)...)
			assert.Equal(t, row.exit, code, out+stderr)
			assert.Contains(t, out+stderr, row.says)
		})
	}
	t.Run("of what is no deployment", func(t *testing.T) {
		t.Parallel()
		code, out, stderr := run(t, nil, "client", "--known", "release", "--", "true")
		assert.Equal(t, 2, code, out+stderr)
		assert.Contains(t, stderr, "a release's list is about deployments")
	})
	t.Run("in a comparison", func(t *testing.T) {
		t.Parallel()
		kept := start(t, reference.Options{Edition: "v0.12"})
		code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + kept.AdminToken}, append(judge[:3:3], "--edition", "v0.12", "--known", "release", "--target", kept.BaseURL, "--report", "json="+before)...)
		require.Equal(t, 0, code, out+stderr)
		assert.Contains(t, out, "Note: passes here: scope.denied, admin.fronted. v0.12.23 is known to break it")
		code, out, stderr = run(t, []string{token}, append(judge, "--report", "json="+now)...)
		require.Equal(t, 1, code, out+stderr)
		_, out, _ = run(t, nil, "diff", before, now)
		assert.Contains(t, out, "3 regressed")
		code, out, stderr = run(t, nil, "diff", "--known", "release", before, now)
		assert.Equal(t, 1, code, out+stderr)
		assert.Contains(t, out, "1 regressed, 2 broken as known")
		code, out, stderr = run(t, []string{"VEXA_KNOWN=release," + own}, "diff", "--allow-vanished", "auth/*", before, now)
		assert.Equal(t, 0, code, out+stderr)
		text, err := os.ReadFile(before)
		require.NoError(t, err)
		keepsToSchema(t, text)
	})
	t.Run("is not written as one's own", func(t *testing.T) {
		t.Parallel()
		list := filepath.Join(folder, "written.yaml")
		code, out, stderr := run(t, []string{token}, append(judge, "--known", "release", "--known-write", list)...)
		require.Equal(t, 1, code, out+stderr)
		text, err := os.ReadFile(list)
		require.NoError(t, err)
		assert.Contains(t, string(text), "auth/unknown-key/getMe")
		assert.NotContains(t, string(text), "scope/denied")
	})
}
