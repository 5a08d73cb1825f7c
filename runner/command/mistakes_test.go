package command_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// TestMistakesInTheFile are such as people make in what no flag takes: exit 2, one line, and what was meant.
func TestMistakesInTheFile(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.10"})
	for name, row := range map[string]struct{ file, says string }{
		"an outage without an end":      {"outage: {down: docker stop x}", "outage: give both"},
		"an outage without commands":    {"outage: {routes: [GET /bots/status]}", "routes go with the commands"},
		"an outage of no route":         {"outage: {down: a, up: b, routes: [GET /bot/status]}", `did you mean "GET /bots/status"?`},
		"an outage with a wrong key":    {"outage: {dwn: a, up: b}", `did you mean "down"?`},
		"an outage that is a text":      {"outage: docker stop x", "outage"},
		"a bot that is a name":          {"bot: mock:normal", "bot"},
		"a list of has that is a text":  {"has: agent", "has"},
		"bots scripted by a text":       {"bot: {scripted: yes please}", "scripted is true or false"},
		"a bot of another type":         {"bot: {language: [en]}", "none that the document of v0.10 allows: body/language"},
		"a stimulus with a wrong key":   {"stimuli: {join_failur: {bot_name: x}}", `did you mean "join_failure"?`},
		"a join failure elsewhere":      {"stimuli: {join_failure: {platform: zoom}}", "join_failure: platform"},
		"a bot in one meeting":          {"bot: {native_meeting_id: abc-defg-hij}", "under meetings:"},
		"a passcode of digits alone":    {"bot: {platform: teams, passcode: 0123}", "put it in quotes"},
		"a meeting by its address":      {"meetings: [google_meet/abc-defg-hij]", "meetings"},
		"a meeting without an id":       {"meetings: [{platform: zoom, id: 123}]", "9 to 11 digits"},
		"a meeting on no platform":      {"meetings: [{native_meeting_id: abc-defg-hij}]", "needs a platform of v0.10: [google_meet teams zoom]"},
		"a meeting of the other line":   {"meetings: [{platform: jitsi, native_meeting_id: x, meeting_url: \"https://x/y\"}]", "needs a platform of v0.10"},
		"a meeting by a number":         {"meetings: [{platform: zoom, native_meeting_id: 1234567890}]", "put it in quotes"},
		"a meeting without its code":    {"meetings: [{platform: teams, native_meeting_id: \"1234567890\"}]", "needs its passcode"},
		"a meeting twice":               {"meetings: [{platform: zoom, native_meeting_id: \"1234567890\"}, {platform: zoom, native_meeting_id: \"1234567890\"}]", "is there twice"},
		"a bot on no platform":          {"bot: {platform: gogle_meet}", `did you mean "google_meet"?`},
		"a disposable URL":              {"disposable: {meetings: [\"https://meet.google.com/abc-defg-hij\"]}", "such as google_meet/abc-defg-hij"},
		"a disposable without its kind": {"disposable: [google_meet/abc-defg-hij]", "disposable"},
		"a recording by its name":       {"disposable: {recordings: [standup]}", "give its number"},
		"recording, not recordings":     {"disposable: {recording: [1]}", `did you mean "recordings"?`},
		"disposable, without its key":   {"disposable: {recordings: [1]}", "set VEXA_API_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, "run", "--only", "auth/missing-key", "--target", d.BaseURL, "--config", written(t, row.file+"\n"))
			assert.Equal(t, 2, code, out+stderr)
			assert.Contains(t, stderr, row.says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one clear line: %s", stderr)
		})
	}
}

// TestAPasswordInAURL is not shown again, whether the URL is one or not.
func TestAPasswordInAURL(t *testing.T) {
	t.Parallel()
	for target, says := range map[string]string{
		"http://u:hush-hush@127.0.0.1:1": "", "http://u:hush-hush@::1:80": "an @ outside of user:password@", "http://u:hush-hush@[::1": "an @ outside of user:password@", "ftp://u:hush-hush@x": "http:// or https://",
		"u:hush-hush@localhost": "an @ outside of user:password@", "http://u:hush-hush%zz@localhost": "an @ outside of user:password@", "http://u:hush-hush@localhost x": "' '",
	} {
		for _, command := range []string{"run", "doctor", "init", "plan"} {
			code, out, stderr := run(t, nil, command, "--target", target)
			assert.NotZero(t, code, target)
			if says != "" {
				assert.Equal(t, 2, code, target)
			}
			assert.Contains(t, stderr, says, target)
			assert.NotContains(t, out+stderr, "hush", target)
		}
	}
}
