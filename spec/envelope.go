package spec

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Envelope judges any answer by the clauses that bind every one of them: that an error is a JSON object with a detail,
// of what kind the detail is, and that the status stands in the edition's table. Each clause is judged only on what the
// one before left to judge, so that one broken thing breaks one clause.
func (c *Contract) Envelope(op *Operation, a Response) []Mismatch {
	var broken []Mismatch
	// The v0.10 page speaks of the public API, and its table has no 201, with which that line's admin API answers.
	if public := op.Surface != AdminSurface || len(op.Conditions("admin.missing-token")) > 0; public && !c.Listed(a.Status) {
		broken = append(broken, Mismatch{
			Clause: "envelope.documented-status", Expected: "a status that the page lists: " + c.listed(), Actual: a.String(),
		})
	}
	// 405 is what a web server says of a method before the API is asked.
	if !a.ClientError() && !a.ServerError() || a.Status == 405 {
		return broken
	}
	if a.Truncated && a.MediaType() == "application/json" {
		return broken // the rest may be what it should be
	}
	if m := a.outsideEnvelope(); m != nil {
		broken = append(broken, *m)
	}
	return broken
}

// outsideEnvelope judges the form of an error, whatever its words are: that it is a JSON object with a detail, and the
// kind of the detail.
func (a Response) outsideEnvelope() *Mismatch {
	body := a.JSON()
	detail := body.Get("detail")
	if a.MediaType() != "application/json" || !body.IsObject() || !detail.Exists() {
		return &Mismatch{
			Clause: "envelope.detail", Expected: "application/json, an object with a detail member", Actual: a.String(),
		}
	}
	return a.detail(detail)
}

// detail judges the kind of a detail. What it is in a server error no page says.
func (a Response) detail(detail gjson.Result) *Mismatch {
	text := detail.Type == gjson.String && strings.TrimSpace(detail.Str) != ""
	validation := a.Status == 422
	switch {
	case !a.ClientError() || text:
		return nil
	case !validation || detail.Type == gjson.String:
		return &Mismatch{Clause: "envelope.detail-is-text", Expected: "detail is a text that is not empty", Actual: a.String()}
	case !isFieldErrors(detail):
		return &Mismatch{
			Clause:   "envelope.validation-detail-is-list",
			Expected: "detail is a list of field errors, each with loc, msg and type", Actual: a.String(),
		}
	default:
		return nil
	}
}

// isFieldErrors knows FastAPI's field errors: where, what, and of which kind.
func isFieldErrors(detail gjson.Result) bool {
	entries := detail.Array()
	if !detail.IsArray() || len(entries) == 0 {
		return false
	}
	for _, entry := range entries {
		if !entry.Get("loc").IsArray() || entry.Get("msg").Type != gjson.String || entry.Get("type").Type != gjson.String {
			return false
		}
	}
	return true
}

func (c *Contract) listed() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(c.statuses), " ", ", "), "[]")
}
