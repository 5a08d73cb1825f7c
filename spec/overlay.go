package spec

import (
	"fmt"

	"github.com/pb33f/go-yaml"
	"github.com/pb33f/jsonpath/pkg/jsonpath"
	"github.com/pb33f/jsonpath/pkg/overlay"
)

// overlaid applies an OpenAPI overlay (version 1.0) to a document, and keeps the order of its members. An action whose target
// matches nothing is an error: it would change nothing, and nobody would know.
func overlaid(text, changes []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	var all overlay.Overlay
	if err := yaml.Unmarshal(changes, &all); err != nil {
		return nil, fmt.Errorf("read the overlay: %w", err)
	}
	if err := all.Validate(); err != nil {
		return nil, fmt.Errorf("validate the overlay: %w", err)
	}
	for _, action := range all.Actions {
		target, err := jsonpath.NewPath(action.Target)
		if err != nil {
			return nil, fmt.Errorf("read the target %s of the overlay: %w", action.Target, err)
		}
		if len(target.Query(&document)) == 0 {
			return nil, fmt.Errorf("apply the overlay: the target %s matches nothing", action.Target)
		}
		one := overlay.Overlay{Actions: []overlay.Action{action}}
		if err := one.ApplyTo(&document); err != nil {
			return nil, fmt.Errorf("apply the overlay at %s: %w", action.Target, err)
		}
	}
	changed, err := yaml.Marshal(&document)
	if err != nil {
		return nil, fmt.Errorf("write the document: %w", err)
	}
	return changed, nil
}
