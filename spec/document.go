package spec

import (
	"errors"
	"fmt"

	"github.com/pb33f/go-yaml"
)

// document is the text of an edition's document: the complete one of its line, with what each later edition changes, and
// the responses that the clauses promise.
func document(e Edition) ([]byte, error) {
	tree, err := changed(e)
	if err != nil {
		return nil, err
	}
	if err := addConditions(e, tree); err != nil {
		return nil, err
	}
	return encode(tree)
}

// changed is an edition's document without what the clauses say.
func changed(e Edition) (*yaml.Node, error) {
	r, ok := revisionOf(e)
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no edition %q", e)
	case r.Base == "":
		text, err := documents.ReadFile(string(e) + ".yaml")
		if err != nil {
			return nil, err
		}
		var tree yaml.Node
		if err := yaml.Unmarshal(text, &tree); err != nil {
			return nil, fmt.Errorf("read the document: %w", err)
		}
		return &tree, errors.Join(applyEmbedded(&tree, "shared"), applyEmbedded(&tree, "unjudged"))
	}
	tree, err := changed(r.Base)
	if err != nil {
		return nil, err
	}
	return tree, applyEmbedded(tree, string(e))
}

// applyEmbedded applies an embedded overlay to a document.
func applyEmbedded(document *yaml.Node, name string) error {
	text, err := revisionFiles.ReadFile("overlays/" + name + ".yaml")
	if err != nil {
		return err
	}
	return apply(document, text)
}
