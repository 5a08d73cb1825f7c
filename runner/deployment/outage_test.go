package deployment_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/journal"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// down starts a reference whose backend is down while a file is there, and the configuration of a run that takes it down.
func down(t *testing.T, faults ...string) (file string, c deployment.Config) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "down")
	d := referencetest.Start(t, reference.Options{Edition: "v0.10", Outage: file, Faults: faults})
	c = config(t, referencetest.Contract(t, spec.V010), d.BaseURL, d.AdminToken)
	c.Only, c.JournalFolder = []string{"outage.*"}, t.TempDir()
	return file, c
}

// TestOutageCommands are such as operators write: one starts a server that goes on, one takes its time.
func TestOutageCommands(t *testing.T) {
	t.Parallel()
	t.Run("up leaves a process running", func(t *testing.T) {
		t.Parallel()
		file, c := down(t)
		running := filepath.Join(t.TempDir(), "running")
		require.NoError(t, os.WriteFile(running, nil, 0o600))
		c.Outage = &deployment.Outage{Down: "touch " + file, Up: "rm " + file + "; while [ -e " + running + " ]; do echo on and on; sleep 0.1; done &"}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.ExitKept, run.ExitCode, "%v", run.Notes)
	})
	t.Run("a meeting's route", func(t *testing.T) {
		t.Parallel()
		file, c := down(t)
		c.Outage = &deployment.Outage{Down: "touch " + file, Up: "rm " + file, Routes: []string{"GET /transcripts/{platform}/{native_meeting_id}"}}
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.ExitKept, run.ExitCode, "%s", run.Checks[0].Actual)
	})
	t.Run("each route that breaks the promise", func(t *testing.T) {
		t.Parallel()
		file, c := down(t, "outage-is-404")
		c.Outage = &deployment.Outage{Down: "touch " + file, Up: "rm " + file, Routes: []string{"listMeetings", "getMe", "getBotsStatus"}}
		c.Patience = time.Second
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.Fail, run.Checks[0].Verdict)
		for _, route := range []string{"GET /meetings: 404", "GET /auth/me: 404", "GET /bots/status: 404"} {
			assert.Contains(t, run.Checks[0].Actual, route)
		}
		assert.NotEmpty(t, run.Checks[0].Exchanges)
	})
	t.Run("interrupted while it goes down", func(t *testing.T) {
		t.Parallel()
		file, c := down(t)
		begun, order := file+".begun", file+".order"
		c.Outage = &deployment.Outage{
			Down: "touch " + begun + "; sleep 0.3; touch " + file + "; echo down >> " + order, Up: "rm " + file + "; echo up >> " + order,
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer cancel()
			assert.Eventually(t, func() bool { _, err := os.Stat(begun); return err == nil }, 20*time.Second, 5*time.Millisecond)
		}()
		run, err := deployment.Run(ctx, c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.Equal(t, result.ExitInterrupted, run.ExitCode)
		text, err := os.ReadFile(order)
		require.NoError(t, err)
		assert.Equal(t, "down\nup\n", string(text), "it is brought back once it is down")
		assert.NotContains(t, strings.Join(run.Notes, " "), "BACKEND")
	})
	t.Run("it does not come back", func(t *testing.T) {
		t.Parallel()
		file, c := down(t)
		c.Outage = &deployment.Outage{Down: "touch " + file, Up: "echo no such container >&2; exit 7"}
		c.Patience = 100 * time.Millisecond
		run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		require.NotEmpty(t, run.Notes)
		assert.Contains(t, run.Notes[0], "THE BACKEND IS STILL DOWN")
		assert.Contains(t, run.Notes[0], "no such container")
	})
}

// TestCleanUpEndsAnOutage that a killed run left, with the operator's command for it or by telling the operator.
func TestCleanUpEndsAnOutage(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		up   string
		does string
		left string
	}{
		"with the command":       {"rm ", "brought back the backend", ""},
		"without it":             {"", "", "may still be down: bring it back"},
		"with one that is wrong": {"false ", "", "may still be down (outage: up)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, c := down(t)
			killed, err := os.Create(filepath.Join(c.JournalFolder, "killed.journal"))
			require.NoError(t, err)
			_, err = killed.WriteString(`{"edition":"v0.10"}` + "\n" + `{"n":1,"operation":"outage","caller":""}` + "\n")
			require.NoError(t, err)
			require.NoError(t, killed.Close())
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			journals, _, err := journal.Find(c.JournalFolder)
			require.NoError(t, err)
			require.Len(t, journals, 1)
			if row.up != "" {
				c.Outage = &deployment.Outage{Up: row.up + file}
			}
			done, left, err := deployment.CleanUp(t.Context(), c, "", fixtures.Keys{}, journals[0])
			require.NoError(t, err)
			if row.left == "" {
				assert.Contains(t, done[0], row.does)
				assert.NoFileExists(t, file)
				assert.NoError(t, journals[0].Discard())
			} else {
				assert.Contains(t, left[0], row.left)
				assert.NoError(t, journals[0].Keep())
			}
		})
	}
}
