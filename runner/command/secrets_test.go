package command_test

import (
	"encoding/base64"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
)

// TestNoSecretSlips runs every command that sees a secret, with all that it can print and write, and looks for each secret in all
// of it, as it is, in base64 and percent-encoded.
func TestNoSecretSlips(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{"v0.10", "v0.12"} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			d := start(t, reference.Options{Edition: edition, Faults: []string{"missing-key-detail", "wrong-type-coerced"}})
			folder := t.TempDir()
			said := ""
			environ := []string{
				"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_API_KEY=" + d.Keys.All, "VEXA_API_KEY_BOT=" + d.Keys.Bot, "VEXA_API_KEY_TX=" + d.Keys.Tx,
				"VEXA_API_KEY_BROWSER=" + d.Keys.Browser, "VEXA_API_KEY_OTHER=" + d.Keys.Other, "XDG_STATE_HOME=" + folder,
			}
			var formats []string
			for _, format := range []string{"json", "junit", "html", "markdown", "har", "badge", "svg"} {
				formats = append(formats, "--report", format+"="+filepath.Join(folder, format))
			}
			withKeys := environ[1:] // without the admin token the keys are used
			for _, row := range []struct {
				environ []string
				args    []string
			}{
				{environ, append([]string{"run", "--verbose", "--target", d.BaseURL, "--allow", "observe,write,bots,agent,exhaust", "--known-write", filepath.Join(folder, "known")}, formats...)},
				{withKeys, []string{"run", "--verbose", "--target", d.BaseURL, "--report", "json=" + filepath.Join(folder, "keys")}},
				{environ, []string{"plan", "--verbose", "--target", d.BaseURL}},
				{environ, []string{"doctor", "--target", d.BaseURL, "--direct", d.BaseURL}},
				{environ, []string{"compare", d.BaseURL, d.BaseURL, "--report", "json=" + filepath.Join(folder, "compare")}},
				{environ, []string{"cleanup"}},
				{environ, []string{"run", "--target", "http://127.0.0.1:1"}},
				{[]string{"VEXA_ADMIN_TOKEN=" + d.Keys.All}, []string{"run", "--target", d.BaseURL}},
			} {
				_, out, stderr := run(t, row.environ, row.args...)
				said += out + stderr
			}
			require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				info, err := entry.Info()
				require.NoError(t, err)
				assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
				text, err := os.ReadFile(path)
				said += string(text)
				return err
			}))
			assert.Greater(t, len(said), 1_000_000)
			for _, secret := range append(d.Issued(), d.AdminToken) {
				for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret))} {
					assert.Falsef(t, strings.Contains(said, strings.TrimRight(form, "=")), "a secret slipped: %s…", form[:12])
				}
			}
		})
	}
}
