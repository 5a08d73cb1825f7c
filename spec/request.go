package spec

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// InvalidInput is one way in which a request differs from what the document allows.
type InvalidInput struct {
	// In is where: body, path, query or header.
	In string
	// Path are the names of the members that lead to it; in a parameter, the parameter's name.
	Path []string
	// Keyword is the one of the schema that refuses it, such as enum; empty where no schema could look at it.
	Keyword string
	Reason  string
}

// String is the difference in words: "body/trigger: value is not one of the allowed values".
func (i InvalidInput) String() string {
	return strings.Join(append([]string{i.In}, i.Path...), "/") + ": " + i.Reason
}

// ValidateRequest compares a call's body and parameters with what the document allows at its operation, and returns every
// difference. A call for a path of its own (RawPath) that is not the operation's has no path parameters to look at.
// Credentials are not looked at.
func (c *Contract) ValidateRequest(call Call) []InvalidInput {
	op, ok := c.byID[call.Operation]
	if !ok {
		return []InvalidInput{{In: "path", Reason: "the document has no operation " + call.Operation}}
	}
	if !utf8.Valid(call.Body) { // RFC 8259, section 8.1
		return []InvalidInput{{In: "body", Reason: "it is not UTF-8"}}
	}
	query, err := url.ParseQuery(call.RawQuery)
	if err != nil {
		return []InvalidInput{{In: "query", Reason: err.Error()}}
	}
	for name, values := range call.Query {
		query[name] = append(slices.Clone(values), query[name]...)
	}
	path, given := op.pathValues(call)
	input, err := c.requestInput(op, call, query, path)
	if err != nil {
		return []InvalidInput{{In: "path", Reason: err.Error()}}
	}
	all := invalidInputs("body", nil, openapi3filter.ValidateRequest(context.Background(), input))
	return slices.DeleteFunc(all, func(i InvalidInput) bool { return i.In == "path" && !given })
}

// CheckRequest fails if a call is not what it claims to be: if the document does not allow it although nothing is said to be
// wrong in it (Wrong), or allows it although something is. Such a call is the harness's fault, and no answer to it counts.
func (c *Contract) CheckRequest(call Call) error {
	if call.Fuzz || call.Nowhere {
		return nil
	}
	invalid := c.ValidateRequest(call)
	if call.Wrong == "" { // the target gave the ids, whatever it numbers with
		invalid = slices.DeleteFunc(invalid, func(i InvalidInput) bool { return i.In == "path" && c.numbered(call.Operation, i.Path) })
	}
	switch {
	case call.Wrong == "" && len(invalid) > 0:
		return fmt.Errorf("our request %s is not one that the document of %s allows: %s", call.Operation, c.edition, invalid[0])
	case call.Wrong != "" && len(invalid) == 0:
		return fmt.Errorf("our request %s is to be wrong (%s), and the document of %s allows it", call.Operation, call.Wrong, c.edition)
	default:
		return nil
	}
}

// numbered says whether a path parameter is the number of something.
func (c *Contract) numbered(operation string, path []string) bool {
	op, ok := c.byID[operation]
	return ok && slices.ContainsFunc(op.Params, func(p Param) bool { return slices.Equal(path, []string{p.Name}) && p.Type == "integer" })
}

// ValidateBody is ValidateRequest of a JSON body alone.
func (c *Contract) ValidateBody(operation string, body []byte) []InvalidInput {
	all := c.ValidateRequest(Call{Operation: operation, Body: body})
	return slices.DeleteFunc(all, func(i InvalidInput) bool { return i.In != "body" })
}

func (c *Contract) requestInput(op *Operation, call Call, query url.Values, path map[string]string) (*openapi3filter.RequestValidationInput, error) {
	req, err := http.NewRequest(op.Method, "http://target/", bytes.NewReader(call.Body))
	if err != nil {
		return nil, fmt.Errorf("make the request of %s: %w", op.ID, err)
	}
	for name, values := range call.Header {
		req.Header[name] = values
	}
	if call.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if call.ContentType != "" {
		req.Header.Set("Content-Type", call.ContentType)
	}
	return &openapi3filter.RequestValidationInput{
		Request: req, PathParams: path, QueryParams: query,
		Route: &routers.Route{Spec: c.doc, Path: op.Path, PathItem: op.pathItem, Method: op.Method, Operation: op.op},
		Options: &openapi3filter.Options{
			MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
		},
	}, nil
}

// pathValues are the call's path parameters. Given is false if the call's own path is not one of the operation's.
func (o *Operation) pathValues(call Call) (values map[string]string, given bool) {
	if call.RawPath == "" {
		return call.Path, true
	}
	want, got := strings.Split(o.Path, "/"), strings.Split(call.RawPath, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values = map[string]string{}
	for i, segment := range want {
		name, isParameter := strings.CutPrefix(segment, "{")
		value, err := url.PathUnescape(got[i])
		switch {
		case isParameter && err == nil:
			values[strings.TrimSuffix(name, "}")] = value
		case segment != got[i]:
			return nil, false
		}
	}
	return values, true
}

// invalidInputs takes kin-openapi's errors apart, without the values and schemas that they quote. What none of several
// schemas allows (oneOf) is one difference.
func invalidInputs(in string, at []string, err error) []InvalidInput {
	switch err := err.(type) {
	case nil:
		return nil
	case openapi3.MultiError:
		var all []InvalidInput
		for _, one := range err {
			all = append(all, invalidInputs(in, at, one)...)
		}
		return all
	case *openapi3filter.RequestError:
		if err.Parameter != nil {
			in, at = err.Parameter.In, []string{err.Parameter.Name}
		}
		if err.Err == nil {
			return []InvalidInput{{In: in, Path: at, Reason: err.Reason}}
		}
		return invalidInputs(in, at, err.Err)
	case *openapi3.SchemaError:
		reason, _, _ := strings.Cut(err.Reason, "\n")
		return []InvalidInput{{In: in, Path: append(slices.Clone(at), err.JSONPointer()...), Keyword: err.SchemaField, Reason: reason}}
	default:
		return []InvalidInput{{In: in, Path: at, Reason: err.Error()}}
	}
}
