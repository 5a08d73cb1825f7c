package spec

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed v0.10.yaml v0.12.yaml
var documents embed.FS

// Contract is the contract of one edition. It is safe for use by several goroutines.
type Contract struct {
	edition    Edition
	page       string
	statuses   []int
	headers    map[Guard]string
	doc        *openapi3.T
	operations []*Operation
	unjudged   []*Operation
	byID       map[string]*Operation
	clauses    []Clause
	text       []byte
	overlay    *Overlay
	// json and route are made once, when they are needed first: a process may judge by one contract thousands of times.
	json  func() (json.RawMessage, error)
	route func() func(*http.Request) *Operation
}

// Load reads and validates the document of an edition, its examples among it, and the clauses. An error is a mistake in
// the embedded files.
func Load(ctx context.Context, e Edition) (*Contract, error) {
	text, err := document(e)
	if err != nil {
		return nil, fmt.Errorf("load the contract %s: %w", e, err)
	}
	return read(ctx, e, text)
}

func read(ctx context.Context, e Edition, text []byte) (*Contract, error) {
	loader := openapi3.NewLoader()
	loader.Context = ctx
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("load the document of %s: %w", e, err)
	}
	if err := doc.Validate(ctx); err != nil {
		return nil, fmt.Errorf("validate the document of %s: %w", e, err)
	}
	c := &Contract{edition: e, text: text, doc: doc, headers: map[Guard]string{}, byID: map[string]*Operation{}}
	c.json = sync.OnceValues(func() (json.RawMessage, error) { return doc.MarshalJSON() })
	c.route = sync.OnceValue(c.router)
	if err := extension(doc.Extensions, "x-page", &c.page); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", e, err)
	}
	if err := extension(doc.Extensions, "x-status-codes", &c.statuses); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", e, err)
	}
	for name, scheme := range doc.Components.SecuritySchemes {
		c.headers[Guard(name)] = scheme.Value.Name
	}
	if err := c.readOperations(text); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", e, err)
	}
	if c.clauses, err = clauses(e, c.page); err != nil {
		return nil, err
	}
	if err := checkConditions(e, c.operations); err != nil {
		return nil, err
	}
	for _, op := range c.operations {
		if _, ok := c.Clause(op.PromisedBy); op.PromisedBy != "" && !ok {
			return nil, fmt.Errorf("read the document of %s: %s: x-promised-by: no clause %s", e, op.ID, op.PromisedBy)
		}
	}
	return c, nil
}

// Edition is the edition that the contract is of.
func (c *Contract) Edition() Edition { return c.edition }

// YAML is the OpenAPI document (3.0.3) as YAML, with the comments of the edition's first one.
func (c *Contract) YAML() []byte { return slices.Clone(c.text) }

// JSON is the OpenAPI document (3.0.3) as JSON.
func (c *Contract) JSON() (json.RawMessage, error) {
	text, err := c.json()
	if err != nil {
		return nil, fmt.Errorf("write the document of %s: %w", c.edition, err)
	}
	return text, nil
}

// Overlay is what an operator changed in the edition's document; nil if nothing.
func (c *Contract) Overlay() *Overlay { return c.overlay }

// Page is the title of the page that documents it.
func (c *Contract) Page() string { return c.page }

// CredentialHeader is the header that carries the credential of a guard.
func (c *Contract) CredentialHeader(g Guard) string { return c.headers[g] }

// Operations are those of the document that are judged, in its order.
func (c *Contract) Operations() []*Operation { return slices.Clone(c.operations) }

// Unjudged are the operations of the document that no page names, in its order: see [Operation].Unjudged.
func (c *Contract) Unjudged() []*Operation { return slices.Clone(c.unjudged) }

// PlainReading is an operation that reads with a key, and needs nothing else.
func (c *Contract) PlainReading() *Operation {
	for _, op := range c.operations {
		if op.Guard == KeyGuard && op.Method == http.MethodGet && len(op.Params) == 0 {
			return op
		}
	}
	panic("the document has no operation that only reads")
}

// Capabilities are the parts of Vexa that a deployment of the edition may do without.
func (c *Contract) Capabilities() []string {
	var all []string
	for _, op := range c.operations {
		if op.Capability != "" && !slices.Contains(all, op.Capability) {
			all = append(all, op.Capability)
		}
	}
	return all
}

// Operation finds an operation by its operationId, judged or not.
func (c *Contract) Operation(id string) (*Operation, bool) {
	op, ok := c.byID[id]
	return op, ok
}

// Listed says whether the edition's table lists a status. 405, 3xx, 101 and 206 are the transport's own and count as
// listed (envelope.documented-status).
func (c *Contract) Listed(status int) bool {
	return slices.Contains(c.statuses, status) || status/100 == 3 || slices.Contains([]int{101, 206, 405}, status)
}
