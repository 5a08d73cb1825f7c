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

// TestExcusedIsShown: every format shows a known failure, as what it is and why, also where others of
// its clause are not known.
func TestExcusedIsShown(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail", "scope-denied-detail"}})
	known := written(t, "- {id: auth.missing-key, reason: agreed with the gateway's team, link: \"https://x.example.com/7\"}\n- {id: scope/denied/getMe*, reason: only this one}\n- {id: \"scope/denied/*\", reason: and all of these, until: 2099-12-31}\n")
	folder := t.TempDir()
	formats := []string{"json", "junit", "html", "markdown", "har", "badge", "svg"}
	args := []string{"--only", "auth.missing-key,scope.denied", "--target", d.BaseURL}
	for _, format := range formats {
		args = append(args, "--report", format+"="+filepath.Join(folder, format))
	}
	environ := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "GITHUB_ACTIONS=true"}
	all := append([]string{"run", "--known", known}, args...)
	code, out, stderr := run(t, environ, all...)
	require.Equal(t, 0, code, out+stderr)
	said := map[string]string{"the terminal": out}
	_, said["the terminal, verbose"], _ = run(t, environ, append(all, "--verbose")...)
	_, said["the terminal, quiet"], _ = run(t, environ, append(all, "--quiet")...)
	_, said["report"], _ = run(t, nil, "report", filepath.Join(folder, "json"))
	_, said["diff"], _ = run(t, nil, "diff", filepath.Join(folder, "json"), filepath.Join(folder, "json"))
	for _, format := range formats {
		text, err := os.ReadFile(filepath.Join(folder, format))
		require.NoError(t, err)
		said[format] = string(text)
	}
	for name, want := range map[string][]string{
		"the terminal":          {"KNOWN  auth.missing-key: agreed with the gateway's team (https://x.example.com/7)", "2 known failures", "::notice title=v0.12 auth.missing-key::"},
		"the terminal, verbose": {"fail auth/missing-key/getMe", "known failure: agreed with the gateway's team"},
		"the terminal, quiet":   {"2 known failures (auth.missing-key, scope.denied)"},
		"report":                {"KNOWN  auth.missing-key", "and all of these, until 2099-12-31", "2 known failures"},
		"diff":                  {"known failure, was known failure"},
		"json":                  {`"known": "agreed with the gateway's team (https://x.example.com/7)"`},
		"junit":                 {"known failure: agreed with the gateway&#39;s team (https://x.example.com/7); expected", `skipped=`},
		"html":                  {"known failure", "agreed with the gateway"},
		"markdown":              {"### known: `auth.missing-key`", "agreed with the gateway", "2 known failures"},
		"har":                   {"conformant except known failures", "known failure: agreed with the gateway's team"},
		"badge":                 {"v0.12 conformant but for 2 known"},
		"svg":                   {"v0.12 conformant but for 2 known"},
	} {
		for _, text := range want {
			assert.Contains(t, said[name], text, name)
		}
	}
	t.Run("over", func(t *testing.T) {
		t.Parallel()
		over := written(t, "- {id: auth.missing-key, reason: mended soon, until: 2020-01-01}\n")
		before := filepath.Join(folder, "json") // in which all of it is known
		now := filepath.Join(folder, "over")
		code, out, stderr := run(t, environ, "run", "--known", over, "--only", "auth.missing-key", "--target", d.BaseURL, "--report", "json="+now)
		require.Equal(t, 1, code, out+stderr)
		assert.Contains(t, out, "  EXPIRED known failure: mended soon, until 2020-01-01")
		assert.Contains(t, out, "%0AEXPIRED known failure: mended soon, until 2020-01-01", "in the annotation")
		assert.Contains(t, out, "next: its excuse is over")
		_, out, _ = run(t, nil, "diff", "--allow-vanished", "*", before, now)
		assert.Contains(t, out, "EXPIRED known failure, was known failure")
	})
	t.Run("in part", func(t *testing.T) {
		t.Parallel()
		some := written(t, "- {id: auth/missing-key/getMe, reason: agreed}\n")
		code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, "run", "--known", some, "--only", "auth.missing-key", "--target", d.BaseURL, "--report", "markdown="+filepath.Join(folder, "part"))
		require.Equal(t, 1, code, out+stderr)
		first, _, _ := strings.Cut(out[strings.Index(out, "BROKEN"):], "more:")
		assert.NotContains(t, first, "agreed", "those that nothing excuses come first")
	})
}

// TestKnownWriteKeepsWords: the list is written over itself, and refused where it is none, before anything is asked.
func TestKnownWriteKeepsWords(t *testing.T) {
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail"}})
	list := written(t, "- {id: auth/missing-key/getMe, reason: agreed, link: \"https://x.example.com/7\"}\n- {id: auth/unknown-key/*, reason: long gone}\n")
	environ := []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}
	for _, known := range [][]string{{"--known", list}, nil} {
		code, out, stderr := run(t, environ, append(known, "run", "--known-write", list, "--only", "auth/missing-key/get*,auth/unknown-key/getMe", "--target", d.BaseURL)...)
		assert.Equal(t, 1, code, out+stderr)
	}
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	assert.Contains(t, string(text), "link: https://x.example.com/7")
	assert.Equal(t, 1, strings.Count(string(text), "auth/missing-key/getMe\n"), string(text))
	assert.Contains(t, string(text), "auth/missing-key/getRecording")
	assert.NotContains(t, string(text), "long gone")
	code, out, stderr := run(t, environ, "run", "--known-write", written(t, "notes: mine\n"), "--target", "http://127.0.0.1:1")
	assert.Equal(t, 2, code, out+stderr)
	assert.Contains(t, stderr, "--known-write: read the known failures")
}
