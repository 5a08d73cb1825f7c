package prove

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/wire"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// benches are the kinds of the reference with all their faults, and nothing judged.
func benches(t *testing.T) []*bench {
	t.Helper()
	var all []*bench
	for _, r := range spec.Revisions() {
		contract, err := spec.Load(t.Context(), r.Edition)
		require.NoError(t, err)
		for _, hosted := range []bool{false, true} {
			b := &bench{contract: contract, hosted: hosted}
			b.trials = append(b.writtenFaults(), b.legal()...)
			for _, f := range wire.Faults(contract) {
				b.trials = append(b.trials, b.generated(f))
			}
			all = append(all, b)
		}
	}
	return all
}

// TestEveryFaultHasASort, every pattern has a fault, and its sort is what it says.
func TestEveryFaultHasASort(t *testing.T) {
	t.Parallel()
	all := benches(t)
	assert.Empty(t, sorted(all, true))
	sorts := map[string]string{}
	for _, b := range all {
		for _, trial := range b.trials {
			assert.Equal(t, trial.Kind == result.Variation, trial.Sort == "", trial.Name)
			sorts[trial.Name] = trial.Sort
		}
	}
	for name, want := range map[string]string{
		"getMe/missing-key/neighbour": "status changed", "getMe/missing-key/reworded": "detail reworded", "getMe/missing-key/detail-null": "detail of another type",
		"getMe/missing-key/detail-in-error": "envelope replaced", "getMe/missing-key/text-plain": "content type changed", "getMe/success/500": "what is right refused",
		"getMe/missing-key/let-through": "guard of key, scope or tenant forgotten", "refused-create-leaves-bot": "side effect in spite of the refusal",
		"stop-does-nothing": "state not changed", "delete-meeting-again-changes-it": "state changed twice, or the repetition refused",
		"others-recording-deleted": "state of another tenant or meeting changed", "any/429/without-retry-after": "header missing", "retry-after-too-short": "header dishonest",
		"last-event-id-ignored": "stream or its frames broken",
	} {
		assert.Equal(t, want, sorts[name], name)
	}
}

func TestAFaultWithoutASort(t *testing.T) {
	t.Parallel()
	b := benches(t)[0]
	b.trials = []trial{{ProvenFault: result.ProvenFault{Name: "something-new", Kind: result.Written}}}
	assert.Equal(t, []string{"sorts.yaml has no sort for something-new of v0.10"}, sorted([]*bench{b}, false))
	var sorts []faultSort
	require.NoError(t, yaml.Unmarshal(sortsText, &sorts))
	n := 1
	for _, s := range sorts {
		n += len(s.Faults)
	}
	assert.Len(t, sorted([]*bench{b}, true), n, "no pattern has a fault")
}
