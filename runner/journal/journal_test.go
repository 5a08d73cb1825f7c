package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
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
			all, running, err := Find(folder)
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
	j, err := Create(folder, referencetest.Contract(t, spec.V012), transport.Target{BaseURL: "http://t"})
	require.NoError(t, err)
	for _, call := range []spec.Call{{Operation: "getMe"}, {Operation: "createBot", Body: []byte(`{"platform":"teams","native_meeting_id":"1","passcode":"open-sesame"}`)}, {Operation: "createBot", Body: []byte(`no JSON`)}} {
		after, err := j.Before(call)
		require.NoError(t, err)
		after(spec.Response{Status: 201, Body: []byte(`{"id":7}`)})
	}
	_, running, err := Find(folder)
	require.NoError(t, err)
	assert.Equal(t, 1, running)
	ended := filepath.Join(folder, "a-later-one.journal")
	require.NoError(t, os.WriteFile(ended, []byte(`{"edition":"v0.12"}`+"\n"), 0o600))
	others, running, err := Find(folder)
	require.NoError(t, err)
	assert.Equal(t, 1, running)
	require.Len(t, others, 1, "one that runs hides none that has ended")
	require.NoError(t, others[0].Discard())
	require.NoError(t, j.Keep())
	_, err = j.Before(spec.Call{Operation: "createBot"})
	assert.ErrorContains(t, err, "write to the journal before createBot", "what cannot be written down is not made")
	var all []Unfinished
	require.Eventually(t, func() bool { // a process that another test has just started holds the lock until it is another program
		all, _, err = Find(folder)
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
	none, err := Create("", nil, transport.Target{})
	require.NoError(t, err)
	assert.Nil(t, none)
	require.NoError(t, none.Keep())
	require.NoError(t, none.Discard())
}

func TestDefaultJournals(t *testing.T) {
	for state, want := range map[string]string{"/state": "/state/vexa-conformance", "": "/home/.local/state/vexa-conformance", "relative": "/home/.local/state/vexa-conformance"} {
		t.Setenv("XDG_STATE_HOME", state)
		t.Setenv("HOME", "/home")
		folder, err := DefaultFolder()
		require.NoError(t, err)
		assert.Equal(t, want, folder)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	_, err := DefaultFolder()
	assert.ErrorContains(t, err, "--journal")
}
