package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/spec"
)

// The tests of this file wait for minutes by a clock that only goes on while everybody waits (testing/synctest).

// TestSendWithRetry: what is throttled or lost is sent again, for as long as is promised, and what may have made something is not.
func TestSendWithRetry(t *testing.T) {
	t.Parallel()
	contract := referencetest.Contract(t, spec.V012)
	op, _ := contract.Operation("getMe")
	answer := func(method string, status int, err error) Exchange {
		req, reqErr := http.NewRequest(method, "http://target/", nil)
		require.NoError(t, reqErr)
		return Exchange{Operation: op, Request: req, Response: spec.Response{Status: status, Header: http.Header{}, Body: []byte(`{}`)}, Err: err}
	}
	throttled, refused, accepted := answer("GET", 429, nil), answer("GET", 404, nil), answer("GET", 200, nil)
	lost, reset := answer("GET", 0, io.ErrUnexpectedEOF), answer("GET", 0, fmt.Errorf("read: %w", syscall.ECONNRESET))
	for name, row := range map[string]struct {
		call   spec.Call
		sents  []Exchange // the last one again and again
		sends  int
		status int
		says   string
		within [2]time.Duration
	}{
		"answered":                {spec.Call{}, []Exchange{refused}, 1, 404, "", [2]time.Duration{}},
		"accepted":                {spec.Call{}, []Exchange{accepted}, 1, 200, "", [2]time.Duration{}},
		"throttled at first":      {spec.Call{}, []Exchange{throttled, throttled, refused}, 3, 404, "", [2]time.Duration{3 * leastShut, 3 * leastShut}},
		"throttled for ever":      {spec.Call{}, []Exchange{throttled}, 0, 429, "is still throttled after 2m30s", [2]time.Duration{throttlePatience, throttlePatience + longestShut}},
		"not to be sent again":    {spec.Call{Unretried: true}, []Exchange{throttled}, 1, 429, "", [2]time.Duration{}},
		"a reading, lost once":    {spec.Call{}, []Exchange{lost, refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a reading, reset twice":  {spec.Call{}, []Exchange{reset, reset, refused}, 3, 404, "", [2]time.Duration{0, 3 * firstBackoff}},
		"a reading, lost always":  {spec.Call{}, []Exchange{lost}, 1 + lostRetries, 0, "unexpected EOF", [2]time.Duration{0, 3 * firstBackoff}},
		"a broken pipe":           {spec.Call{}, []Exchange{answer("GET", 0, syscall.EPIPE), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a closed connection":     {spec.Call{}, []Exchange{answer("GET", 0, io.EOF), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a head cut short":        {spec.Call{}, []Exchange{answer("GET", 0, fmt.Errorf("broken: %w", textproto.ProtocolError("missing colon"))), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a status cut short":      {spec.Call{}, []Exchange{answer("GET", 0, errors.New(`malformed HTTP response "HTTP/1"`)), refused}, 2, 404, "", [2]time.Duration{0, firstBackoff}},
		"a writing, cut short":    {spec.Call{}, []Exchange{answer("POST", 0, textproto.ProtocolError("missing colon"))}, 1, 0, "missing colon", [2]time.Duration{}},
		"a writing, lost":         {spec.Call{}, []Exchange{answer("POST", 0, io.EOF)}, 1, 0, "EOF", [2]time.Duration{}},
		"refused connections":     {spec.Call{}, []Exchange{answer("GET", 0, syscall.ECONNREFUSED)}, 1, 0, "refused", [2]time.Duration{}},
		"a request that was none": {spec.Call{}, []Exchange{{Operation: op, Err: io.EOF}}, 1, 0, "EOF", [2]time.Duration{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &Transport{contract: contract, limits: newLimiter()}
				began, sends, seen := time.Now(), 0, 0
				o := Observer{Attempt: func(*Exchange) { seen++ }}
				last := transport.attempts(t.Context(), Request{Call: row.call, Credential: "key"}, o, func(Request) Exchange {
					sends++
					require.Less(t, sends, 1000, "it sends without an end")
					sent := row.sents[min(sends, len(row.sents))-1]
					sent.Call, sent.Started = row.call, time.Now()
					return sent
				})
				if row.says == "" {
					require.NoError(t, last.Err)
				} else {
					require.ErrorContains(t, last.Err, row.says)
				}
				assert.Equal(t, row.status, last.Response.Status)
				if row.sends > 0 {
					assert.Equal(t, row.sends, sends)
				}
				assert.Equal(t, sends, seen, "each is observed")
				assert.GreaterOrEqual(t, time.Since(began), row.within[0])
				assert.LessOrEqual(t, time.Since(began), row.within[1])
			})
		})
	}
	for name, sent := range map[string]Exchange{"throttled": throttled, "lost": lost} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("enough"))
		transport, seen := &Transport{contract: contract, limits: newLimiter()}, 0
		o := Observer{Attempt: func(*Exchange) { seen++ }}
		last := transport.attempts(ctx, Request{Credential: "key"}, o, func(Request) Exchange { return sent })
		require.Error(t, last.Err)
		assert.Equal(t, 1, seen, "%s: an interrupt ends the waiting", name)
	}
}
