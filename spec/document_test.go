package spec_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

func load(t *testing.T, e spec.Edition) *spec.Contract {
	t.Helper()
	c, err := spec.Load(t.Context(), e)
	require.NoError(t, err)
	return c
}

func each(t *testing.T, test func(t *testing.T, c *spec.Contract)) {
	t.Parallel()
	for _, e := range spec.Editions() {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			test(t, load(t, e))
		})
	}
}

func TestEveryConditionIsAClauseThatBindsServers(t *testing.T) {
	each(t, func(t *testing.T, c *spec.Contract) {
		for _, op := range c.Operations() {
			for _, condition := range op.AllConditions() {
				clause, ok := c.Clause(condition.Clause)
				require.Truef(t, ok, "%s: %s is not a clause of the edition", op.ID, condition.Clause)
				assert.Equalf(t, spec.Server, clause.Binds, "%s: %s", op.ID, condition.Clause)
			}
		}
	})
}

// TestConditionsAgreeWithClauses holds the two places where a page's status and detail stand against each other.
func TestConditionsAgreeWithClauses(t *testing.T) {
	// These promise something of more than one answer, which no example can show.
	scenarios := []string{"bots.join-failure-in-status", "outage.gateway-error"}
	each(t, func(t *testing.T, c *spec.Contract) {
		for _, clause := range c.Clauses() {
			if clause.Binds != spec.Server || len(clause.Statuses) == 0 || slices.Contains(scenarios, clause.ID) {
				continue
			}
			var statuses []int
			for _, op := range c.Operations() {
				for _, condition := range op.Conditions(clause.ID) {
					statuses = append(statuses, condition.Status)
					assert.Equalf(t, clause.Detail != "", condition.Exact, "%s at %s: a detail to the letter", clause.ID, op.ID)
					if clause.Detail != "" {
						assert.Equalf(t, clause.Detail, condition.Detail, "%s at %s", clause.ID, op.ID)
					}
				}
			}
			slices.Sort(statuses)
			assert.Equal(t, slices.Sorted(slices.Values(clause.Statuses)), slices.Compact(statuses), clause.ID)
		}
	})
}

// TestEveryKeyedOperationRefusesBadKeys holds the guards' conditions against the scopes that stand at the operation.
func TestEveryKeyedOperationRefusesBadKeys(t *testing.T) {
	each(t, func(t *testing.T, c *spec.Contract) {
		for _, op := range c.Operations() {
			require.NotEqual(t, spec.NoGuard, op.Guard, op.ID)
			if op.Guard == spec.AdminGuard || op.Socket {
				continue
			}
			require.NotEmpty(t, op.Scopes, op.ID)
			assert.NotEmpty(t, op.Conditions("auth.missing-key"), op.ID)
			assert.NotEmpty(t, op.Conditions("auth.unknown-key"), op.ID)
			assert.Equal(t, len(op.Scopes) < len(spec.Scopes()), len(op.Conditions("scope.denied")) > 0, op.ID)
			if len(op.Conditions("bots.concurrency-limit")) == 0 { // whose 429 owes nobody a Retry-After
				assert.NotEmpty(t, op.Conditions("rate.throttled"), op.ID)
			}
		}
	})
}

// TestOperationsAreThoseOfSurface writes surface.md's table once more, by another hand than the documents'.
func TestOperationsAreThoseOfSurface(t *testing.T) {
	t.Parallel()
	const none, admin, anyKey = "-", "admin token", "bot tx browser"
	rows := []struct{ operation, v010, v012 string }{
		{"POST /admin/users", admin, admin},
		{"GET /admin/users/{user_id}", admin, admin},
		{"GET /admin/users/email/{email}", admin, admin},
		{"POST /admin/users/{user_id}/tokens", admin, admin},
		{"DELETE /admin/tokens/{token_id}", admin, admin},
		{"POST /bots", "bot", "bot"},
		{"GET /bots/status", "bot", "bot"},
		{"DELETE /bots/{platform}/{native_meeting_id}", "bot", "bot"},
		{"PUT /bots/{platform}/{native_meeting_id}/config", "bot", "bot"},
		{"GET /meetings", "tx", "tx"},
		{"PATCH /meetings/{platform}/{native_meeting_id}", "tx", "tx"},
		{"GET /meetings/{meeting_id}", none, "tx"},
		{"DELETE /meetings/{platform}/{native_meeting_id}", "tx", "tx"},
		{"GET /transcripts/{platform}/{native_meeting_id}", "tx", "tx"},
		{"GET /recordings", anyKey, "bot tx"},
		{"GET /recordings/{recording_id}", anyKey, "bot tx"},
		{"DELETE /recordings/{recording_id}", anyKey, "bot"},
		{"PUT /user/webhook", "bot", "bot tx"},
		{"GET /user/webhook", none, "bot tx"},
		{"POST /meetings", none, "tx"},
		{"DELETE /meetings/{meeting_id}", none, "tx"},
		{"GET /auth/me", anyKey, anyKey},
		{"POST /agent/workspace/init", none, "bot tx"},
		{"POST /agent/chat", none, "bot tx"},
		{"GET /agent/meeting/stream", none, "bot tx"},
		{"GET /agent/workspace/file", none, "bot tx"},
		{"POST /invocations", none, "bot tx"},
		{"POST /events", none, "bot tx"},
		{"GET /ws", anyKey, anyKey},
	}
	for _, e := range spec.Editions() {
		want, got := map[string]string{}, map[string]string{}
		for _, row := range rows {
			scopes := map[spec.Edition]string{spec.V010: row.v010, spec.V012: row.v012}[e]
			if scopes != none {
				want[row.operation] = scopes
			}
		}
		for _, op := range load(t, e).Operations() {
			var scopes []string
			for _, s := range op.Scopes {
				scopes = append(scopes, string(s))
			}
			got[op.Method+" "+op.Path] = strings.Join(scopes, " ")
			if op.Guard == spec.AdminGuard {
				got[op.Method+" "+op.Path] = admin
			}
		}
		assert.Equal(t, want, got, e)
	}
}

// TestUnjudgedOperations: they are in the document, keep no clause, and are apart from those that are judged.
func TestUnjudgedOperations(t *testing.T) {
	both := []string{"listUsers", "patchUser", "listBots", "getBot", "shareTranscript", "getSharedTranscript"}
	recent := []string{"getWorkspaceTree", "listSessions", "getModels"}
	each(t, func(t *testing.T, c *spec.Contract) {
		want := both
		if c.Edition().Line() == spec.V012 {
			want = append(slices.Clone(both), recent...)
		}
		var ids []string
		for _, op := range c.Unjudged() {
			ids = append(ids, op.ID)
			assert.Empty(t, op.AllConditions(), op.ID)
			assert.NotContains(t, c.Operations(), op)
			assert.True(t, spec.KnownOperation(op.ID), op.ID)
		}
		assert.ElementsMatch(t, want, ids)
	})
}

// TestRecordedAnswersFit feeds the success schemas what deployments of each line answered.
func TestRecordedAnswersFit(t *testing.T) {
	each(t, func(t *testing.T, c *spec.Contract) {
		text, err := os.ReadFile(filepath.Join("testdata", string(c.Edition())+".json"))
		require.NoError(t, err)
		var recorded map[string]struct {
			Request string
			Body    json.RawMessage
		}
		require.NoError(t, json.Unmarshal(text, &recorded))
		for name, entry := range recorded {
			op := operationOf(t, c, entry.Request)
			answer := spec.Response{Status: successOf(op), Header: http.Header{"Content-Type": {"application/json"}}, Body: entry.Body}
			assert.Empty(t, c.Drift(op, answer), name)
			// The schema is real: not everything fits it.
			assert.NotEmpty(t, c.Drift(op, spec.Response{Status: answer.Status, Header: answer.Header, Body: []byte(`[]`)}), name)
		}
	})
}

// operationOf finds the operation of a recorded request line, "GET /admin/users/4".
func operationOf(t *testing.T, c *spec.Contract, request string) *spec.Operation {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	path, _, _ = strings.Cut(path, "?")
	var best *spec.Operation
	for _, op := range append(c.Operations(), c.Unjudged()...) {
		if op.Method != method || !fits(op.Path, path) {
			continue
		}
		if best == nil || strings.Count(op.Path, "{") < strings.Count(best.Path, "{") {
			best = op
		}
	}
	require.NotNil(t, best, request)
	return best
}

func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	return len(want) == len(got) && !slices.ContainsFunc(want, func(s string) bool {
		i := slices.Index(want, s)
		return s != got[i] && !strings.HasPrefix(s, "{")
	})
}

// successOf is the success with a body that the operation documents. Recorded answers leave their status out.
func successOf(op *spec.Operation) int {
	switch op.ID {
	case "createUser", "mintToken", "planMeeting", "initWorkspace":
		return http.StatusCreated
	case "createBot":
		return http.StatusAccepted
	default:
		return http.StatusOK
	}
}

func TestDocumentsAreOpenAPI303(t *testing.T) {
	t.Parallel()
	for _, e := range spec.Editions() {
		text, err := os.ReadFile(string(e) + ".yaml") // what the file says; what both lines share has no version of its own
		require.NoError(t, err)
		var doc struct {
			OpenAPI string `yaml:"openapi"`
		}
		require.NoError(t, yaml.Unmarshal(text, &doc))
		assert.Equal(t, "3.0.3", doc.OpenAPI)
	}
}
