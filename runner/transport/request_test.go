package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/transport/transporttest"
	"vexa-conformance/spec"
)

// TestRequests: where a call goes, what it carries, and under which type.
func TestRequests(t *testing.T) {
	t.Parallel()
	contract := referencetest.Contract(t, spec.V012)
	transport := New(contract, Options{
		Target: Target{BaseURL: "http://target/base/", AdminURL: "http://admin"}, Version: "v1 (abcdef, 2026-01-01)",
	})
	for name, row := range map[string]struct {
		call spec.Call
		url  string
		kind string
	}{
		"as documented":      {spec.Call{Operation: "getMe"}, "http://target/base/auth/me", ""},
		"on its surface":     {spec.Call{Operation: "createUser", Body: []byte(`{}`)}, "http://admin/admin/users", "application/json"},
		"on another surface": {spec.Call{Operation: "getMe", At: spec.AdminSurface}, "http://admin/auth/me", ""},
		"elsewhere":          {spec.Call{Operation: "getMe", RawPath: "/nowhere"}, "http://target/base/nowhere", ""},
		"a query":            {spec.Call{Operation: "listMeetings", Query: url.Values{"limit": {"1 2"}}}, "http://target/base/meetings?limit=1+2", ""},
		"a raw query":        {spec.Call{Operation: "listMeetings", RawQuery: "limit=%zz"}, "http://target/base/meetings?limit=%zz", ""},
		"both":               {spec.Call{Operation: "listMeetings", Query: url.Values{"a": {"1"}}, RawQuery: "b"}, "http://target/base/meetings?a=1&b", ""},
		"a type of its own":  {spec.Call{Operation: "createBot", Body: []byte(`x`), ContentType: "text/plain"}, "http://target/base/bots", "text/plain"},
		"an empty body":      {spec.Call{Operation: "createBot", Body: []byte{}}, "http://target/base/bots", "application/json"},
		"no body":            {spec.Call{Operation: "createBot"}, "http://target/base/bots", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.call.Header, row.call.Fuzz = http.Header{"X-Other": {"1"}}, true // whether the document allows it is of no interest here
			s := transport.prepare(Request{Call: row.call, Check: "auth/a", Credential: "a-key"})
			require.NoError(t, s.Err)
			assert.Equal(t, row.url, s.Request.URL.String())
			assert.Equal(t, row.kind, s.Request.Header.Get("Content-Type"))
			assert.Equal(t, "vexa-conformance/v1 (auth/a)", s.Request.UserAgent())
			assert.Equal(t, "1", s.Request.Header.Get("X-Other"))
			assert.Equal(t, "a-key", s.Request.Header.Get(contract.CredentialHeader(s.Operation.Guard)))
		})
	}
	s := transport.prepare(Request{Call: spec.Call{Operation: "getMe"}, Credential: "a-key", Anonymous: true})
	assert.NotContains(t, fmt.Sprint(s.Request.Header), "a-key", "a credential that is not to be sent")
	for _, bad := range []spec.Call{{Operation: "getMeeting", Fuzz: true}, {Operation: "getMe", RawPath: "/%zz", Fuzz: true}} {
		r := Request{Call: bad, Anonymous: true}
		s := transport.prepare(r)
		assert.Error(t, s.Err)
		assert.Error(t, transport.Send(t.Context(), r).Err)
		_, body := transport.Stream(t.Context(), r, Observer{})
		assert.Nil(t, body)
		_, conn := transport.Dial(t.Context(), r, Observer{})
		assert.Nil(t, conn)
	}
	assert.Panics(t, func() { transport.prepare(Request{Call: spec.Call{Operation: "noSuch"}}) })
}

func TestPace(t *testing.T) {
	t.Parallel()
	contract := referencetest.Contract(t, spec.V010)
	assert.Nil(t, New(contract, Options{}).pace, "nobody asks for one")
	assert.InDelta(t, 2, float64(New(contract, Options{Rate: 2}).pace.Limit()), 1e-9)
}

// TestAnswers are read up to the bound; of a stream only the head, where no more is wanted.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const bound = 1 << 10
	for name, row := range map[string]struct {
		size     int
		kind     string
		headOnly bool
		kept     int
		cut      bool
	}{
		"the longest":           {bound, "application/json", false, bound, false},
		"one byte more":         {bound + 1, "application/json", false, bound, true},
		"the head of a stream":  {9, "text/event-stream", true, 0, false},
		"a stream, whole":       {9, "text/event-stream", false, 9, false},
		"no stream, head alone": {9, "application/json", true, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrap := transporttest.Wrap(func(*http.Request) transporttest.Reply {
				return transporttest.Reply{Status: 200, Header: http.Header{"Content-Type": {row.kind}}, Body: strings.Repeat("x", row.size)}
			})
			o := Options{Target: Target{BaseURL: "http://target"}, Timeout: time.Second, MaxBody: bound, Wrap: wrap}
			sent := New(referencetest.Contract(t, spec.V010), o).Send(t.Context(), Request{Call: spec.Call{Operation: "getMe", HeadOnly: row.headOnly}, Anonymous: true})
			assert.Len(t, sent.Response.Body, row.kept)
			assert.Equal(t, row.cut, sent.Response.Truncated)
			assert.NoError(t, sent.Err, "what came is judged as far as it goes")
			assert.Equal(t, sent.Took, sent.Response.Elapsed)
		})
	}
}

type slow struct{ error }

func (slow) Timeout() bool { return true }

func TestExplain(t *testing.T) {
	t.Parallel()
	transport := New(referencetest.Contract(t, spec.V010), Options{Timeout: 3 * time.Second})
	req, err := http.NewRequest(http.MethodGet, "http://user:word@target/x", nil)
	require.NoError(t, err)
	for says, err := range map[string]error{
		"interrupted":                context.Canceled,
		"within 3s (--timeout)":      &url.Error{Err: context.DeadlineExceeded},
		"no whole answer within":     slow{errors.New("slow")},
		"closed before a whole":      io.EOF,
		"before a whole answer":      fmt.Errorf("x: %w", io.ErrUnexpectedEOF),
		"GET http://user:xxxxx@targ": errors.New("refused"),
	} {
		explained := transport.explain(req, err)
		assert.ErrorContains(t, explained, says)
		assert.NotContains(t, explained.Error(), "word")
	}
	assert.False(t, isTimeout(&url.Error{Err: errors.New("refused")}), "what knows of time-outs and is none")
}
