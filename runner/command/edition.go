package command

import (
	"context"
	"fmt"

	"vexa-conformance/spec"
)

// anyEdition is what stands for an edition that is to be found out.
const anyEdition = "auto"

// editionName is an edition, or [anyEdition]. A release stands for the edition whose page it shipped with.
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

// edition is the one that is named; empty if it is to be found out.
func (e editionName) edition() spec.Edition {
	if e == anyEdition {
		return ""
	}
	return spec.Edition(e)
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
