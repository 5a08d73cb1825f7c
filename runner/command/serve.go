package command

import (
	"context"
	"encoding/json"
	"fmt"

	"vexa-conformance/fixtures/reference"
)

type serveCommand struct {
	Edition string   `enum:"v0.10,v0.12" default:"v0.12" placeholder:"E" help:"Edition to keep: v0.10 or v0.12 (default)."`
	Listen  string   `default:"127.0.0.1:18056" placeholder:"ADDR" help:"Address of the public API (default 127.0.0.1:18056); port 0 takes a free one."`
	Hosted  bool     `help:"Serve as the hosted service: plan limits apply."`
	Fault   []string `placeholder:"NAME" help:"Break one promise; may be given again. See explain for the names."`
}

// Help is shown under the flags.
func (*serveCommand) Help() string {
	return `Prints one JSON line when it accepts connections, and serves until it is interrupted.
Bots are scripted by bot_name (mock:normal, mock:join_failure), agent turns by
prompt (mock:failed-turn, mock:blocked-write); webhooks go to loopback only.

  vexa-conformance serve --edition v0.10 --fault delete-meeting-not-idempotent`
}

// served is the line that serve prints.
type served struct {
	Edition    string         `json:"edition"`
	BaseURL    string         `json:"base_url"`
	AdminURL   string         `json:"admin_url"`
	AgentURL   string         `json:"agent_url"`
	AdminToken string         `json:"admin_token"`
	Keys       reference.Keys `json:"keys"`
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, s *surroundings) error {
	d, err := reference.Start(ctx, reference.Options{Edition: c.Edition, Hosted: c.Hosted, Faults: c.Fault, Listen: c.Listen})
	if err != nil {
		return mistake("serve: %w", err)
	}
	line := served{d.Edition, d.BaseURL, d.AdminURL, d.AgentURL, d.AdminToken, d.Keys}
	if err := json.NewEncoder(s.stdout).Encode(line); err != nil {
		return fmt.Errorf("print where the reference is: %w", err)
	}
	<-ctx.Done()
	if err := d.Close(); err != nil {
		return fmt.Errorf("stop the reference: %w", err)
	}
	return nil
}
