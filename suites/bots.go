package suites

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// bots is POST /bots as one answer: accepted, or refused for the one thing that is wrong in a row.
func bots(c *spec.Contract) []Check {
	checks := []Check{{
		ID: "bots/accepted", Clauses: []string{"bots.accepted"}, Effect: spec.Bots, Operations: []string{"createBot"},
		Run: func(t T, d Deployment) {
			k := d.Fixtures()
			expectClause(t, d, createBot(t, d, spec.Owner, k.Bot(k.Meeting())), "bots.accepted")
		},
	}}
	for _, row := range refusedBots() {
		checks = append(checks, Check{
			ID: "bots/" + row.name, Clauses: []string{row.clause}, Effect: effectOf(c, row.clause), Operations: []string{"createBot"},
			Run: func(t T, d Deployment) {
				control := acceptedBot(t, d)
				m := d.Fixtures().Meeting()
				call := spec.Call{Operation: "createBot", Caller: spec.Owner, Body: row.body(d.Fixtures().Bot(m)), Wrong: row.name}
				judgeRefusal(t, d, control, postBot(t, d, call), row.clause)
			},
		})
	}
	return checks
}

type refusedBot struct {
	name   string
	clause string
	// body is what is sent, made from a body with nothing wrong in it.
	body func(right map[string]any) []byte
}

func refusedBots() []refusedBot {
	return []refusedBot{
		{"malformed-id/words", "bots.malformed-id", malformed("not a meeting")},
		{"malformed-id/short", "bots.malformed-id", malformed("abc-defg")},
		{"malformed-id/digits", "bots.malformed-id", malformed("123-4567-890")},
		{"malformed-id/teams", "bots.malformed-id", func(bot map[string]any) []byte {
			bot["platform"], bot["native_meeting_id"], bot["passcode"] = "teams", "not-digits", "secret"
			return fixtures.Body(bot)
		}},

		{"malformed-body/empty", "bots.malformed-body", raw("")},
		{"malformed-body/words", "bots.malformed-body", raw("platform=google_meet")},
		{"malformed-body/cut-short", "bots.malformed-body", raw(`{"platform": "google_meet", "native_meeting_id": `)},
		{"malformed-body/trailing-comma", "bots.malformed-body", raw(`{"platform": "google_meet",}`)},

		{"wrong-type/platform", "bots.wrong-type", with("platform", []any{"google_meet"})},
		{"wrong-type/native_meeting_id", "bots.wrong-type", with("native_meeting_id", map[string]any{"id": "abc-defg-hij"})},
		{"wrong-type/bot_name", "bots.wrong-type", with("bot_name", map[string]any{"first": "Vexa"})},
		{"wrong-type/recording_enabled", "bots.wrong-type", with("recording_enabled", []any{true})},
	}
}

// malformed puts an id into a body that no meeting on its platform has; on jitsi nearly anything could be one.
func malformed(id string) func(map[string]any) []byte {
	return func(bot map[string]any) []byte {
		if bot["platform"] == "jitsi" {
			bot["platform"] = "google_meet"
		}
		return with("native_meeting_id", id)(bot)
	}
}

// with puts one wrong value into a body that is right otherwise.
func with(field string, value any) func(map[string]any) []byte {
	return func(bot map[string]any) []byte {
		bot[field] = value
		return fixtures.Body(bot)
	}
}

func raw(body string) func(map[string]any) []byte {
	return func(map[string]any) []byte { return []byte(body) }
}
