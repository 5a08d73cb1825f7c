package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"vexa-conformance/spec"
)

type contractCommand struct {
	Edition editionName `default:"auto" env:"VEXA_EDITION" placeholder:"E" help:"Edition (${editions}), or a release (0.10.7)."`
	ownContract
	Format string `enum:"yaml,json" default:"yaml" placeholder:"F" help:"yaml (default) or json."`
}

// Help is shown under the flags.
func (*contractCommand) Help() string {
	return `Prints the OpenAPI 3.0.3 document that the checks follow, for code generators, validators and mock servers. --contract applies your
overlay to it first.

  vexa-conformance contract --edition v0.12.23 --format json > vexa.json`
}

// Run prints the document.
func (c *contractCommand) Run(ctx context.Context, s *env) error {
	if c.Edition.edition() == "" {
		return mistake("contract: name one edition with --edition: %s", spec.EditionNames())
	}
	contract, err := spec.Load(ctx, c.Edition.edition())
	if err != nil {
		return err
	}
	if contract, err = c.apply(ctx, contract); err != nil {
		return err
	}
	text := contract.YAML()
	if c.Format == "json" {
		document, err := contract.JSON()
		if err != nil {
			return err
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, document, "", "  "); err != nil {
			return fmt.Errorf("indent the document: %w", err)
		}
		text = append(indented.Bytes(), '\n')
	}
	if _, err := s.stdout.Write(text); err != nil {
		return fmt.Errorf("print the document: %w", err)
	}
	return nil
}
