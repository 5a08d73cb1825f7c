package command

import (
	"fmt"
	"io"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/spec"
)

// checkOwn refuses what the file says of the operator's own that cannot be meant.
func checkOwn(c deployment.Config) error {
	if err := c.Outage.Check(c.Contract); err != nil {
		return mistake("%w", err)
	}
	if _, given := c.BotBody["native_meeting_id"]; given {
		return mistake("bot: native_meeting_id: this is of every bot, and each gets an invented meeting; name a meeting that lets bots in under meetings:")
	}
	if unquoted := fixtures.Unquoted(c.BotBody); unquoted != "" {
		return mistake("bot: %s", unquoted)
	}
	for i, own := range c.Meetings {
		if wants := own.Wants(c.Contract); wants != "" {
			return mistake("meetings: number %d, %s: %s", i+1, own.Meeting(), wants)
		}
		if slices.ContainsFunc(c.Meetings[:i], func(other fixtures.OwnMeeting) bool { return other.Meeting() == own.Meeting() }) {
			return mistake("meetings: %s is there twice, and one check at a time uses it", own.Meeting())
		}
	}
	if platform, given := c.BotBody["platform"]; given && !slices.Contains(fixtures.Platforms(c.Contract), fmt.Sprint(platform)) {
		return mistake("bot: platform: %s has no %q%s", c.Contract.Edition(), platform, plan.Suggestion(fmt.Sprint(platform), fixtures.Platforms(c.Contract)))
	}
	if err := fixtures.CheckOverlays(c.Contract, c.BotBody, c.Stimuli); err != nil {
		return mistake("%w", err)
	}
	if !c.Tenants.Gives() && (c.Disposable.Has(fixtures.AMeeting) || c.Disposable.Has(fixtures.ARecording)) {
		return mistake("disposable: these are a user's own, and the admin token opens none of them: set VEXA_API_KEY to a key of that user")
	}
	return nil
}

// printOwn prints which objects of the operator a run uses.
func printOwn(w io.Writer, j job) error {
	if len(j.config.Meetings) > 0 && slices.Contains(j.Allow, spec.Bots) {
		fmt.Fprintf(w, "  sends bots that record and transcribe into your own meetings, one at a time into each: %v\n", addresses(j.config.Meetings))
	}
	return printDisposable(w, j)
}

func addresses(all []fixtures.OwnMeeting) []fixtures.Meeting {
	addresses := make([]fixtures.Meeting, len(all))
	for i, own := range all {
		addresses[i] = own.Meeting()
	}
	return addresses
}

// printDisposable prints which objects of the operator a run may delete.
func printDisposable(w io.Writer, j job) error {
	plan, err := j.deployment().Plan(j.checks)
	if err != nil {
		return err
	}
	for _, named := range []struct {
		kind fixtures.Thing
		all  any
	}{{fixtures.AMeeting, j.Disposable.Meetings}, {fixtures.ARecording, j.Disposable.Recordings}} {
		switch used, usedUp := plan.Disposes(named.kind); {
		case usedUp:
			fmt.Fprintf(w, "  DELETES of your own, as you name them disposable: one %s of %v\n", named.kind, named.all)
		case used:
			fmt.Fprintf(w, "  has another user try to delete one %s of yours, of those that you list as disposable: %v\n", named.kind, named.all)
		}
	}
	return nil
}
