package deployment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Run judges a deployment: it connects, makes the users of the run, runs the checks of the plan, and cleans up what was
// made. An interrupt (the end of ctx) gives the result of what was judged by then. It fails with [*plan.UnknownPattern],
// [transport.ErrUnreachable] or [fixtures.ErrRefused], and then has judged nothing.
func Run(ctx context.Context, c Config, checks []suites.Check) (result.Run, error) {
	started := time.Now()
	plan, err := c.Plan(checks)
	if err != nil {
		return result.Run{}, err
	}
	s, err := Open(ctx, c)
	if err != nil {
		return result.Run{}, err
	}
	defer s.failed(ctx)
	engine := runner.Engine{
		Plan: plan, Record: s.record, Notes: &s.notes, Perform: s.Judge, Parallel: c.Parallel, Seed: c.Seed, Progress: c.Progress,
	}
	outcomes := engine.Run(ctx)
	described := s.described(ctx)
	s.routeNotes(ctx, plan)
	s.Close(ctx)
	hide := redact.New(s.secrets())
	r := engine.Result(ctx, outcomes, hide, started)
	s.describe(&r, hide)
	r.Described = described
	if r.Coverage, err = record.Coverage(c.Contract, plan, r); err != nil {
		return r, fmt.Errorf("say what was covered: %w", err)
	}
	return runner.WithCauses(r), nil
}

// describe adds who was judged, and how the edition was found.
func (s *Session) describe(r *result.Run, hide *redact.Redactor) {
	c := s.config
	r.Target = result.Target{
		Name: hide.Text(cmp.Or(c.Target.Name, c.Target.BaseURL)), BaseURL: hide.Text(c.Target.BaseURL),
		AdminURL: c.Target.AdminURL, AgentURL: c.Target.AgentURL,
		Hosted: c.Target.Hosted, Reference: c.Target.Reference, Allowed: []string{},
	}
	for _, e := range c.Allow {
		r.Target.Allowed = append(r.Target.Allowed, e.String())
	}
	r.OwnKeys = c.Binds == spec.Server && !c.Target.Reference && c.Tenants.Own()
	r.Detected, r.FitsBetter = c.Detected, c.FitsBetter
	var notes []string
	if d := c.Detected; d != nil && d.Confidence == result.LowConfidence {
		notes = append(notes, hide.Text("the edition is "+d.String()+"; if that is wrong, name it with --edition"))
	}
	if d := c.FitsBetter; d != nil {
		notes = append(notes, hide.Text(fmt.Sprintf("%s was named, and %s fits better: %s", r.Edition, d.Edition, result.Explain(d.Evidence))))
	}
	if c.Tenants.Both() {
		notes = append(notes, "VEXA_ADMIN_TOKEN was given beside keys: the run made users of its own, and used VEXA_API_KEY only for what is named "+
			"disposable. Without VEXA_ADMIN_TOKEN it uses the keys and makes no user.")
	}
	r.Notes = append(notes, r.Notes...)
	if r.Notes == nil {
		r.Notes = []string{}
	}
}

// secrets are the run's credentials, and every member of a response that the document marks as secret.
func (s *Session) secrets() map[string]string {
	secrets := s.config.Tenants.Secrets()
	maps.Copy(secrets, s.config.Options.Secrets())
	for name, value := range fixtures.Passcodes(s.config.BotBody, s.config.Meetings) {
		secrets[name] = value
	}
	known := slices.Collect(maps.Values(secrets))
	for name, value := range s.record.Secrets() {
		if !slices.Contains(known, value) {
			secrets[name] = value
		}
	}
	if s.receiver != nil {
		secrets["$VEXA_WEBHOOK_SECRET"] = s.receiver.secret
	}
	return secrets
}
