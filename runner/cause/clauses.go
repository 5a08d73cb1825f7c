package cause

import "strings"

const (
	outageClause     = "outage.gateway-error"
	documentedStatus = "envelope.documented-status"
	leavesNothing    = "envelope.refused-leaves-nothing"
	badInput         = "envelope.bad-input-is-not-500"
	streamOpens      = "stream.opens"
	adminFronted     = "admin.fronted"
)

// formOfErrors says that a clause is about the form of any error, and not about what a request comes to.
func formOfErrors(clause string) bool {
	switch clause {
	case "envelope.detail", "envelope.detail-is-text", "envelope.validation-detail-is-list", documentedStatus:
		return true
	default:
		return false
	}
}

// guardClause says that a clause has a guard refuse somebody.
func guardClause(clause string) bool {
	switch clause {
	case "auth.missing-key", "auth.unknown-key", "auth.revoked-key", "scope.denied", "scope.matrix", "admin.missing-token",
		"admin.wrong-token":
		return true
	default:
		return false
	}
}

// surfaceClause says that a clause is about where all operations of a surface are.
func surfaceClause(clause string) bool { return clause == adminFronted || clause == "agent.fronted" }

// clauseName is the part of a clause's id that says what it is about.
func clauseName(clause string) string {
	_, name, found := strings.Cut(clause, ".")
	if !found {
		return clause
	}
	return name
}

// occasion is what a clause is about, as the end of a sentence: "POST /bots answers 500 to a field of the wrong
// type". It is empty for a clause that is not about a kind of request.
func occasion(clause string) string {
	return map[string]string{
		"auth.missing-key":                "to a request without a key",
		"auth.unknown-key":                "to an unknown key",
		"auth.revoked-key":                "to a revoked key",
		"auth.valid-key-under-load":       "to a valid key under load",
		"scope.denied":                    "to a key that lacks the scope",
		"scope.matrix":                    "to a key by its scope",
		"admin.missing-token":             "to a request without the admin token",
		"admin.wrong-token":               "to a wrong admin token",
		"admin.mint-unknown-user":         "to minting a token for an unknown user",
		"admin.mint-invalid-scope":        "to minting a token with an invalid scope",
		"admin.mint":                      "to minting a token",
		"admin.delete-token":              "to deleting a token",
		"bots.accepted":                   "to a request for a bot",
		"bots.duplicate":                  "to a second request for a running bot",
		"bots.duplicate-race":             "to several identical requests for a bot at once",
		"bots.malformed-id":               "to a malformed native_meeting_id",
		"bots.malformed-body":             "to a body that is not JSON",
		"bots.wrong-type":                 "to a field of the wrong type",
		"bots.stopped":                    "to stopping a bot",
		"bots.join-failure-in-status":     "to a request for a bot that cannot join",
		"bots.concurrency-limit":          "to a bot more than the user may have",
		"transcripts.never-started":       "to reading the transcript of a meeting that never started",
		"tenancy.not-found":               "to a request for what belongs to another user",
		"retry.get":                       "to a GET sent again",
		"retry.put":                       "to a PUT sent again",
		"retry.delete-meeting":            "to deleting a meeting again",
		"retry.delete-recording":          "to deleting a recording again",
		"agent.invocation-not-conformant": "to an envelope that is not conformant",
		"agent.invocation-accepted":       "to a conformant envelope",
		"agent.event-not-conformant":      "to an event that is not conformant",
		"agent.event-without-plan":        "to an event without a plan",
		"agent.file-absent":               "to reading a file that does not exist",
		"stream.opens":                    "to opening a stream",
		"rate.throttled":                  "to a throttled request",
		badInput:                          "to bad input",
		"outage.gateway-error":            "while a backend is down",
	}[clause]
}
