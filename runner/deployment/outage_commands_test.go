package deployment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/spec"
)

// TestRoutesOfAnOutage are those that the operator names, or the keyed ones that only read and need nothing.
func TestRoutesOfAnOutage(t *testing.T) {
	t.Parallel()
	c := referencetest.Contract(t, spec.V012)
	named, err := (&Outage{Routes: []string{"GET /bots/status", "getMe"}}).routes(c)
	require.NoError(t, err)
	assert.Equal(t, []string{"getBotsStatus", "getMe"}, named)
	_, err = (&Outage{Routes: []string{"getMe", "POST /bots/status"}}).routes(c)
	require.ErrorContains(t, err, `has no operation "POST /bots/status"`)
	first := c.Operations()[0].ID
	named, err = (&Outage{Routes: []string{first}}).routes(c)
	require.NoError(t, err)
	assert.Equal(t, []string{first}, named)
	ids, err := (&Outage{}).routes(c)
	require.NoError(t, err)
	want := map[string]bool{}
	for _, id := range ids {
		want[id] = true
	}
	for _, op := range c.Operations() {
		plain := op.Method == "GET" && op.Guard == spec.KeyGuard && !op.Socket && !op.Stream && len(op.Params) == 0
		assert.Equal(t, plain, want[op.ID], op.ID)
	}
	assert.EqualError(t, execute(t.Context(), "false"), `run "false": exit status 1`)
}

// TestWhatAnOutageNeeds: both commands or none, and routes of the edition that go with them.
func TestWhatAnOutageNeeds(t *testing.T) {
	t.Parallel()
	c := referencetest.Contract(t, spec.V012)
	for _, row := range []struct {
		outage Outage
		says   string
	}{
		{Outage{}, ""},
		{Outage{Down: "down", Up: "up"}, ""},
		{Outage{Down: "down", Up: "up", Routes: []string{"getMe"}}, ""},
		{Outage{Down: "down"}, "outage: give both"},
		{Outage{Up: "up"}, "outage: give both"},
		{Outage{Routes: []string{"getMe"}}, "outage: routes go with the commands"},
		{Outage{Down: "down", Up: "up", Routes: []string{"getMee"}}, `has no operation "getMee"`},
	} {
		if err := row.outage.Check(c); row.says == "" {
			assert.NoError(t, err, "%+v", row.outage)
		} else {
			assert.ErrorContains(t, err, row.says, "%+v", row.outage)
		}
	}
}
