package reports_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// TestCurlNote: one note names the variables to set for the curl lines, if the keys were the run's own and are in
// the lines.
func TestCurlNote(t *testing.T) {
	t.Parallel()
	const says = "set $VEXA_API_KEY_BOT, $VEXA_API_KEY_REVOKED to keys of your own ($VEXA_API_KEY_REVOKED to one that is deleted)."
	of := func(own bool, curls ...string) result.Report {
		r := run("v0.12", result.ExitBroken)
		r.OwnKeys, r.Checks = own, nil
		for _, curl := range curls {
			c := check("auth/missing-key/getMe", "auth.missing-key", result.Fail)
			c.Exchanges[0].Curl = curl
			r.Checks = append(r.Checks, c)
		}
		return report(r)
	}
	bot, revoked, none := `curl -H "X-API-Key: $VEXA_API_KEY_BOT" x`, `curl -H "X-API-Key: $VEXA_API_KEY_REVOKED" x`, "curl x"
	shown := of(true, revoked, bot, bot, none)
	text := printed(t, shown, reports.TerminalOptions{Width: 300})
	assert.Equal(t, 1, strings.Count(text, says), text)
	assert.NotContains(t, printed(t, of(false, bot), reports.TerminalOptions{Width: 300}), "are revoked", "they are the operator's")
	assert.NotContains(t, printed(t, of(true, none), reports.TerminalOptions{Width: 300}), "are revoked", "nobody needs one")
	var markdown, page bytes.Buffer
	require.NoError(t, reports.Markdown(&markdown, shown))
	require.NoError(t, reports.HTML(&page, shown))
	assert.Equal(t, 1, strings.Count(rendered(t, markdown.String()), says), markdown.String())
	assert.Equal(t, 1, strings.Count(page.String(), says))
	require.NoError(t, schema(t).Validate(written(t, shown)))
}
