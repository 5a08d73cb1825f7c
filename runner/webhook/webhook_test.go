package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/clients/clientstest"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/webhook"
	"vexa-conformance/spec"
)

// TestReceiverOfAnotherMake: Python's own server, with a finer idea of what a repeat is and a queue for what it does.
func TestReceiverOfAnotherMake(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("there is no python3: %v", err)
	}
	r := patient(receive(t, hookSecret, python, "../../fixtures/clients/receiver.py"), hookSecret)
	run := judgeWebhook(t, r)
	assert.Equal(t, result.ExitKept, run.ExitCode, undecided(run))
	assert.Zero(t, run.Summary.Checks[result.Skip])
}

// TestReceiverThatDoesNothing, as far as its probe tells, is neither right nor wrong.
func TestReceiverThatDoesNothing(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	r := patient(receive(t, "", clientstest.Build(t, "receiver"), "-fault", "never-acts"), "")
	run := judgeWebhook(t, r, "handler.dedupes")
	assert.Equal(t, result.ExitInconclusive, run.ExitCode)
	assert.Equal(t, 8, run.Summary.Checks[result.Blocked])
	assert.Contains(t, run.Checks[0].Reason, "did not act on first deliveries of flat/meeting.status_change and flat/recording.completed and wrapped/meeting.completed")
	assert.Contains(t, run.Checks[0].Reason, "was 0 before them and is 0")
}

// hook serves a receiver of the test's own, with what the probe says of it.
func hook(t *testing.T, take http.HandlerFunc, probe func() string) webhook.Config {
	t.Helper()
	routes := http.NewServeMux()
	routes.HandleFunc("POST /hook", take)
	routes.HandleFunc("GET /effects", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, probe()) })
	s := httptest.NewServer(routes)
	t.Cleanup(s.Close)
	return patient(receiving{URL: s.URL + "/hook", Effects: s.URL + "/effects"}, "")
}

// TestReceiverThatActsOnSome events only is judged by those.
func TestReceiverThatActsOnSome(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	r := hook(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what did not come whole is no event
		if text := string(body); strings.Contains(text, `"recording.completed"`) && !strings.Contains(text, `"data":{"`) {
			mu.Lock()
			defer mu.Unlock()
			seen[text] = true
		}
	}, func() string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprint(len(seen))
	})
	run := judgeWebhook(t, r, "handler.dedupes")
	assert.Equal(t, result.ExitKept, run.ExitCode, undecided(run))
	for _, check := range run.Checks {
		if strings.HasSuffix(check.ID, "acts-once/flat/meeting.status_change") {
			assert.Equal(t, "the receiver does not act on flat/meeting.status_change, by its effects: it acts on flat/recording.completed", check.Reason)
		}
	}
	assert.Equal(t, 5, run.Summary.Checks[result.Skip], "of the other two kinds, out-of-order, retold, and by type")
}

// TestProbeThatCountsSomethingElse is reported, and breaks nothing.
func TestProbeThatCountsSomethingElse(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	var n atomic.Int64
	acks := func(http.ResponseWriter, *http.Request) {}
	run := judgeWebhook(t, hook(t, acks, func() string { return fmt.Sprint(n.Add(1)) }), "handler/dedupes/acts-once/retold")
	assert.Equal(t, result.Blocked, run.Checks[0].Verdict)
	assert.Contains(t, run.Checks[0].Reason, "does not come to rest while nothing is delivered")
	n.Store(0)
	run = judgeWebhook(t, hook(t, acks, func() string {
		if n.Add(1) > 1 { // the first time it is asked whether there is a probe at all
			return "broken"
		}
		return "3"
	}), "handler/dedupes/acts-once/retold")
	assert.Equal(t, result.Blocked, run.Checks[0].Verdict)
	assert.Contains(t, run.Checks[0].Reason, "it is to answer 200 with a number")
}

// TestWhatAProbeSays is read as a number or a member; anything else is an error before a delivery is made.
func TestWhatAProbeSays(t *testing.T) {
	t.Parallel()
	for said, ok := range map[string]bool{
		"3": true, " 3\n": true, `{"count": 3}`: true, `{"count": 0, "more": []}`: true,
		"": false, "three": false, "-1": false, "3.5": false, `{"count": null}`: false, `{"n": 3}`: false, `[3]`: false, `{"count": "x"}`: false, "<h1>3</h1>": false,
	} {
		var delivered atomic.Int64
		r := hook(t, func(http.ResponseWriter, *http.Request) { delivered.Add(1) }, func() string { return said })
		for _, probe := range []webhook.Probe{r.Probe, {Command: "printf %s '" + said + "'"}} {
			r.Probe = probe
			delivered.Store(0)
			run, err := webhook.Run(t.Context(), webhookConfig(t, r, "handler/acks-fast/plain"))
			if ok {
				require.NoError(t, err, said)
				assert.Equal(t, result.ExitKept, run.ExitCode)
				continue
			}
			require.ErrorIs(t, err, webhook.ErrProbe, said)
			assert.Zero(t, delivered.Load())
		}
	}
}

// TestMisdirected: who answers that there is nothing here, or who asks for another secret, is not called broken.
func TestMisdirected(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed} {
		r := hook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }, func() string { return "0" })
		run := judgeWebhook(t, r)
		assert.Equal(t, result.ExitInconclusive, run.ExitCode)
		assert.Contains(t, fmt.Sprint(undecided(run)), "is this its URL, and does it want a secret (VEXA_WEBHOOK_SECRET)?")
	}
}

// TestRedirectIsNoAcknowledgement, and is not followed.
func TestRedirectIsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	r := hook(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/effects", http.StatusFound) }, func() string { return "0" })
	run := judgeWebhook(t, r, "handler/acks-fast/plain")
	assert.Equal(t, result.ExitBroken, run.ExitCode)
	assert.Contains(t, run.Checks[0].Actual, "302")
}

// TestUnreachableReceiver is an error, whatever keeps it from being reached.
func TestUnreachableReceiver(t *testing.T) {
	t.Parallel()
	const gone = "http://127.0.0.1:1" // a port that no test is given
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for _, url := range []string{gone, strings.Replace(plain.URL, "http:", "https:", 1), "http://receiver.invalid/hook"} {
		_, err := webhook.Run(t.Context(), webhookConfig(t, receiverAt(url, time.Second)))
		assert.ErrorIs(t, err, transport.ErrUnreachable, url)
	}
}

// TestRepeatsAreSignedLater: a first delivery is dated back, so that its repeat is signed with a later second and not in the future.
func TestRepeatsAreSignedLater(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	dated, effects := map[string][]int64{}, 0
	r := hook(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		at, wrong := strconv.ParseInt(r.Header.Get("X-Webhook-Timestamp"), 10, 64)
		if !assert.NoError(t, errors.Join(err, wrong)) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		assert.LessOrEqual(t, at, time.Now().Unix())
		if dated[string(body)] = append(dated[string(body)], at); len(dated[string(body)]) == 1 {
			assert.LessOrEqual(t, at, time.Now().Unix()-1, "the first")
			effects++
		}
	}, func() string {
		mu.Lock()
		defer mu.Unlock()
		return strconv.Itoa(effects)
	})
	r.Secret = hookSecret
	run := judgeWebhook(t, r, "handler/dedupes/acts-once/flat/meeting.status_change")
	assert.Equal(t, result.Pass, run.Checks[0].Verdict, run.Checks[0].Reason)
	repeated := 0
	for _, times := range dated {
		for i := 1; i < len(times); i++ {
			assert.Greater(t, times[i], times[i-1])
			repeated++
		}
	}
	assert.Positive(t, repeated)
}

// TestAReceiverOfDeliveriesAlone is there, although it resets the connection of whatever else it is asked.
func TestAReceiverOfDeliveriesAlone(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			_ = conn.(*net.TCPConn).SetLinger(0) // closing resets
			_ = conn.Close()                     // as above
		}
	}))
	t.Cleanup(s.Close)
	run := judgeWebhook(t, receiverAt(s.URL, 5*time.Second), "handler/acks-fast/plain")
	assert.Equal(t, result.Pass, run.Checks[0].Verdict, run.Checks[0].Reason)
}

// TestWebhookInterrupted says what was judged by then.
func TestWebhookInterrupted(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r := hook(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does net/http notice that the sender has left
		stop()
		<-r.Context().Done()
	}, func() string { return "0" })
	run, err := webhook.Run(ctx, webhookConfig(t, r))
	require.NoError(t, err)
	assert.Equal(t, result.ExitInterrupted, run.ExitCode)
	assert.Zero(t, run.Summary.Checks[result.Fail])
}

// TestCurlOfADelivery signs it anew, in sh and in bash, so that a receiver takes it that looks at the signature alone.
func TestCurlOfADelivery(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, tool := range []string{"curl", "openssl", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s: %v", tool, err)
		}
	}
	at := receive(t, hookSecret, clientstest.Build(t, "receiver"))
	run := judgeWebhook(t, patient(at, hookSecret), "handler/acks-fast/extra-fields", "handler/acks-fast/wrongly-signed")
	for _, check := range run.Checks {
		last := check.Exchanges[len(check.Exchanges)-1]
		assert.NotContains(t, last.Curl, hookSecret)
		for _, shell := range []string{"sh", "bash"} {
			cmd := exec.CommandContext(t.Context(), shell, "-c", last.Curl)
			cmd.Env = append(cmd.Environ(), "VEXA_WEBHOOK_SECRET="+hookSecret)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), fmt.Sprintf("HTTP/1.1 %d ", last.Response.Status), last.Curl)
		}
	}
}

// webhookConfig completes the configuration of a receiver.
func webhookConfig(t *testing.T, c webhook.Config, only ...string) webhook.Config {
	t.Helper()
	c.Contract, c.Only, c.Timeout, c.Version = referencetest.Contract(t, spec.V010), only, 20*time.Second, "test"
	c.Patience, c.Seed = 3*time.Second, newSeed()
	return c
}
