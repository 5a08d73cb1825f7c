package spec_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

// TestControlPath: it is below what comes before the operation's last segment, and no method of the document has it.
func TestControlPath(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		c, err := spec.Load(t.Context(), e)
		require.NoError(t, err)
		find := c.Router()
		for _, op := range c.Operations() {
			path := c.ControlPath(op, "unknown")
			assert.True(t, strings.HasPrefix(path, op.Path[:strings.LastIndex(op.Path, "/")+1]), "%s: %s", op.Path, path)
			assert.Contains(t, path, "unknown")
			sent := strings.NewReplacer("{", "", "}", "").Replace(path)
			for _, method := range []string{"GET", "PUT", "POST", "PATCH", "DELETE"} {
				assert.Nil(t, find(httptest.NewRequest(method, sent, nil)), "%s %s", method, path)
			}
		}
	}
	c, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	for id, want := range map[string]string{
		"createBot": "/x", "getBotsStatus": "/bots/x", "getMeeting": "/meetings/{meeting_id}/x/x",
		"configureBot": "/bots/{platform}/{native_meeting_id}/x", "deleteRecording": "/recordings/{recording_id}/x",
	} {
		op, _ := c.Operation(id)
		assert.Equal(t, want, c.ControlPath(op, "x"), id)
	}
	op, _ := c.Operation("createInvocation")
	assert.Equal(t, "/agent/x", c.ControlPath(op.At("/agent/invocations"), "x"))
}
