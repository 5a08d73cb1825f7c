package webhook_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/clients"
	"vexa-conformance/fixtures/clients/clientstest"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/webhook"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

const hookSecret = "whsec_of_a_test_0123456789"

// receiving is where a sample receiver takes deliveries, and where it says what it did.
type receiving struct {
	URL     string `json:"url"`
	Effects string `json:"effects_url"`
}

// receive starts a receiver, and stops it at the end of the test.
func receive(t *testing.T, secret string, command ...string) receiving {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "VEXA_WEBHOOK_SECRET="+secret)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var at receiving
	require.NoError(t, json.Unmarshal([]byte(line), &at))
	return at
}

// patient is how the proof judges: what is not about time is given time enough for a busy machine.
func patient(at receiving, secret string) webhook.Config {
	c := receiverAt(at.URL, 8*time.Second)
	c.Secret, c.Burst, c.Probe.URL = secret, 60, at.Effects
	return c
}

// receiverAt is a receiver that gets one delivery at a time.
func receiverAt(url string, within time.Duration) webhook.Config {
	return webhook.Config{Options: transport.Options{Target: transport.Target{BaseURL: url}}, Within: within, Burst: 1}
}

func judgeWebhook(t *testing.T, r webhook.Config, only ...string) result.Run {
	t.Helper()
	run, err := webhook.Run(t.Context(), webhookConfig(t, r, only...))
	require.NoError(t, err)
	return run
}

// newSeed gives a receiver events that it does not know.
func newSeed() uint64 { return rand.Uint64N(1 << 53) }

// TestProofOfReceivers: the sample receiver keeps all that binds receivers, however it is looked at. Each way to be wrong is
// found by the checks of the promise that it breaks and by no other, and each check finds one.
func TestProofOfReceivers(t *testing.T) {
	referencetest.Exhaustive(t)
	program := clientstest.Build(t, "receiver")
	var (
		mu    sync.Mutex
		found = map[string]bool{}
	)
	var rows []func()
	for name, row := range rightReceivers() {
		rows = append(rows, func() {
			t.Run("right/"+name, func(t *testing.T) {
				r := patient(receive(t, row.secret, program, "-late", cmp.Or(row.late, "0")), row.secret)
				r.Burst = 200
				if row.change != nil {
					row.change(&r)
				}
				run := judgeWebhook(t, r)
				assert.Equal(t, result.ExitKept, run.ExitCode, undecided(run))
				assert.Equal(t, row.skips, run.Summary.Checks[result.Skip])
				assert.Len(t, run.Checks, row.skips+run.Summary.Checks[result.Pass])
				assert.Contains(t, strings.Join(run.Notes, "\n"), "200 deliveries at once, 200 of them acknowledged with 2xx: p50 ")
			})
		})
	}
	for _, f := range clients.Receiver() {
		rows = append(rows, func() {
			t.Run(f.Name, func(t *testing.T) {
				r := patient(receive(t, hookSecret, program, "-fault", f.Name), hookSecret)
				if slices.Contains([]string{"slow-ack", "slow-under-load", "one-sender-at-a-time"}, f.Name) {
					r.Within = time.Second // these are slow by more
				}
				run := judgeWebhook(t, r)
				for _, clause := range run.Clauses {
					breaks := slices.Contains(f.Clauses, clause.ID)
					assert.Equalf(t, breaks, clause.Verdict == result.Fail, "%s: %s", clause.ID, clientstest.Reasons(run, clause.ID))
				}
				assert.Equal(t, result.ExitBroken, run.ExitCode)
				mu.Lock()
				defer mu.Unlock()
				for _, check := range run.Checks {
					found[check.ID] = found[check.ID] || check.Verdict == result.Fail
				}
			})
		})
	}
	beside(rows)
	for _, check := range suites.Of(referencetest.Contract(t, spec.V010), spec.Handler) {
		assert.Truef(t, found[check.ID], "no sample receiver that is wrong is found by %s", check.ID)
	}
}

// beside does what waits more than it works, much of it at once however few processors there are.
func beside(rows []func()) {
	places := make(chan struct{}, 16)
	var all sync.WaitGroup
	for _, row := range rows {
		all.Go(func() {
			places <- struct{}{}
			row()
			<-places
		})
	}
	all.Wait()
}

// rightReceiver is one way to look at a receiver that is right, and how many checks that leaves out.
type rightReceiver struct {
	secret, late string
	change       func(*webhook.Config)
	skips        int
}

func rightReceivers() map[string]rightReceiver {
	return map[string]rightReceiver{
		"without a secret": {skips: 3},
		"with a secret":    {secret: hookSecret},
		"that acts later":  {secret: hookSecret, late: "60ms"},
		"without a probe":  {secret: hookSecret, change: func(r *webhook.Config) { r.Probe = webhook.Probe{} }, skips: 8},
		"by a command": {secret: hookSecret, change: func(r *webhook.Config) {
			r.Probe = webhook.Probe{Command: "curl -s " + r.Probe.URL + " | tr -dc 0-9"}
		}},
	}
}

// undecided are the checks that found something, or could not be judged.
func undecided(run result.Run) []string {
	var all []string
	for _, clause := range run.Clauses {
		all = append(all, clientstest.Reasons(run, clause.ID)...)
	}
	return all
}
