package deployment

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// describedAt is where FastAPI deployments describe themselves.
const describedAt = "/openapi.json"

// described compares the target's own OpenAPI description, where it serves one, with the edition's document. It is read as
// plain JSON: descriptions in the field are of OpenAPI 3.1, and do not always validate.
func (s *Session) described(ctx context.Context) *result.Described {
	url := strings.TrimSuffix(s.config.Target.BaseURL, "/") + describedAt
	text, ok := s.transport.Get(ctx, url, "describe")
	paths := gjson.GetBytes(text, "paths")
	if !ok || !gjson.ValidBytes(text) || !paths.IsObject() {
		return nil
	}
	d := &result.Described{URL: url, Missing: []string{}, Undocumented: []string{}, Differences: []string{}}
	theirs := map[string]gjson.Result{}
	paths.ForEach(func(path, item gjson.Result) bool {
		item.ForEach(func(method, op gjson.Result) bool {
			if name := strings.ToUpper(method.String()); slices.Contains([]string{"GET", "PUT", "POST", "PATCH", "DELETE"}, name) {
				theirs[name+" "+shape(path.String())] = op
			}
			return true
		})
		return true
	})
	for _, op := range s.config.Contract.Operations() {
		own := op.Method + " " + shape(op.Path)
		their, found := theirs[own]
		delete(theirs, own)
		switch {
		case op.Socket: // OpenAPI describes no sockets
		case !found:
			d.Missing = append(d.Missing, op.Method+" "+op.Path)
		default:
			d.Differences = append(d.Differences, differences(op, their)...)
		}
	}
	for _, op := range s.config.Contract.Unjudged() { // described, and nobody minds if it is not there
		delete(theirs, op.Method+" "+shape(op.Path))
	}
	for name := range theirs {
		d.Undocumented = append(d.Undocumented, name)
	}
	slices.Sort(d.Undocumented)
	return d
}

// shape is a path without the names of its parameters, which are a deployment's own affair.
func shape(path string) string { return regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "{}") }

// differences are the query parameters and the statuses that only one of the two has. Statuses of failures are compared only
// one way: FastAPI describes none of them by itself but 422.
func differences(op *spec.Operation, their gjson.Result) []string {
	var all []string
	name := op.Method + " " + op.Path
	var own, other []string
	for _, p := range op.Params {
		if p.In == "query" {
			own = append(own, p.Name)
		}
	}
	for _, p := range their.Get("parameters").Array() {
		if p.Get("in").String() == "query" {
			other = append(other, p.Get("name").String())
		}
	}
	for _, p := range own {
		if !slices.Contains(other, p) {
			all = append(all, fmt.Sprintf("%s: it does not describe the query parameter %s", name, p))
		}
	}
	for _, p := range other {
		if !slices.Contains(own, p) {
			all = append(all, fmt.Sprintf("%s: it has a query parameter %s", name, p))
		}
	}
	their.Get("responses").ForEach(func(status, _ gjson.Result) bool {
		if status.String() != "default" && !slices.ContainsFunc(op.Statuses(), func(s int) bool { return fmt.Sprint(s) == status.String() }) {
			all = append(all, fmt.Sprintf("%s: it describes an answer %s", name, status))
		}
		return true
	})
	return all
}
