package runner

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestWhatAJournalTells: a request and its answer are one, the last line may be half written, and anything else is no journal.
func TestWhatAJournalTells(t *testing.T) {
	t.Parallel()
	const head = `{"edition":"v0.12","target":{"BaseURL":"http://t"},"started":"2026-11-24T12:00:00Z"}` + "\n"
	for name, row := range map[string]struct {
		lines string
		want  []fixtures.Trace
		says  string
	}{
		"nothing":           {"", nil, ""},
		"asked":             {`{"n":1,"operation":"createBot"}` + "\n", []fixtures.Trace{{Operation: "createBot"}}, ""},
		"asked, answered":   {`{"n":1,"operation":"a"}` + "\n" + `{"n":2,"operation":"b"}` + "\n" + `{"n":1,"operation":"a","answered":true}` + "\n", []fixtures.Trace{{Operation: "a", Answered: true}, {Operation: "b"}}, ""},
		"killed in between": {`{"n":1,"operation":"a"}` + "\n" + `{"n":2,"oper`, []fixtures.Trace{{Operation: "a"}}, ""},
		"another's line":    {`{"n":1,"operation":"a"}` + "\n" + `{"n":"x"}` + "\n", nil, "one of its lines is no journal's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "a.journal"), []byte(head+row.lines), 0o600))
			all, running, err := FindUnfinished(folder)
			if row.says != "" {
				require.ErrorContains(t, err, row.says)
				return
			}
			require.NoError(t, err)
			assert.Zero(t, running)
			require.Len(t, all, 1)
			assert.Equal(t, row.want, all[0].Traces)
			assert.Equal(t, "http://t", all[0].Target.BaseURL)
			assert.Equal(t, spec.V012, all[0].Edition)
			require.NoError(t, all[0].Keep())
			_, err = os.Stat(all[0].Path)
			assert.NoError(t, err)
		})
	}
}

// TestAJournalThatIsWritten is left alone while its run lasts, and holds what was made and nothing else.
func TestAJournalThatIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j, err := NewJournal(folder, contractOf(t, spec.V012), Target{BaseURL: "http://t"})
	require.NoError(t, err)
	for _, call := range []spec.Call{{Operation: "getMe"}, {Operation: "createBot", Body: []byte(`{"platform":"teams","native_meeting_id":"1","passcode":"open-sesame"}`)}, {Operation: "createBot", Body: []byte(`no JSON`)}} {
		after, err := j.Before(call)
		require.NoError(t, err)
		after(spec.Answer{Status: 201, Body: []byte(`{"id":7}`)})
	}
	_, running, err := FindUnfinished(folder)
	require.NoError(t, err)
	assert.Equal(t, 1, running)
	ended := filepath.Join(folder, "a-later-one.journal")
	require.NoError(t, os.WriteFile(ended, []byte(`{"edition":"v0.12"}`+"\n"), 0o600))
	others, running, err := FindUnfinished(folder)
	require.NoError(t, err)
	assert.Equal(t, 1, running)
	require.Len(t, others, 1, "one that runs hides none that has ended")
	require.NoError(t, others[0].Discard())
	require.NoError(t, j.Keep())
	_, err = j.Before(spec.Call{Operation: "createBot"})
	assert.ErrorContains(t, err, "write to the journal before createBot", "what cannot be written down is not made")
	var all []Unfinished
	require.Eventually(t, func() bool { // a process that another test has just started holds the lock until it is another program
		all, _, err = FindUnfinished(folder)
		return err == nil && len(all) == 1
	}, 5*time.Second, 5*time.Millisecond)
	assert.Equal(t, []fixtures.Trace{
		{Operation: "createBot", Body: []byte(`{"native_meeting_id":"1","platform":"teams"}`), Records: true, Answered: true, Status: 201, ID: "7"},
		{Operation: "createBot", Records: true, Answered: true, Status: 201, ID: "7"},
	}, all[0].Traces)
	require.NoError(t, all[0].Discard())
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
	none, err := NewJournal("", nil, Target{})
	require.NoError(t, err)
	assert.Nil(t, none)
	require.NoError(t, none.Keep())
	require.NoError(t, none.Discard())
}

func TestDefaultJournals(t *testing.T) {
	for state, want := range map[string]string{"/state": "/state/vexa-conformance", "": "/home/.local/state/vexa-conformance", "relative": "/home/.local/state/vexa-conformance"} {
		t.Setenv("XDG_STATE_HOME", state)
		t.Setenv("HOME", "/home")
		folder, err := DefaultJournals()
		require.NoError(t, err)
		assert.Equal(t, want, folder)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	_, err := DefaultJournals()
	assert.ErrorContains(t, err, "--journal")
}

// TestUntilADay: an excuse holds through its last day, wherever that ends.
func TestUntilADay(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	k := Known{ID: "a.b", Until: "2026-12-31"}
	for after, want := range map[time.Duration]bool{-time.Hour: true, 0: true, 24*time.Hour - 1: true, 24*time.Hour + 1: false, 48 * time.Hour: false} {
		assert.Equal(t, want, k.excuses("v0.12", day.Add(after)), after)
	}
	assert.True(t, Known{}.excuses("v0.12", day))
	assert.True(t, Known{Edition: "v0.12"}.excuses("v0.12", day))
	assert.False(t, Known{Edition: "v0.10"}.excuses("v0.12", day))
	assert.False(t, Known{Until: "soon"}.excuses("v0.12", day))
	assert.Equal(t, "a", Known{Reason: "a"}.text())
	assert.Equal(t, "a (http://x), until 2026-12-31", Known{Reason: "a", Link: "http://x", Until: "2026-12-31"}.text())
}

// TestExcusesOfNothing: an entry that matches no check of the editions that are judged is an error.
func TestExcusesOfNothing(t *testing.T) {
	t.Parallel()
	checks := map[string][]suites.Check{"v0.10": {{ID: "auth/a", Clauses: []string{"auth.a"}}}, "v0.12": {{ID: "auth/b", Clauses: []string{"auth.b"}}}}
	for name, row := range map[string]struct {
		known   Known
		nearest string
	}{
		"of one edition":         {Known{ID: "auth/a"}, ""},
		"of the other":           {Known{ID: "auth.b"}, ""},
		"of its own edition":     {Known{ID: "auth/a", Edition: "v0.10"}, ""},
		"of the wrong edition":   {Known{ID: "auth/a", Edition: "v0.12"}, "auth/"},
		"of none":                {Known{ID: "auth.c"}, "auth."},
		"of one that is not run": {Known{ID: "auth.z", Edition: "v0.9"}, ""},
	} {
		err := CheckKnown([]Known{{ID: "auth.a"}, row.known}, checks)
		if row.nearest == "" {
			assert.NoError(t, err, name)
			continue
		}
		var unknown *UnknownPattern
		require.ErrorAs(t, err, &unknown, name)
		assert.Contains(t, unknown.Nearest, row.nearest, name)
		assert.Equal(t, row.known.ID, unknown.Pattern)
	}
}

// TestRoutesOfAnOutage are those that the operator names, or the keyed ones that only read and need nothing.
func TestRoutesOfAnOutage(t *testing.T) {
	t.Parallel()
	c := contractOf(t, spec.V012)
	named, err := (&Outage{Routes: []string{"GET /bots/status", "getMe"}}).routes(c)
	require.NoError(t, err)
	assert.Equal(t, []string{"getBotsStatus", "getMe"}, named)
	_, err = (&Outage{Routes: []string{"getMe", "POST /bots/status"}}).routes(c)
	require.ErrorContains(t, err, `has no operation "POST /bots/status"`)
	first := c.Operations()[0].ID
	named, err = (&Outage{Routes: []string{first}}).routes(c)
	require.NoError(t, err)
	assert.Equal(t, []string{first}, named)
	ids, err := (&Outage{}).routes(c)
	require.NoError(t, err)
	want := map[string]bool{}
	for _, id := range ids {
		want[id] = true
	}
	for _, op := range c.Operations() {
		plain := op.Method == "GET" && op.Guard == spec.KeyGuard && !op.Socket && !op.Stream && len(op.Params) == 0
		assert.Equal(t, plain, want[op.ID], op.ID)
	}
	assert.EqualError(t, execute(t.Context(), "false"), `run "false": exit status 1`)
}

// TestWhatAnOutageNeeds: both commands or none, and routes of the edition that go with them.
func TestWhatAnOutageNeeds(t *testing.T) {
	t.Parallel()
	c := contractOf(t, spec.V012)
	for _, row := range []struct {
		outage Outage
		says   string
	}{
		{Outage{}, ""},
		{Outage{Down: "down", Up: "up"}, ""},
		{Outage{Down: "down", Up: "up", Routes: []string{"getMe"}}, ""},
		{Outage{Down: "down"}, "outage: give both"},
		{Outage{Up: "up"}, "outage: give both"},
		{Outage{Routes: []string{"getMe"}}, "outage: routes go with the commands"},
		{Outage{Down: "down", Up: "up", Routes: []string{"getMee"}}, `has no operation "getMee"`},
	} {
		if err := row.outage.Check(c); row.says == "" {
			assert.NoError(t, err, "%+v", row.outage)
		} else {
			assert.ErrorContains(t, err, row.says, "%+v", row.outage)
		}
	}
}

// TestPlansOfSomeClauses: a run that is told what to judge sets out to judge no other clause.
func TestPlansOfSomeClauses(t *testing.T) {
	t.Parallel()
	clauses := func(change func(*Config)) map[string]bool {
		p, err := planned(t, change)
		require.NoError(t, err)
		all := map[string]bool{}
		for _, clause := range p.Clauses {
			all[clause.ID] = true
		}
		return all
	}
	only, skip := clauses(func(c *Config) { c.Only = []string{"auth/missing-key"} }), clauses(func(c *Config) { c.Skip = []string{"auth/*"} })
	assert.Equal(t, map[string]bool{"auth.missing-key": true}, only)
	assert.NotContains(t, skip, "auth.missing-key")
	assert.Contains(t, skip, "bots.duplicate")
	must := clauses(func(c *Config) { c.Strength, c.Only = spec.Must, []string{"auth/missing-key", "bots/duplicate"} })
	assert.NotContains(t, must, "bots.duplicate", "it is no must in this edition")
}

// TestWhyAPlanSkips what exhausts, where the operator asks for a rate, and what needs a user of its own, where there is none.
func TestWhyAPlanSkips(t *testing.T) {
	t.Parallel()
	c := Selection{Allow: []spec.Effect{spec.Observe, spec.Exhaust}, OwnTenant: true}.WithDefaults()
	given, hosted, paced := c, c, c
	given.OwnTenant, hosted.Hosted, paced.RateLimited = false, true, true
	client := Selection{Binds: spec.Client, Actions: []fixtures.Action{fixtures.CreateBot}}
	for name, row := range map[string]struct {
		c     Selection
		check suites.Check
		says  string
	}{
		"allowed":                 {c, suites.Check{Effect: spec.Exhaust}, ""},
		"not allowed":             {c, suites.Check{Effect: spec.Write}, "needs --allow observe,write,exhaust"},
		"paced, and exhausting":   {paced, suites.Check{Effect: spec.Exhaust}, "--rate"},
		"paced, and observing":    {paced, suites.Check{}, ""},
		"hosted alone, and is":    {hosted, suites.Check{Kind: suites.Hosted}, ""},
		"hosted alone, and not":   {c, suites.Check{Kind: suites.Hosted}, "see --hosted"},
		"self-hosted, and is":     {c, suites.Check{Kind: suites.SelfHosted}, ""},
		"self-hosted, and is not": {hosted, suites.Check{Kind: suites.SelfHosted}, "the target is hosted"},
		"of a user of its own":    {c, suites.Check{OwnTenant: true}, ""},
		"of a user that is given": {given, suites.Check{OwnTenant: true}, "throwaway user"},
		"of any user":             {given, suites.Check{}, ""},
		"of a client that can":    {client, suites.Check{Actions: []fixtures.Action{fixtures.CreateBot}}, ""},
		"of a client that cannot": {client, suites.Check{Actions: []fixtures.Action{fixtures.ReadStatus}}, "the client has no action read-status"},
		"of a client in part":     {client, suites.Check{Actions: []fixtures.Action{fixtures.CreateBot, fixtures.ReadStatus}}, "the client has no action read-status"},
	} {
		got := row.c.planned(row.check).Skip
		assert.Contains(t, got, row.says, name)
		assert.Equal(t, row.says == "", got == "", name)
	}
}

// TestTheShortestSecret is looked for in texts; a shorter one would be found everywhere.
func TestTheShortestSecret(t *testing.T) {
	t.Parallel()
	r := NewRedactor(map[string]string{"$A": "abcdef", "$B": "uvwxy"})
	assert.Equal(t, "$A uvwxy", r.Text("abcdef uvwxy"))
	assert.Equal(t, "$B", r.credential("uvwxy"))
}
