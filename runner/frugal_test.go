package runner_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/runner"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// TestFrugal counts what a run asks with the admin token, of which a deployment may allow 30 requests a minute: a dozen to make its
// users and keys and to take the keys back, and one for each admin promise that is judged by what the token opens.
func TestFrugal(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		edition spec.Edition
		allow   []spec.Effect
		only    []string
		setup   int64
		judging int64
	}{
		{spec.V010, spec.Effects()[:1], nil, 1, 0},
		{spec.V010, spec.Effects()[:2], nil, 10, 0},
		{spec.V010, spec.Effects()[:4], nil, 10, 0},
		{spec.V012, spec.Effects()[:1], nil, 1, 6},
		{spec.V012, spec.Effects()[:2], nil, 12, 4},
		{spec.V012, spec.Effects()[:4], nil, 12, 4},
		{spec.V012, spec.Effects()[:4], []string{"auth.missing-key"}, 12, 0},
	} {
		d := start(t, row.edition)
		var setup, judging atomic.Int64
		front := proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
			switch {
			case r.Header.Get("X-Admin-API-Key") != d.AdminToken:
			case strings.HasSuffix(r.UserAgent(), "(setup)"):
				setup.Add(1)
			default:
				judging.Add(1)
			}
			return false
		})
		c := config(t, contract(t, row.edition), front, d.AdminToken)
		c.Allow, c.Only = row.allow, row.only
		_, err := runner.Run(t.Context(), c, suites.All(c.Contract))
		require.NoError(t, err)
		assert.LessOrEqual(t, setup.Load(), row.setup, "%s %v", row.edition, row.allow)
		assert.LessOrEqual(t, judging.Load(), row.judging, "%s %v", row.edition, row.allow)
	}
}
