package record

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

func TestBodiesAreCut(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", MaxShown)
	assert.Equal(t, longest, Cut([]byte(longest)))
	assert.Equal(t, longest+fmt.Sprintf("… (%d bytes in all)", MaxShown+1), Cut([]byte(longest+"x")))
	assert.InDelta(t, 1.5, milliseconds(1500*time.Microsecond), 1e-9)
}

// TestWhatACheckShows: the first failure, the others in words, and of its exchanges which are evidence.
func TestWhatACheckShows(t *testing.T) {
	t.Parallel()
	contract, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	s := New(contract, spec.Server)
	me, _ := contract.Operation("getMe")
	for range 3 {
		s.Add(&transport.Exchange{Check: "auth/a", Operation: me, Response: spec.Response{Status: 200, Header: http.Header{}}})
	}
	s.Add(&transport.Exchange{Check: "auth/b", Operation: me, Err: errors.New("the connection was closed")})
	s.Complete(3, spec.StreamLog{
		Response: spec.Response{Status: http.StatusSwitchingProtocols}, Opened: 2 * time.Millisecond, First: 3 * time.Millisecond, Last: 5 * time.Millisecond, Quiet: time.Millisecond,
		Events: []spec.Event{{Name: "ping"}, {Name: "message"}}, Comments: 3, End: spec.Cut,
	}, time.Second)
	r := NewRecorder(t.Context())
	r.Broken(spec.Response{Seq: 2}, spec.Mismatch{Expected: "e", Actual: "a"})
	r.Broken(spec.Response{Seq: 4}, spec.Mismatch{Expected: "f", Actual: "b"})
	c := s.Check(plan.Planned{}, r, time.Now(), 0, redact.New(nil))
	assert.Equal(t, []string{"e", "a", "and 1 more: expected f, got b"}, []string{c.Expected, c.Actual, c.Reason})
	c = s.Check(plan.Planned{Check: suites.Check{ID: "auth/a"}}, r, time.Now(), 0, redact.New(nil))
	var evidence []bool
	for _, e := range c.Exchanges {
		evidence = append(evidence, e.Evidence)
	}
	assert.Equal(t, []bool{false, true, false, true}, evidence, "its own and the one of another that shows a failure")
	assert.Nil(t, c.Exchanges[0].Stream)
	assert.Equal(t, &result.Stream{OpenedMS: 2, FirstMS: 3, LastMS: 5, QuietMS: 1, Events: 1, KeepAlives: 4, End: "cut by the harness"}, c.Exchanges[2].Stream)
	assert.Equal(t, "the connection was closed", c.Exchanges[3].Error)
	assert.Nil(t, c.Exchanges[3].Response)
	r = NewRecorder(t.Context())
	r.Broken(spec.Response{}, spec.Mismatch{Expected: "e", Actual: "a"})
	assert.Empty(t, s.Check(plan.Planned{}, r, time.Now(), 0, redact.New(nil)).Reason, "there is no more")
}
