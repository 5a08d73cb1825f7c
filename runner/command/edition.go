package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"vexa-conformance/spec"
)

// anyEdition is the name for an edition to detect.
const anyEdition = "auto"

// editionName is an edition, or [anyEdition]. A release means the edition whose page it shipped with.
type editionName string

// UnmarshalText reads a name.
func (e *editionName) UnmarshalText(text []byte) error {
	name := string(text)
	if name != "" && name != anyEdition {
		edition, err := spec.ParseEdition(name)
		if err != nil {
			return err
		}
		name = string(edition)
	}
	*e = editionName(name)
	return nil
}

// edition is the named one; empty if the program must detect it.
func (e editionName) edition() spec.Edition {
	if e == anyEdition {
		return ""
	}
	return spec.Edition(e)
}

// ownContract is the flag of the commands that read a contract.
type ownContract struct {
	Contract string `env:"VEXA_CONTRACT" type:"path" placeholder:"FILE" help:"OpenAPI Overlay to apply to the edition: your own contract."`
}

// apply applies the operator's overlay, if there is one.
func (c ownContract) apply(ctx context.Context, contract *spec.Contract) (*spec.Contract, error) {
	if c.Contract == "" {
		return contract, nil
	}
	text, err := os.ReadFile(c.Contract)
	if err != nil {
		return nil, mistake("read --contract: %w", err)
	}
	overlay, err := spec.ReadOverlay(filepath.Base(c.Contract), text)
	if err != nil {
		return nil, mistake("--contract %s: %w", c.Contract, err)
	}
	changed, err := contract.With(ctx, overlay)
	if err != nil {
		return nil, mistake("--contract: %w", err)
	}
	return changed, nil
}

// chosen are the contract of the edition that is named, or all of these.
func (e editionName) chosen(ctx context.Context, all []*spec.Contract) ([]*spec.Contract, error) {
	if e.edition() == "" {
		return all, nil
	}
	for _, contract := range all {
		if contract.Edition() == e.edition() {
			return []*spec.Contract{contract}, nil
		}
	}
	contract, err := spec.Load(ctx, e.edition())
	if err != nil {
		return nil, fmt.Errorf("load the contract: %w", err)
	}
	return []*spec.Contract{contract}, nil
}
