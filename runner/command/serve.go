package command

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/wire"
	"vexa-conformance/spec"
)

type serveCommand struct {
	Edition editionName `default:"" placeholder:"E" help:"Edition to serve: ${editions}, or a release; v0.12 by default."`
	Profile string      `placeholder:"NAME" help:"Respond as this release does in the field: ${profiles}. It decides the edition."`
	Listen  string      `default:"127.0.0.1:18056" placeholder:"ADDR" help:"Address of the public API (127.0.0.1:18056); port 0 takes a free one."`
	Hosted  bool        `help:"Serve as the hosted service: plan limits apply."`
	Fault   list        `placeholder:"NAME" help:"Break one clause; repeatable (list --faults). OPERATION/STATUS/TIMES fails so often, then works: createBot/503/2."`
	Vary    list        `placeholder:"NAME" help:"Differ in a legal way; repeatable (prove --verbose lists them)."`

	Unlimited bool    `help:"Switch the rate limits of a profile off."`
	Speedup   float64 `placeholder:"N" default:"1" help:"Divide the times of a profile, such as caches and windows, by N."`

	Control bool `help:"Serve /__control for tests on this machine: end meetings, move the clock, and more."`
	weather
}

// Help is shown under the flags.
func (*serveCommand) Help() string {
	return `Prints one JSON line with its URLs, token and keys when it accepts connections, and serves until it is interrupted. bot_name scripts a
bot (mock:normal, mock:join_failure), the prompt scripts an agent turn (mock:failed-turn, mock:blocked-write) after POST
/agent/workspace/init. Webhooks go to loopback only. A profile has the ports, texts, limits and caches of a real release. --latency,
--throttle and --drop make rough weather in front of the deployment. --control serves /__control to programs on this machine: POST
fail, end, send, clock, reset; GET clock, received. See docs/serve.md.

  vexa-conformance serve --edition v0.10 --fault delete-meeting-not-idempotent
  vexa-conformance serve --profile v0.12.23 --unlimited
  vexa-conformance serve --latency 300ms --throttle 5/s --drop 5%
  vexa-conformance serve --control
  curl -d '{"native_meeting_id":"abc-defg-hij"}' http://127.0.0.1:18056/__control/fail`
}

// served is the line that serve prints.
type served struct {
	Edition    string         `json:"edition"`
	BaseURL    string         `json:"base_url"`
	AdminURL   string         `json:"admin_url"`
	AgentURL   string         `json:"agent_url"`
	AdminToken string         `json:"admin_token"`
	Keys       reference.Keys `json:"keys"`
	ControlURL string         `json:"control_url,omitempty"`
}

// options tells what the reference does itself from what is done to its answers.
func (c *serveCommand) options(ctx context.Context) (reference.Options, error) {
	o := reference.Options{
		Edition: string(c.Edition), Hosted: c.Hosted, Listen: c.Listen, Profile: c.Profile, Unlimited: c.Unlimited, Speedup: c.Speedup,
		Control: c.Control,
	}
	if err := c.choose(&o); err != nil {
		return o, err
	}
	contract, err := spec.Load(ctx, spec.Edition(o.Edition))
	if err != nil {
		return o, err
	}
	faults, variations := map[string]wire.Fault{}, map[string]wire.Variation{}
	for _, f := range wire.Faults(contract) {
		faults[f.Name] = f
	}
	for _, v := range wire.Variations(contract, true) {
		variations[v.Name] = v
	}
	var middlewares []func(http.Handler) http.Handler
	for _, name := range c.Fault {
		if f, ok := faults[name]; ok {
			middlewares = append(middlewares, f.Middleware())
		} else if middleware, ok, err := wire.Failing(contract, name); err != nil {
			return o, mistake("serve: --fault %w", err)
		} else if ok {
			middlewares = append(middlewares, middleware)
		} else {
			o.Faults = append(o.Faults, name)
		}
	}
	for _, name := range c.Vary {
		if v, ok := variations[name]; ok {
			middlewares = append(middlewares, wire.Middleware(v))
		} else {
			o.Variations = append(o.Variations, name)
		}
	}
	weather, rough, err := c.weather.of()
	if err != nil {
		return o, err
	}
	if rough {
		middlewares = append(middlewares, weather.Middleware()) // the outermost: the deployment knows nothing of it
	}
	o.Middleware = func(next http.Handler) http.Handler {
		for _, middleware := range middlewares {
			next = middleware(next)
		}
		return next
	}
	return o, nil
}

// choose finds the edition, which a profile fixes, and refuses what only a profile has.
func (c *serveCommand) choose(o *reference.Options) error {
	switch {
	case c.Speedup <= 0:
		return mistake("--speedup %v: use a number above 0", c.Speedup)
	case c.Profile == "" && (c.Unlimited || c.Speedup != 1):
		return mistake("--unlimited and --speedup change a profile: give --profile too")
	case c.Profile == "":
		o.Edition = string(cmp.Or(c.Edition.edition(), spec.V012))
		return nil
	}
	p, err := reference.ParseProfile(c.Profile)
	if err != nil {
		return mistake("serve: --profile: %w", err)
	}
	o.Edition = cmp.Or(string(c.Edition.edition()), p.Edition) // Start refuses another one
	return nil
}

// profileNames lists the profiles for the help.
func profileNames() string {
	var names []string
	for _, p := range reference.Profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(names, " or ")
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, s *env) error {
	o, err := c.options(ctx)
	if err != nil {
		return err
	}
	d, err := reference.Start(ctx, o)
	if err != nil {
		return c.wrong(ctx, err)
	}
	line := served{d.Edition, d.BaseURL, d.AdminURL, d.AgentURL, d.AdminToken, d.Keys, ""}
	if c.Control {
		line.ControlURL = d.BaseURL + reference.ControlPath
	}
	if err := json.NewEncoder(s.stdout).Encode(line); err != nil {
		return fmt.Errorf("print where the reference is: %w", err)
	}
	<-ctx.Done()
	if err := d.Close(); err != nil {
		return fmt.Errorf("stop the reference: %w", err)
	}
	return nil
}

// wrong is a mistake in the flags. A fault that another edition or kind has is named with what to give.
func (c *serveCommand) wrong(ctx context.Context, err error) error {
	contracts, failed := load(ctx)
	if failed != nil {
		return failed
	}
	for _, name := range c.Fault {
		if hint := elsewhere(contracts, name, string(c.Edition)); hint != "" && !c.Hosted {
			return mistake("serve: %s", hint)
		}
	}
	return mistake("serve: %w", err)
}
