package deployment

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/runner/transport/transporttest"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// before is a deployment that answers from the memory of the test, as a check with these operations sees it.
func before(t *testing.T, answer func(*http.Request) (int, string), operations ...string) *target {
	t.Helper()
	c := Config{
		Selection: plan.Selection{Contract: referencetest.Contract(t, spec.V012)},
		Options:   transport.Options{Target: transport.Target{BaseURL: "http://target"}, Timeout: time.Second, Version: "test"},
		Tenants:   fixtures.NewTenants(1, "", fixtures.Keys{All: "a-key"}), Patience: time.Second, Seed: 1,
	}
	c.Wrap = transporttest.Wrap(func(r *http.Request) transporttest.Reply { return transporttest.JSON(answer(r)) })
	s := newSession(c)
	require.NoError(t, c.Tenants.Make(t.Context(), func(context.Context, spec.Call, string) (spec.Response, error) {
		return spec.Response{Status: 200}, nil // the key is good
	}))
	return &target{session: s, check: suites.Check{ID: "auth/a", Operations: operations}, kit: fixtures.NewKit(1, "a", nil)}
}

// TestUndo: what was called off is not sent, and everything else is, the last first.
func TestUndo(t *testing.T) {
	t.Parallel()
	var asked []string
	d := before(t, func(r *http.Request) (int, string) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		return map[bool]int{true: 500, false: 204}[strings.HasSuffix(r.URL.Path, "/1")], `{}`
	})
	stop := func(id string) spec.Call {
		return spec.Call{Operation: "deletePlan", Caller: spec.Owner, Path: map[string]string{"meeting_id": id}}
	}
	d.Undo(stop("1"))
	forget := d.Undo(stop("2"))
	d.Undo(stop("3"))
	forget()
	d.cleanUp(t.Context())
	assert.Equal(t, []string{"DELETE /meetings/3", "DELETE /meetings/1"}, asked)
	other := before(t, func(*http.Request) (int, string) { return 500, `{}` })
	other.session, other.check.ID = d.session, "area/other"
	other.Undo(stop("1"))
	other.cleanUp(t.Context())
	notes := d.session.notes.All()
	require.Len(t, notes, 1, "the same failure of two checks is one note: %v", notes)
	assert.Contains(t, notes[0], "area/other could not clean up with DELETE /meetings/{meeting_id}: it was answered 500")
}

// TestImplemented: a route is there if it is answered otherwise than an unknown path under the same prefix, with a key
// or without.
func TestImplemented(t *testing.T) {
	t.Parallel()
	nothing := func(*http.Request) (int, string) { return 404, `{"detail":"Not Found"}` }
	at := func(r *http.Request) bool { return r.URL.Path == "/agent/workspace/file" }
	choose := func(yes bool, one, other int) int {
		if yes {
			return one
		}
		return other
	}
	keyed := func(r *http.Request) bool { return r.Header.Get("X-Api-Key") != "" }
	requests := 0
	for name, row := range map[string]struct {
		answer  func(*http.Request) (int, string)
		missing bool
	}{
		"nothing is there": {nothing, true},
		"refused": {func(r *http.Request) (int, string) {
			return choose(at(r), 401, 404), `{"detail":"No"}`
		}, false},
		"with a reason": {func(r *http.Request) (int, string) {
			return 404, map[bool]string{true: `{"detail":"None"}`, false: `{"detail":"Not Found"}`}[at(r)]
		}, false},
		"only with a key": {func(r *http.Request) (int, string) {
			return choose(at(r) && keyed(r), 403, 404), `{}`
		}, false},
		"accepted":           {func(*http.Request) (int, string) { return 200, `{}` }, false},
		"no method of it":    {func(r *http.Request) (int, string) { return choose(at(r), 405, 404), `{}` }, true},
		"everything refused": {func(*http.Request) (int, string) { return 401, `{"detail":"No"}` }, false},
		"below a catch-all": {func(r *http.Request) (int, string) {
			below := strings.HasPrefix(r.URL.Path, "/agent/") && !keyed(r)
			return choose(below, 401, 404), `{"detail":"Not Found"}`
		}, true},
		"below a catch-all, and there": {func(r *http.Request) (int, string) {
			switch {
			case !keyed(r):
				return 401, `{"detail":"Missing API key"}`
			case at(r):
				return 404, `{"detail":"not found"}`
			default:
				return 404, `{"detail":"Not Found"}`
			}
		}, false},
		"absent in the words of an unknown path": {func(r *http.Request) (int, string) {
			switch {
			case !keyed(r):
				return 401, `{"detail":"Missing API key"}`
			case at(r) && r.URL.RawQuery == "":
				return 422, `{"detail":[]}`
			default:
				return 404, `{"detail":"Not Found"}`
			}
		}, false},
		"a request id in the body": {func(*http.Request) (int, string) {
			requests++
			return 404, fmt.Sprintf(`{"detail":"Not Found","request_id":%d}`, requests)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := before(t, row.answer)
			r := record.NewRecorder(t.Context())
			var there bool
			r.Watch(func() { _, there = d.Implemented(r, "getWorkspaceFile") })
			assert.Equal(t, result.Pass, r.Verdict(), r.Reason())
			assert.Equal(t, row.missing, !there)
		})
	}
}

// TestClaimed: each operation of a check is looked for, whatever comes before it.
func TestClaimed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		has        []string
		operations []string
		verdict    result.Verdict
	}{
		"needs nothing":           {nil, []string{"getMe"}, result.Pass},
		"needs what is not there": {nil, []string{"getMe", "listRecordings"}, result.Skip},
		"needs what is claimed":   {[]string{"recordings"}, []string{"getMe", "listRecordings"}, result.Fail},
		"another is claimed":      {[]string{"agent"}, []string{"listRecordings"}, result.Skip},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := before(t, func(*http.Request) (int, string) { return 404, `{"detail":"Not Found"}` }, row.operations...)
			d.session.config.Has = row.has
			r := record.NewRecorder(t.Context())
			r.Watch(func() { d.claimed(r) })
			assert.Equal(t, row.verdict, r.Verdict(), r.Reason())
		})
	}
}

// TestABurstAfterA5xx: what a gateway loses of a burst after a 5xx is not judged, and one that no 5xx explains is.
func TestABurstAfterA5xx(t *testing.T) {
	t.Parallel()
	for crashes, judged := range map[int]int{0: 2, 1: 1} {
		crashed := 0
		d := before(t, func(*http.Request) (int, string) {
			if crashed < crashes {
				crashed++
				return 500, `{}`
			}
			return 502, `{"detail": "upstream unreachable"}`
		})
		for range crashes {
			_, err := ask(t, d.session, spec.Call{Operation: "getMe", Caller: spec.Owner, Unretried: true})
			require.NoError(t, err)
		}
		answers := d.Burst(record.NewRecorder(t.Context()), []spec.Call{
			{Operation: "getMe", Caller: spec.Owner}, {Operation: "getMe", Caller: spec.Owner},
		})
		assert.Len(t, answers, 2)
		gateways := slices.DeleteFunc(d.session.record.Observations(), func(o suites.Observation) bool { return o.Response.Status != 502 })
		assert.Len(t, gateways, judged, "after %d", crashes)
	}
}
