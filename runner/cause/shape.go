package cause

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/result"
)

// The shapes of an error's body that the documents know.
const (
	textDetail = "a detail that is a text"
	listDetail = "a detail that is a list of field errors"
)

// The shapes of a stream that has no frames: an error of what is behind the gateway, whose status the gateway lost, and
// nothing at all.
const (
	rawDetail   = "text/event-stream with a raw JSON detail"
	emptyStream = "text/event-stream without a body"
)

// shapeOf says in words what kind of body a response has. Members that an error has besides its detail do not count,
// since more members are legal, and neither does what a success has inside: it differs from record to record.
func shapeOf(r result.Response) string {
	body := strings.TrimSpace(r.Body)
	mediaType := mediaTypeOf(r)
	switch {
	case mediaType == "text/event-stream" && r.Status < 300 && body == "":
		return emptyStream
	case mediaType == "text/event-stream" && r.Status < 300 && gjson.Valid(body) && gjson.Get(body, "detail").Exists():
		return rawDetail
	case mediaType != "" && mediaType != "application/json":
		return mediaType
	case body == "":
		return "no body"
	case mediaType == "":
		return "no media type"
	case !gjson.Valid(body):
		return beginning(body)
	}
	value := gjson.Parse(body)
	switch {
	case r.Status < 400 || !value.IsObject():
		return "a JSON " + kindOf(value)
	case !value.Get("detail").Exists():
		return "no detail, but " + members(value)
	default:
		return detailShape(value.Get("detail"))
	}
}

// beginning is the shape of what cannot be parsed: a report cuts long bodies short.
func beginning(body string) string {
	switch {
	case !strings.Contains(body, "… ("):
		return "broken JSON"
	case strings.HasPrefix(body, "{"):
		return "a JSON object"
	case strings.HasPrefix(body, "["):
		return "a JSON list"
	default:
		return "a JSON text"
	}
}

func mediaTypeOf(r result.Response) string {
	mediaType, _, _ := strings.Cut(header(r, "Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

func header(r result.Response, name string) string {
	for key, values := range r.Headers {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// retryAfter says what is wrong with the header of a response that should have a right one.
func retryAfter(r result.Response, expected expectation) string {
	const name = "Retry-After"
	switch {
	case !strings.Contains(expected.text, name):
		return ""
	case header(r, name) == "":
		return " without " + name
	default:
		return " with the " + name + " " + strconv.Quote(mask(header(r, name), nil))
	}
}

func kindOf(v gjson.Result) string {
	switch {
	case v.IsObject():
		return "object"
	case v.IsArray():
		return "list"
	}
	switch v.Type {
	case gjson.String:
		return "text"
	case gjson.Number:
		return "number"
	case gjson.Null:
		return "null"
	default:
		return "boolean"
	}
}

func article(noun string) string {
	if noun == "object" {
		return "an " + noun
	}
	return "a " + noun
}

// members are the names of an object's members with what they are, in the order of their names.
func members(v gjson.Result) string {
	var all []string
	v.ForEach(func(name, value gjson.Result) bool {
		all = append(all, name.Str+" ("+kindOf(value)+")")
		return true
	})
	if len(all) == 0 {
		return "an empty object"
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func detailShape(detail gjson.Result) string {
	switch {
	case detail.Type == gjson.String && strings.TrimSpace(detail.Str) == "":
		return "an empty detail"
	case detail.Type == gjson.String:
		return textDetail
	case !detail.IsArray():
		return "a detail that is " + article(kindOf(detail))
	case len(detail.Array()) == 0:
		return "a detail that is an empty list"
	}
	for _, entry := range detail.Array() {
		for _, member := range []string{"loc", "msg", "type"} {
			if !entry.Get(member).Exists() {
				return "a detail that is a list without " + member
			}
		}
	}
	return listDetail
}

// detailText is what an error says; empty if it does not say it in a detail.
func detailText(r result.Response) string {
	if !gjson.Valid(r.Body) {
		return ""
	}
	if detail := gjson.Get(r.Body, "detail"); detail.Type == gjson.String {
		return detail.Str
	}
	return ""
}

// content is what an error response says, without what differs from one to the next.
func content(e *result.Exchange) string {
	r := *e.Response
	if text := detailText(r); text != "" {
		return mask(text, e)
	}
	if gjson.Valid(r.Body) {
		return shapeOf(r)
	}
	return mask(strings.TrimSpace(r.Body), e)
}
