package deployment_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// people send bots to meetings of their own, and take them out again, all the while until the test ends or leave is called. It
// returns how many bots they had.
func people(t *testing.T, base, key, name string) (leave func() int64) {
	t.Helper()
	quit, gone := make(chan struct{}), make(chan struct{})
	var bots atomic.Int64
	go func() {
		defer close(gone)
		for n := 0; ; n++ {
			address := fmt.Sprintf("%c%c%c-%s-bot", 'a'+n/26/26%26, 'a'+n/26%26, 'a'+n%26, name)
			body := fmt.Sprintf(`{"platform":"google_meet","native_meeting_id":%q,"bot_name":"Notes"}`, address)
			for _, one := range []struct{ method, path string }{{http.MethodPost, "/bots"}, {http.MethodDelete, "/bots/google_meet/" + address}} {
				req, err := http.NewRequest(one.method, base+one.path, strings.NewReader(body))
				if err != nil {
					return
				}
				req.Header.Set("X-API-Key", key)
				req.Header.Set("Content-Type", "application/json")
				if res, err := http.DefaultClient.Do(req); err == nil {
					_ = res.Body.Close() // what they are answered is nobody's business
					if res.StatusCode < 300 && one.method == http.MethodPost {
						bots.Add(1)
					}
				}
				select {
				case <-quit:
					return
				case <-time.After(25 * time.Millisecond): // below the limit of a key, and often during a run
				}
			}
		}
	}()
	leave = sync.OnceValue(func() int64 {
		close(quit)
		<-gone
		return bots.Load()
	})
	t.Cleanup(func() { leave() })
	return leave
}

// TestUsersThatPeopleLiveOn: with keys that were given, others act in the users' names meanwhile. No promise looks broken for that,
// and one that is broken does all the same.
func TestUsersThatPeopleLiveOn(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		for fault, breaks := range map[string]string{"": "", "listMeetings/again/counts": "retry.get"} {
			if _, promised := referencetest.Contract(t, edition).Clause(breaks); !promised && breaks != "" {
				continue
			}
			t.Run(string(edition)+" "+fault, func(t *testing.T) {
				t.Parallel()
				o := reference.Options{Edition: string(edition)}
				for _, f := range wire.Faults(referencetest.Contract(t, edition)) {
					if f.Name == fault {
						o.Middleware = f.Middleware()
					}
				}
				require.Equal(t, fault != "", o.Middleware != nil)
				d := referencetest.Start(t, o)
				c := config(t, referencetest.Contract(t, edition), d.BaseURL, "")
				c.Tenants = fixtures.NewTenants(1, "", fixtures.Keys{All: d.Keys.All, Bot: d.Keys.Bot, Tx: d.Keys.Tx, Browser: d.Keys.Browser, Other: d.Keys.Other})
				owners, others := people(t, d.BaseURL, d.Keys.All, "mine"), people(t, d.BaseURL, d.Keys.Other, "hers")
				run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
				require.NoError(t, err)
				assert.Positive(t, owners())
				assert.Positive(t, others())
				broken := ""
				for _, clause := range run.Clauses {
					if clause.Verdict == result.Fail {
						broken += clause.ID
					}
				}
				assert.Equal(t, breaks, broken)
				for _, check := range run.Checks {
					if check.Verdict == result.Fail && breaks == "" {
						t.Logf("%s: expected %s, got %s", check.ID, check.Expected, check.Actual)
					}
				}
			})
		}
	}
}

// TestAUserWithManyMeetings: what was made a moment ago is found on the first page, as most deployments list it, without reading all.
func TestAUserWithManyMeetings(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		t.Run(string(edition), func(t *testing.T) {
			t.Parallel()
			o := reference.Options{Edition: string(edition)}
			for n := range 3 * fixtures.PageSize {
				o.Finished = append(o.Finished, [2]string{"zoom", fmt.Sprint(2000000000 + n)})
			}
			d := referencetest.Start(t, o)
			var first, further atomic.Int64
			proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.URL.Path != "/meetings":
				case r.URL.Query().Get("offset") == "0":
					first.Add(1)
				default:
					further.Add(1)
				}
				return false
			})
			c := config(t, referencetest.Contract(t, edition), proxied, "")
			c.Tenants = fixtures.NewTenants(1, "", fixtures.Keys{All: d.Keys.All, Other: d.Keys.Other})
			c.Only = []string{"bots/*", "tenancy/bot", "tenancy/finished-meeting"}
			if edition == spec.V010 {
				c.Only = append(c.Only, "meetings/exists-after-create")
			}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			assert.Equal(t, result.ExitKept, run.ExitCode)
			assert.Positive(t, first.Load())
			assert.Zero(t, further.Load(), "pages that nobody needs")
		})
	}
}
