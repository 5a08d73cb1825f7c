package deployment

import (
	"cmp"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/suites"
)

// Config says which deployment a run judges, and how. Only Contract and Target must be set: a zero of anything else is the
// default that its comment names.
type Config struct {
	plan.Selection
	transport.Options

	// Tenants are the users of the run; nil are those of a run without credentials.
	Tenants *fixtures.Tenants
	// Parallel is how many checks run at once; 0 is [DefaultParallel].
	Parallel int
	// Patience is the longest wait for a change of state that the pages promise without a time; 0 is [DefaultPatience].
	Patience time.Duration
	// Has are the parts of Vexa that the operator claims the target has: see [spec.Operation.Capability].
	Has []string
	// Outage takes a backend of the target down and up again; nil if the operator gave no commands for it.
	Outage *Outage
	// JournalFolder is where the run writes down what it makes; empty writes nothing.
	JournalFolder string
	Seed          uint64
	// BotBody is laid over the body of every POST /bots.
	BotBody map[string]any
	// Meetings are the operator's own that let a bot in, each used by one check at a time. Without any, checks whose bots have to
	// get in invent theirs, as those whose bots need not do in any case.
	Meetings []fixtures.OwnMeeting
	// Stimuli are the prompts that provoke what an agent's turn can end with.
	Stimuli fixtures.Stimuli
	// WebhookListen is where the run listens for webhooks, and WebhookURL what the target is to call for it; without them it
	// listens on loopback if the target is there too.
	WebhookListen, WebhookURL string
	// Detected is how the edition was found out; nil if the operator named it.
	Detected *result.Detected
	// FitsBetter is an edition that fits the target better than the one that the operator named; nil if none does.
	FitsBetter *result.Detected
	// Progress, if set, gets each check that has ended, one at a time.
	Progress runner.Progress
}

// DefaultPatience is how long a bot with an invented meeting takes to fail on deployments in the field, and some.
const DefaultPatience = 60 * time.Second

// withDefaults is the configuration with a value in place of each zero, so that a zero Config judges as the command line does
// without flags. Every entry point of the package applies it.
func (c Config) withDefaults() Config {
	c.Selection = c.Selection.WithDefaults()
	c.Timeout = cmp.Or(c.Timeout, transport.DefaultTimeout)
	c.MaxBody = cmp.Or(c.MaxBody, transport.DefaultMaxBody)
	c.Patience = cmp.Or(c.Patience, DefaultPatience)
	c.Parallel = cmp.Or(c.Parallel, runner.DefaultParallel)
	if c.Tenants == nil {
		c.Tenants = fixtures.NewTenants(c.Seed, "", fixtures.Keys{})
	}
	return c
}

// Plan chooses among the checks of an edition. It fails with [*plan.UnknownPattern].
func (c Config) Plan(checks []suites.Check) (plan.Plan, error) {
	c = c.withDefaults()
	c.Hosted, c.OwnTenant, c.RateLimited = c.Target.Hosted, c.Tenants.Own(), c.Rate > 0
	return plan.New(c.Selection, checks)
}
