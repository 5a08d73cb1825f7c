package spec

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/pb33f/go-yaml"
)

// The documents do not repeat what clauses.yaml says: a clause names the responses that keep it (at), with an example of their body,
// and here these become the examples and the x-conditions of an edition's document.

// addConditions names the responses of a document after the clauses that promise them.
func addConditions(e Edition, document *yaml.Node) error {
	root := document.Content[0]
	components := member(root, "components")
	for _, shared := range []bool{true, false} { // an operation that has one more gets a copy of the shared response
		for _, entry := range entries() {
			here, binds := entry.in(e)
			if !binds {
				continue
			}
			for _, place := range entry.placesIn(e) {
				if shared != unicode.IsUpper(rune(place[0])) {
					continue
				}
				responses, err := responsesAt(root, place, here.Status)
				if err != nil {
					return fmt.Errorf("clauses.yaml: %s: %w", entry.ID, err)
				}
				for _, response := range responses {
					if err := entry.name(e, components, response); err != nil {
						return fmt.Errorf("clauses.yaml: %s: at %s: %w", entry.ID, place, err)
					}
				}
			}
		}
	}
	return nil
}

// placesIn are the places of the responses that keep the clause in an edition: a shared response (Unauthorized), or an operation
// (createBot), for the statuses that the clause has or one that is given (chat 200).
func (c clauseEntry) placesIn(e Edition) []string {
	for ; e != ""; e = base(e) {
		if here := c.Editions[e]; here.At != nil {
			return here.At
		}
	}
	return c.At
}

// exampleIn is an example of the body of a response that keeps the clause, and says whether its detail is promised to the letter.
func (c clauseEntry) exampleIn(e Edition) (body any, exact bool) {
	for ; e != ""; e = base(e) {
		if here := c.Editions[e]; here.Detail != "" {
			return map[string]any{"detail": here.Detail}, true
		} else if here.Example != nil {
			return here.Example, false
		}
	}
	return c.Example, false
}

// name names a response after the clause: by an example of the body, or by x-conditions if there is none.
func (c clauseEntry) name(e Edition, components, response *yaml.Node) error {
	content := member(response, "content")
	body, exact := c.exampleIn(e)
	if content == nil || body == nil {
		add(ensure(response, "x-conditions", yaml.SequenceNode), c.ID)
		return nil
	}
	example := map[string]any{"value": body}
	if exact {
		example["x-detail-exact"] = true
	}
	if err := set(ensure(components, "examples", yaml.MappingNode), c.ID, example); err != nil {
		return err
	}
	examples := ensure(content.Content[1], "examples", yaml.MappingNode)
	return set(examples, c.ID, map[string]any{"$ref": "#/components/examples/" + c.ID})
}

// responsesAt finds the responses at a place. One that an operation shares with others becomes a copy of its own.
func responsesAt(root *yaml.Node, place string, statuses []int) ([]*yaml.Node, error) {
	components := member(member(root, "components"), "responses")
	if unicode.IsUpper(rune(place[0])) {
		response := member(components, place)
		if response == nil {
			return nil, fmt.Errorf("the document has no shared response %s", place)
		}
		return []*yaml.Node{response}, nil
	}
	id, status, given := strings.Cut(place, " ")
	if given {
		n, err := strconv.Atoi(status)
		if err != nil {
			return nil, fmt.Errorf("at %s: %s is no status", place, status)
		}
		statuses = []int{n}
	}
	responses := operationResponses(root, id)
	var found []*yaml.Node
	for _, status := range statuses {
		response := member(responses, strconv.Itoa(status))
		if response == nil {
			return nil, fmt.Errorf("the document has no response %d of %s", status, id)
		}
		if ref := member(response, "$ref"); ref != nil {
			shared := member(components, ref.Value[strings.LastIndex(ref.Value, "/")+1:])
			if shared == nil {
				return nil, fmt.Errorf("the document has no %s, which %s refers to", ref.Value, id)
			}
			*response = *clone(shared)
		}
		found = append(found, response)
	}
	return found, nil
}

// operationResponses are the responses of an operation, by its id; nil if there is none.
func operationResponses(root *yaml.Node, id string) *yaml.Node {
	paths := member(root, "paths")
	for i := 1; i < len(paths.Content); i += 2 {
		for j := 1; j < len(paths.Content[i].Content); j += 2 {
			operation := paths.Content[i].Content[j]
			if is := member(operation, "operationId"); is != nil && is.Value == id {
				return member(operation, "responses")
			}
		}
	}
	return nil
}

// member is the value of a mapping's member; nil if there is none.
func member(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// ensure is the value of a mapping's member, which it adds as an empty one if there is none.
func ensure(n *yaml.Node, name string, kind yaml.Kind) *yaml.Node {
	if value := member(n, name); value != nil {
		return value
	}
	value := &yaml.Node{Kind: kind}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
	return value
}

// set gives a mapping's member a value.
func set(n *yaml.Node, name string, value any) error {
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		return err
	}
	*ensure(n, name, node.Kind) = node
	return nil
}

// add adds a text to a list.
func add(list *yaml.Node, text string) {
	list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: text})
}

// clone is a deep copy of a node.
func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

// encode writes a document as the embedded ones are written.
func encode(document *yaml.Node) ([]byte, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(document), encoder.Close()); err != nil {
		return nil, fmt.Errorf("write the document: %w", err)
	}
	return text.Bytes(), nil
}
