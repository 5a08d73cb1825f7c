package deployment_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/suites"
)

// padded answers GET /auth/me with so many spaces behind its JSON, and, if a status is given, refusals with that.
func padded(spaces, refusal int) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/auth/me" {
				w = &padding{w, spaces, refusal}
			}
			next.ServeHTTP(w, r)
		})
	}
}

type padding struct {
	http.ResponseWriter
	spaces, refusal int
}

func (p *padding) WriteHeader(status int) {
	if status >= 400 && p.refusal > 0 {
		status = p.refusal
	}
	p.Header().Del("Content-Length")
	p.ResponseWriter.WriteHeader(status)
}

func (p *padding) Write(text []byte) (int, error) {
	_, err := p.ResponseWriter.Write(append(bytes.Clone(text), bytes.Repeat([]byte(" "), p.spaces)...))
	return len(text), err
}

// TestLargeBodies: of a body above --max-body the first part is read, so that a check which needs no more has its verdict, and one
// that needs the rest says why it has none. Nobody is accused of what was not read.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	const bound, reason = 64 << 10, "the body is larger than 64 KiB (--max-body)"
	for name, row := range map[string]struct {
		spaces, refusal int
		verdicts        map[string]result.Verdict
	}{
		"below the bound": {bound / 2, 0, map[string]result.Verdict{"retry/get/getMe": result.Pass, "auth/missing-key/getMe": result.Pass}},
		"above it": {2 * bound, 0, map[string]result.Verdict{
			"retry/get/getMe": result.Blocked, "auth/missing-key/getMe": result.Blocked, "envelope/every-answer/detail": result.Pass,
			"envelope/every-answer/documented-status": result.Pass,
		}},
		"above it, and wrong": {2 * bound, 418, map[string]result.Verdict{
			"retry/get/getMe": result.Blocked, "auth/missing-key/getMe": result.Fail, "envelope/every-answer/detail": result.Pass,
			"envelope/every-answer/documented-status": result.Pass, // the 418 is accused already
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := referencetest.Start(t, reference.Options{Edition: "v0.10", Middleware: padded(row.spaces, row.refusal)})
			c := config(t, referencetest.Contract(t, "v0.10"), d.BaseURL, d.AdminToken)
			c.MaxBody = bound
			for id := range row.verdicts {
				c.Only = append(c.Only, id)
			}
			run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
			require.NoError(t, err)
			for _, check := range run.Checks {
				assert.Equal(t, row.verdicts[check.ID], check.Verdict, "%s: %s %s", check.ID, check.Reason, check.Actual)
				if check.Verdict == result.Blocked {
					assert.Contains(t, check.Reason, reason)
				}
				for _, e := range check.Exchanges {
					assert.Equal(t, e.Operation == "getMe" && !e.Nowhere && row.spaces > bound, e.Response.Truncated, "%s of %s", e.Operation, check.ID)
				}
			}
		})
	}
}
