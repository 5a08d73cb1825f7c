package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Surface says at which base URL an operation lives.
type Surface string

// The surfaces.
const (
	Public Surface = "public"
	// AdminSurface makes users and keys.
	AdminSurface Surface = "admin"
	// AgentSurface takes units of work and events.
	AgentSurface Surface = "agent"
)

// Guard is the security scheme of an operation.
type Guard string

// The guards, named as the documents name their security schemes.
const (
	NoGuard    Guard = ""
	KeyGuard   Guard = "ApiKey"
	AdminGuard Guard = "AdminToken"
)

// Operation is one documented operation.
type Operation struct {
	// ID is the document's operationId.
	ID, Method, Path, Summary string
	Surface                   Surface
	Guard                     Guard
	// Scopes are those of which a key needs one.
	Scopes []Scope
	// Effect is the worst that an accepted request does.
	Effect Effect
	// PromisedBy is the clause that a deployment breaks if it does not implement the operation; empty if no page names
	// the route.
	PromisedBy string
	// Aliases are other paths at which the public base URL may have the operation.
	Aliases []string
	// Capability names the part of Vexa that the operation belongs to, where a deployment may do without it.
	Capability string
	// Unjudged marks an operation that no page names: it keeps no clause, and no check or fault is about it.
	Unjudged bool
	// Stream answers with Server-Sent Events, Socket with a WebSocket.
	Stream, Socket bool
	Params         []Param
	// Fields are the documented members of the request body.
	Fields []Field
	// SecretMembers are the gjson paths of the members of a success that are secret.
	SecretMembers []string

	op       *openapi3.Operation
	pathItem *openapi3.PathItem
	known    []Condition
}

// Param is a documented parameter of the path or the query.
type Param struct {
	Name, In, Type string
	Required       bool
	Enum           []string
}

// Field is a documented member of a request body. Its path has dots: "workspaces.0.mode".
type Field struct {
	Path, Type string
	Required   bool
	Enum       []string
}

// Accepts says whether a key with only that scope may call the operation.
func (o *Operation) Accepts(s Scope) bool { return slices.Contains(o.Scopes, s) }

// URLPath puts the values into the path, percent-encoded. It fails where one is missing.
func (o *Operation) URLPath(values map[string]string) (string, error) {
	path := o.Path
	for _, p := range o.Params {
		if p.In != "path" {
			continue
		}
		value, ok := values[p.Name]
		if !ok || value == "" {
			return "", fmt.Errorf("%s %s needs a value for %s", o.Method, o.Path, p.Name)
		}
		path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
	}
	return path, nil
}

// readOperations reads the operations in the order of the text, which the parsed document has lost.
func (c *Contract) readOperations(text []byte) error {
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			o, err := readOperation(path, method, item, op)
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.byID[o.ID] = o
		}
	}
	for _, found := range regexp.MustCompile(`(?m)^ +operationId: (\w+)$`).FindAllSubmatch(text, -1) {
		o, ok := c.byID[string(found[1])]
		if !ok {
			return fmt.Errorf("operationId %s stands in the text and not in the document", found[1])
		}
		if o.Unjudged {
			c.unjudged = append(c.unjudged, o)
		} else {
			c.operations = append(c.operations, o)
		}
	}
	if n := len(c.operations) + len(c.unjudged); n != len(c.byID) {
		return fmt.Errorf("%d operations have %d different ids", n, len(c.byID))
	}
	return nil
}

func readOperation(path, method string, item *openapi3.PathItem, op *openapi3.Operation) (*Operation, error) {
	o := &Operation{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Surface: Public, Effect: Write,
		op: op, pathItem: item,
	}
	if method == "GET" {
		o.Effect = Observe
	}
	var effect string
	for name, into := range map[string]any{
		"x-scopes": &o.Scopes, "x-surface": &o.Surface, "x-promised-by": &o.PromisedBy,
		"x-aliases": &o.Aliases, "x-stream": &o.Stream, "x-unjudged": &o.Unjudged,
		"x-socket": &o.Socket, "x-capability": &o.Capability, "x-effect": &effect,
	} {
		if _, ok := op.Extensions[name]; ok {
			if err := extension(op.Extensions, name, into); err != nil {
				return nil, err
			}
		}
	}
	if effect != "" {
		var err error
		if o.Effect, err = ParseEffect(effect); err != nil {
			return nil, err
		}
	}
	if op.Security != nil {
		for _, requirement := range *op.Security {
			for scheme := range requirement {
				o.Guard = Guard(scheme)
			}
		}
	}
	for _, p := range op.Parameters {
		o.Params = append(o.Params, readParam(p.Value))
	}
	if op.RequestBody != nil {
		o.Fields = fields("", op.RequestBody.Value.Content.Get("application/json").Schema.Value)
	}
	var err error
	if o.known, err = readConditions(op); err != nil {
		return nil, err
	}
	if o.Unjudged && (o.PromisedBy != "" || len(o.known) > 0) {
		return nil, fmt.Errorf("%s is x-unjudged and names clauses: set x-unjudged to false, or name none", o.ID)
	}
	o.SecretMembers = secretMembers(op)
	return o, nil
}

func readParam(p *openapi3.Parameter) Param {
	schema := p.Schema.Value
	return Param{Name: p.Name, In: p.In, Type: typeOf(schema), Required: p.Required, Enum: texts(schema.Enum)}
}

func typeOf(schema *openapi3.Schema) string {
	if types := schema.Type.Slice(); len(types) > 0 {
		return types[0]
	}
	return "string"
}

func texts(values []any) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// fields are the members of an object schema, depth first, by name.
func fields(prefix string, schema *openapi3.Schema) []Field {
	var all []Field
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		member := schema.Properties[name].Value
		path := prefix + name
		all = append(all, Field{Path: path, Type: typeOf(member), Required: slices.Contains(schema.Required, name), Enum: texts(member.Enum)})
		all = append(all, fields(path+".", member)...)
		if member.Items != nil {
			item := member.Items.Value
			all = append(all, Field{Path: path + ".0", Type: typeOf(item), Enum: texts(item.Enum)})
			all = append(all, fields(path+".0.", item)...)
		}
	}
	return all
}

// secretMembers are the members of the success schemas with format: password, as OpenAPI marks what must not be shown.
func secretMembers(op *openapi3.Operation) []string {
	var all []string
	for status, response := range op.Responses.Map() {
		media := response.Value.Content.Get("application/json")
		if !strings.HasPrefix(status, "2") || media == nil || media.Schema == nil {
			continue
		}
		for name, member := range media.Schema.Value.Properties {
			if member.Value.Format == "password" && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// extension reads an x- member into a value.
func extension(from map[string]any, name string, into any) error {
	text, err := json.Marshal(from[name])
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func statusOf(key string) (int, bool) {
	status, err := strconv.Atoi(key)
	return status, err == nil // "default" has none
}

// Statuses are those of the responses that the document describes at the operation, the lowest first.
func (o *Operation) Statuses() []int {
	var all []int
	for key := range o.op.Responses.Map() {
		if status, ok := statusOf(key); ok {
			all = append(all, status)
		}
	}
	slices.Sort(all)
	return all
}
