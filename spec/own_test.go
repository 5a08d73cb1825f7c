package spec

import (
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatTheDocumentsDoNotHaveYet: a header that is promised without a form of its own, and a schema without a type.
func TestWhatTheDocumentsDoNotHaveYet(t *testing.T) {
	t.Parallel()
	located := Condition{Status: 201, Headers: []string{"Location"}}
	assert.True(t, located.fits(Response{Status: 201, Header: http.Header{"Location": {"/meetings/1"}}}))
	assert.False(t, located.fits(Response{Status: 201, Header: http.Header{"Location": {""}}}))
	assert.False(t, located.fits(Response{Status: 201}))
	assert.Equal(t, "string", typeOf(&openapi3.Schema{}))
	assert.Equal(t, "string", typeOf(&openapi3.Schema{Type: &openapi3.Types{}}))
	assert.Equal(t, "integer", typeOf(&openapi3.Schema{Type: &openapi3.Types{"integer", "null"}}))
}

// TestSecretMembersInAnyOrder: the responses of an operation come in another order each time.
func TestSecretMembersInAnyOrder(t *testing.T) {
	t.Parallel()
	c, err := Load(t.Context(), V012)
	require.NoError(t, err)
	op, _ := c.Operation("mintToken")
	for range 100 {
		require.Equal(t, []string{"token"}, secretMembers(op.op))
	}
}
