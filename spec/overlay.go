package spec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/jsonpath/pkg/jsonpath"
	"github.com/pb33f/jsonpath/pkg/overlay"
)

// Overlay is an operator's own change to the document of an edition: the routes of a fork, a gateway that words its refusals
// in another way, a rule stricter than the page. It is an OpenAPI Overlay 1.0 document.
type Overlay struct {
	// File is the name of its file, without the folder.
	File string
	// Title and Version are those that its info has.
	Title, Version string
	// SHA256 is the digest of the file, in hex.
	SHA256 string

	text []byte
}

// ReadOverlay reads an operator's overlay, as YAML or JSON. Whether its actions fit an edition says [Contract.With].
func ReadOverlay(file string, text []byte) (*Overlay, error) {
	all, err := actions(text)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(text)
	return &Overlay{File: file, Title: all.Info.Title, Version: all.Info.Version, SHA256: hex.EncodeToString(digest[:]), text: text}, nil
}

// With is the contract with an operator's overlay applied. A clause that is then expected to be answered in another way says so
// in its promise. An error says which action does not fit, or what is wrong with the document that results.
func (c *Contract) With(ctx context.Context, o *Overlay) (*Contract, error) {
	var tree yaml.Node
	if err := yaml.Unmarshal(c.text, &tree); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", c.edition, err)
	}
	if err := apply(&tree, o.text); err != nil {
		return nil, fmt.Errorf("apply %s to %s: %w", o.File, c.edition, err)
	}
	text, err := encode(&tree)
	if err != nil {
		return nil, err
	}
	changed, err := read(ctx, c.edition, text)
	if err != nil {
		return nil, fmt.Errorf("apply %s: %w", o.File, err)
	}
	for _, op := range c.operations {
		if _, ok := changed.byID[op.ID]; !ok {
			return nil, fmt.Errorf("apply %s: it removes %s (%s %s), which checks request: leave it in; what a deployment does not "+
				"have is reported as not implemented", o.File, op.ID, op.Method, op.Path)
		}
	}
	changed.overlay = o
	for i := range changed.clauses {
		clause := &changed.clauses[i]
		before, now := c.expected(clause.ID), changed.expected(clause.ID)
		if slices.Equal(before, now) {
			continue
		}
		clause.Promise += fmt.Sprintf(" %s changes what is expected: %s.", o.File, strings.Join(now, ", or "))
		if len(now) == 0 {
			clause.Promise = strings.TrimSuffix(clause.Promise, ": .") + ": nothing."
		}
		clause.Statuses, clause.Detail = nil, ""
	}
	return changed, nil
}

// expected are the responses that the document names after a clause, in words, each once.
func (c *Contract) expected(clause string) []string {
	var all []string
	for _, op := range c.operations {
		for _, condition := range op.Conditions(clause) {
			if text := condition.String(); !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	slices.Sort(all)
	return all
}

// actions reads and validates an overlay.
func actions(text []byte) (overlay.Overlay, error) {
	var all overlay.Overlay
	if err := yaml.Unmarshal(text, &all); err != nil {
		return all, fmt.Errorf("read the overlay: %w", err)
	}
	if all.Version == "" {
		return all, errors.New("read the overlay: it is no OpenAPI Overlay: begin it with overlay: 1.0.0")
	}
	if err := all.Validate(); err != nil { // which has a line for each mistake
		return all, fmt.Errorf("validate the overlay: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if len(all.Actions) == 0 {
		return all, errors.New("validate the overlay: it has no actions, and would change nothing")
	}
	return all, nil
}

// apply applies an OpenAPI overlay (version 1.0) to a document, and keeps the order of its members. An action whose target
// matches nothing is an error: it would change nothing, and nobody would know.
func apply(document *yaml.Node, changes []byte) error {
	all, err := actions(changes)
	if err != nil {
		return err
	}
	for _, action := range all.Actions {
		target, err := jsonpath.NewPath(action.Target)
		if err != nil {
			return fmt.Errorf("read the target %s of the overlay: %w", action.Target, err)
		}
		if len(target.Query(document)) == 0 {
			return fmt.Errorf("apply the overlay: the target %s matches nothing", action.Target)
		}
		one := overlay.Overlay{Actions: []overlay.Action{action}}
		if err := one.ApplyTo(document); err != nil {
			return fmt.Errorf("apply the overlay at %s: %w", action.Target, err)
		}
	}
	return nil
}
