package command

import (
	"fmt"
	"io"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner"
)

// checkOwn refuses what the file says of the operator's own that cannot be meant.
func checkOwn(c runner.Config) error {
	if err := c.Outage.Check(c.Contract); err != nil {
		return mistake("%w", err)
	}
	if _, given := c.BotBody["native_meeting_id"]; given {
		return mistake("bot: native_meeting_id: each bot gets an invented meeting of its own, on the platform that bot: names; leave the id out")
	}
	if platform, given := c.BotBody["platform"]; given && !slices.Contains(fixtures.Platforms(c.Contract), fmt.Sprint(platform)) {
		return mistake("bot: platform: %s has no %q; did you mean %q?", c.Contract.Edition(), platform, runner.Nearest(fmt.Sprint(platform), fixtures.Platforms(c.Contract)))
	}
	if !c.Tenants.Gives() && (c.Disposable.Has(fixtures.AMeeting) || c.Disposable.Has(fixtures.ARecording)) {
		return mistake("disposable: these are a user's own, and the admin token opens none of them: set VEXA_API_KEY to a key of that user")
	}
	return nil
}

// printDisposable tells what of the operator's own a run may delete.
func printDisposable(w io.Writer, j job) error {
	plan, err := runner.NewPlan(j.config, j.checks)
	if err != nil {
		return err
	}
	for _, named := range []struct {
		kind fixtures.Thing
		all  any
	}{{fixtures.AMeeting, j.config.Disposable.Meetings}, {fixtures.ARecording, j.config.Disposable.Recordings}} {
		switch used, usedUp := plan.Disposes(j.config, named.kind); {
		case usedUp:
			fmt.Fprintf(w, "  DELETES of your own, as you name them disposable: one %s of %v\n", named.kind, named.all)
		case used:
			fmt.Fprintf(w, "  has another user ask to delete one %s of your own, of those that you name disposable: %v\n", named.kind, named.all)
		}
	}
	return nil
}
