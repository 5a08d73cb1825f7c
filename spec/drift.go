package spec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Drift says how a success differs from what the document describes, one line for each difference. The pages promise
// nothing of successes, so it is informational.
func (c *Contract) Drift(op *Operation, a Response) []string {
	if op.op.Responses.Status(a.Status) == nil {
		return []string{fmt.Sprintf("the document has no answer %d here", a.Status)}
	}
	req, err := http.NewRequest(op.Method, "http://target"+op.Path, nil)
	if err != nil {
		return []string{fmt.Sprintf("the response cannot be validated against the document: %v", err)}
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req,
			Route:   &routers.Route{Spec: c.doc, Path: op.Path, PathItem: op.pathItem, Method: op.Method, Operation: op.op},
		},
		Status: a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	messages := differences(err)
	slices.Sort(messages)
	return slices.Compact(messages)
}

// differences takes kin-openapi's errors apart, without the bodies and schemas that they quote.
func differences(err error) []string {
	var (
		several  openapi3.MultiError
		schema   *openapi3.SchemaError
		response *openapi3filter.ResponseError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &response) && response.Err != nil:
		return differences(response.Err)
	case errors.As(err, &several):
		var all []string
		for _, one := range several {
			all = append(all, differences(one)...)
		}
		return all
	case errors.As(err, &schema):
		return []string{"/" + strings.Join(pointer(schema), "/") + ": " + schema.Reason}
	default:
		return []string{err.Error()}
	}
}

// pointer is a JSON pointer (RFC 6901) to the place, with * for the places of lists, so that equal differences of many
// rows are one.
func pointer(e *openapi3.SchemaError) []string {
	path := slices.Clone(e.JSONPointer())
	for i, part := range path {
		if isDigits(part) {
			path[i] = "*"
		}
	}
	return path
}
