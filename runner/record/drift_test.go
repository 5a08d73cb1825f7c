package record

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// TestDriftIsCounted: how many answers had it.
func TestDriftIsCounted(t *testing.T) {
	t.Parallel()
	contract := referencetest.Contract(t, spec.V012)
	op, _ := contract.Operation("getMe")
	r := New(contract, spec.Server)
	for _, status := range []int{203, 203, 404} {
		r.Compare(transport.Exchange{Operation: op, Response: spec.Response{Status: status, Header: http.Header{}}})
	}
	r.Compare(transport.Exchange{Operation: op, Response: spec.Response{Status: 203}, Err: io.EOF})
	r.Compare(transport.Exchange{Operation: op, Response: spec.Response{Status: 203}, Call: spec.Call{HeadOnly: true}})
	drifts := r.Drift(redact.New(nil))
	require.Len(t, drifts, 1)
	assert.Equal(t, 2, drifts[0].Count)
}
