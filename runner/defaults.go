package runner

import (
	"cmp"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

const (
	// DefaultTimeout is the longest wait for one answer: ten times what a slow deployment needs for one that is no
	// stream.
	DefaultTimeout = 10 * time.Second
	// DefaultPatience is how long a bot with an invented meeting takes to fail on deployments in the field, and some.
	DefaultPatience = 60 * time.Second
	// DefaultParallel checks at once keep a run short, and below the limits of deployments in the field.
	DefaultParallel = 8
)

// DefaultAllow are the effects that are allowed if nothing else is said: the run reads, and writes what is its own.
func DefaultAllow() []spec.Effect { return []spec.Effect{spec.Observe, spec.Write} }

// withDefaults is the configuration with a value in place of each zero that means "nothing was said". Every entry point
// of the package applies it, so that a zero Config judges as the command line does without flags.
func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Patience = cmp.Or(c.Patience, DefaultPatience)
	c.Parallel = cmp.Or(c.Parallel, DefaultParallel)
	c.MaxBody = cmp.Or(c.MaxBody, DefaultMaxBody)
	c.Strength = cmp.Or(c.Strength, spec.Should)
	c.Binds = cmp.Or(c.Binds, spec.Server)
	if len(c.Allow) == 0 && c.Binds == spec.Server {
		c.Allow = DefaultAllow()
	}
	if c.Tenants == nil {
		c.Tenants = fixtures.NewTenants(c.Seed, "", fixtures.Keys{})
	}
	return c
}
