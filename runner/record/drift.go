package record

import (
	"cmp"
	"crypto/sha256"
	"slices"

	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
)

// responseSum stands for a response, so that the same one, of many polls, is compared with the document once.
type responseSum struct {
	operation string
	status    int
	mediaType string
	body      [sha256.Size]byte
}

// Compare compares a successful response with the document, and counts how it differs.
func (r *Record) Compare(e transport.Exchange) {
	if e.Err != nil || !e.Response.Success() || e.Call.HeadOnly || e.Response.Truncated {
		return
	}
	response := responseSum{e.Operation.ID, e.Response.Status, e.Response.Header.Get("Content-Type"), sha256.Sum256(e.Response.Body)}
	r.mu.Lock()
	messages, compared := r.compared[response]
	r.mu.Unlock()
	if !compared {
		messages = r.contract.Drift(e.Operation, e.Response)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compared[response] = messages
	for _, message := range messages {
		r.drifts[result.Drift{Operation: e.Operation.ID, Status: e.Response.Status, Message: message}]++
	}
}

// Drift lists, and counts, the ways in which successful responses differ from the document.
func (r *Record) Drift(hide *redact.Redactor) []result.Drift {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]result.Drift, 0, len(r.drifts))
	for d, n := range r.drifts {
		d.Count, d.Message = n, hide.Text(d.Message)
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b result.Drift) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Message, b.Message))
	})
	return all
}
