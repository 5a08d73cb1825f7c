package runner

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"vexa-conformance/runner/cause"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Run judges a target: it connects, makes the users of the run, runs the checks of the plan, and takes back what was
// made. An interrupt (the end of ctx) gives the result of what was judged by then. It fails with [*UnknownPattern],
// [ErrUnreachable] or [fixtures.ErrRefused], and then has judged nothing.
func Run(ctx context.Context, c Config, checks []suites.Check) (result.Run, error) {
	started := time.Now()
	plan, err := NewPlan(c, checks)
	if err != nil {
		return result.Run{}, err
	}
	s, err := Open(ctx, c)
	if err != nil {
		return result.Run{}, err
	}
	defer s.failed(ctx)
	outcomes := s.judgeAll(ctx, plan)
	described := s.described(ctx)
	s.routeNotes(ctx, plan)
	s.Close(ctx)
	r := s.result(ctx, plan, outcomes, started)
	r.Described = described
	if r.Coverage, err = coverage(c.Contract, plan, r); err != nil {
		return r, fmt.Errorf("say what was covered: %w", err)
	}
	return withCauses(r), nil
}

// withCauses names the causes of a run's failures: by the routes that its coverage lists, so that comes first.
func withCauses(r result.Run) result.Run {
	r.Causes = cause.Of(r)
	for i := range r.Checks {
		if check := &r.Checks[i]; check.Verdict == result.Blocked {
			check.Owner, check.Next = cause.Advise(check.Reason)
		}
	}
	return r
}

// outcome is what became of a planned check.
type outcome struct {
	recorder *recorder
	started  time.Time
	took     time.Duration
}

// Turn is when a check has its turn.
type Turn int

// The turns: those that leave room for others, several at once; those that need a revoked key, once nobody needs what it was; those
// that exhaust the target, each alone; and those that look over everything.
const (
	Together Turn = iota
	Revoking
	Alone
	Over
)

// Turn is the check's.
func (p Planned) Turn() Turn {
	switch {
	case p.Over != nil:
		return Over
	case p.Effect == spec.Exhaust, p.Alone:
		return Alone
	case p.Revokes:
		return Revoking
	default:
		return Together
	}
}

// judgeAll runs the checks turn by turn, in each the costly ones first so that none is waited for at the end.
func (s *Session) judgeAll(ctx context.Context, p Plan) []outcome {
	outcomes := make([]outcome, len(p.Checks))
	turns := map[Turn][]int{}
	for i, check := range p.Checks {
		turns[check.Turn()] = append(turns[check.Turn()], i)
	}
	progress := s.progress(len(p.Checks))
	judge := func(i int) {
		outcomes[i] = s.judge(ctx, p.Checks[i])
		progress(p.Checks[i], outcomes[i])
	}
	for _, turn := range []Turn{Together, Revoking} {
		slices.SortStableFunc(turns[turn], func(a, b int) int { return cmp.Compare(p.Checks[b].Effect, p.Checks[a].Effect) })
		Abreast(turns[turn], s.config.Parallel, judge)
	}
	Abreast(turns[Alone], 1, judge)
	Abreast(turns[Over], 1, judge)
	return outcomes
}

// judge runs one check, or says why not.
func (s *Session) judge(ctx context.Context, p Planned) outcome {
	r := newRecorder(ctx)
	started := time.Now()
	switch {
	case p.Skip != "":
		r.notApplicable = p.NotApplicable
		r.set(result.Skip, p.Skip)
	case ctx.Err() != nil && p.Over == nil:
		r.set(result.Blocked, "the run was interrupted before it")
	default:
		r.watch(func() { s.Judge(r, p.Check) })
	}
	return outcome{r, started, time.Since(started)}
}

// progress tells of each check that has ended, one at a time.
func (s *Session) progress(total int) func(Planned, outcome) {
	var mu sync.Mutex
	done := 0
	return func(p Planned, o outcome) {
		mu.Lock()
		defer mu.Unlock()
		if done++; s.config.Progress != nil {
			s.config.Progress(done, total, result.Check{ID: p.ID, Clauses: p.Clauses, Verdict: o.recorder.verdict})
		}
	}
}

// overlayOf is what a report says of the operator's own contract.
func overlayOf(c *spec.Contract) *result.Contract {
	o := c.Overlay()
	if o == nil {
		return nil
	}
	return &result.Contract{File: o.File, Title: o.Title, Version: o.Version, SHA256: o.SHA256}
}

func (s *Session) result(ctx context.Context, p Plan, outcomes []outcome, started time.Time) result.Run {
	hide := newRedactor(s.secrets())
	r := result.Run{
		Edition: string(s.config.Contract.Edition()), Releases: s.config.Contract.Revision().Releases(), Contract: overlayOf(s.config.Contract),
		Detected: s.config.Detected, FitsBetter: s.config.FitsBetter,
		Binds: s.config.party(), Target: s.target(hide), Seed: s.config.Seed,
		Started: started.UTC(), Interrupted: ctx.Err() != nil,
		Checks: make([]result.Check, 0, len(p.Checks)), Setup: []result.Exchange{}, Drift: s.drift(hide), Notes: []string{}, Coverage: []result.Coverage{},
	}
	r.OwnKeys = s.config.Binds == spec.Server && !s.config.Target.Reference && s.config.Tenants.Own()
	for i, o := range outcomes {
		r.Checks = append(r.Checks, s.checkOf(p.Checks[i], o, hide))
	}
	for _, n := range s.record.numbers(setup, nil) {
		r.Setup = append(r.Setup, s.exchange(n, hide))
	}
	if d := s.config.Detected; d != nil && d.Confidence == result.LowConfidence {
		r.Notes = append(r.Notes, hide.text("the edition is "+d.String()+"; if that is wrong, name it with --edition"))
	}
	if d := s.config.FitsBetter; d != nil {
		r.Notes = append(r.Notes, hide.text(fmt.Sprintf("%s was named, and %s fits better: %s", r.Edition, d.Edition, result.Explain(d.Evidence))))
	}
	if s.config.Tenants.Both() {
		r.Notes = append(r.Notes, "VEXA_ADMIN_TOKEN was given beside keys: the run made users of its own, and used VEXA_API_KEY only for what is named "+
			"disposable. Without VEXA_ADMIN_TOKEN it uses the keys and makes no user.")
	}
	for _, note := range s.notes() {
		r.Notes = append(r.Notes, hide.text(note))
	}
	excuse(&r, s.config.Known)
	r.Clauses = clausesOf(p, r.Checks)
	r.Summary = summarize(r, len(s.record.exchanges), s.record.throttled())
	r.Unmet = s.config.unmet(r)
	r.Finished = time.Now().UTC()
	r.ExitCode = exitCode(r)
	return r
}

// target is who is judged. A client's command line may hold a secret.
func (s *Session) target(hide *redactor) result.Target {
	t := s.config.Target
	out := result.Target{
		Name: hide.text(cmp.Or(t.Name, t.BaseURL)), BaseURL: hide.text(t.BaseURL), AdminURL: t.AdminURL, AgentURL: t.AgentURL,
		Hosted: t.Hosted, Reference: t.Reference, Allowed: []string{},
	}
	for _, e := range s.config.Allow {
		out.Allowed = append(out.Allowed, e.String())
	}
	return out
}

// secrets are the run's credentials, and every member of an answer that the document marks as secret.
func (s *Session) secrets() map[string]string {
	secrets := s.config.Tenants.Secrets()
	for name, value := range s.hidden {
		if given := secrets[name]; given != "" && given != value {
			secrets[name+" of the operator"] = given // a client has a key of its own under that name
		}
		secrets[name] = value
	}
	known := slices.Collect(maps.Values(secrets))
	for name, value := range s.record.secrets() {
		if !slices.Contains(known, value) {
			secrets[name] = value
		}
	}
	if s.receiver != nil {
		secrets["$VEXA_WEBHOOK_SECRET"] = s.receiver.secret
	}
	return secrets
}

// drift lists, and counts, the ways in which answers of success differ from the document.
func (s *Session) drift(hide *redactor) []result.Drift {
	all := make([]result.Drift, 0, len(s.drifts))
	for d, n := range s.drifts {
		d.Count, d.Message = n, hide.text(d.Message)
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b result.Drift) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Message, b.Message))
	})
	return all
}
