package deployment

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestReachable: a receiver on loopback is found by a target that is there too.
func TestReachable(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"http://localhost:18056": true, "http://127.0.0.1:1": true, "http://127.9.9.9": true, "http://[::1]:80": true,
		"http://vexa.example": false, "http://10.0.0.1": false, "http://%zz": false, "": false,
	} {
		assert.Equal(t, want, reachable(Config{Options: transport.Options{Target: transport.Target{BaseURL: base}}}), base)
		assert.True(t, reachable(Config{Options: transport.Options{Target: transport.Target{BaseURL: base}}, WebhookListen: ":9"}), base)
	}
}

// TestDeliveries: each is acknowledged and kept, but for the first with a text that is to be refused; a check sees those with its
// text, and has them in its record once.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	r := &receiver{url: "http://outside/hook"}
	w := webhooks{r, &target{session: &Session{record: record.New(referencetest.Contract(t, spec.V012), spec.Server)}, check: suites.Check{ID: "webhook/a"}}}
	w.Refuse("meeting-1")
	deliver := func(body string) int {
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body)))
		return answer.Code
	}
	var statuses []int
	for _, body := range []string{"meeting-2", "meeting-1", "meeting-1"} {
		statuses = append(statuses, deliver(body))
	}
	assert.Equal(t, []int{200, 503, 200}, statuses)
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/x", iotest.ErrReader(errors.New("cut short"))))
	assert.Len(t, r.came, 3)
	for range 2 {
		found := w.Received("meeting-1")
		require.Len(t, found, 2)
		assert.Equal(t, []bool{true, false}, []bool{found[0].Refused, found[1].Refused})
		assert.Equal(t, []int{1, 2}, []int{found[0].Seq, found[1].Seq})
	}
	shown := w.deployment.session.record.Check(plan.Planned{Check: suites.Check{ID: "webhook/a"}}, record.NewRecorder(t.Context()), time.Now(), 0, redact.New(nil))
	assert.Len(t, shown.Exchanges, 2)
	assert.Equal(t, "http://outside/x", r.came[0].exchange.Request.URL.String())
	asked := &url.URL{Path: "/y"}
	assert.Equal(t, asked, (&receiver{url: "%zz"}).deliveryURL(asked))
}

func TestWhereTheReceiverListens(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		c        Config
		url      string
		expected bool
	}{
		"by itself":      {Config{}, "http://127.0.0.1:", false},
		"where given":    {Config{WebhookListen: "127.0.0.1:0"}, "http://127.0.0.1:", true},
		"called another": {Config{WebhookListen: "127.0.0.1:0", WebhookURL: "http://outside/hook"}, "http://outside/hook", true},
	} {
		r, err := newReceiver(t.Context(), row.c)
		require.NoError(t, err)
		defer r.close()
		assert.True(t, strings.HasPrefix(r.url, row.url), name)
		assert.Equal(t, row.expected, r.expected, name)
		assert.Greater(t, len(r.secret), 20)
	}
}
