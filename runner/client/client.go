package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/script"
	"vexa-conformance/runner"
	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/record"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Config says which client program a run judges, and how. Contract and Command must be set.
type Config struct {
	plan.Selection
	// Command is the program and its arguments.
	Command []string
	// Parallel is how many scenarios run at once; 0 is [DefaultParallel].
	Parallel int
	// Patience is how long the command may take for one scenario; 0 is [DefaultClientPatience].
	Patience time.Duration
	Seed     uint64
	// Secrets are the operator's, by the names under which reports show them: the command line or what the command prints may
	// hold one.
	Secrets map[string]string
	// Progress, if set, gets each check that has ended, one at a time.
	Progress runner.Progress
}

// DefaultClientPatience is many times what clients need for their retries.
const DefaultClientPatience = 60 * time.Second

// Run tests a client program against the clauses that bind clients: it runs the command for each scenario, against a
// scripted deployment on loopback. It fails with [*plan.UnknownPattern], and then has judged nothing.
func Run(ctx context.Context, c Config) (result.Run, error) {
	started := time.Now()
	c.Binds, c.Patience = spec.Client, cmp.Or(c.Patience, DefaultClientPatience)
	plan, err := plan.New(c.Selection, suites.Of(c.Contract, spec.Client))
	if err != nil {
		return result.Run{}, err
	}
	p := &processRunner{
		config: c, record: record.New(c.Contract, spec.Client), key: "vxa_client_" + rand.Text(), usual: map[fixtures.Action]time.Duration{},
	}
	engine := runner.Engine{
		Plan: plan, Record: p.record, Notes: &runner.Notes{}, Parallel: c.Parallel, Seed: c.Seed, Progress: c.Progress,
		Perform: func(t suites.T, check suites.Check) { check.Client(t, &program{p, check}) },
	}
	outcomes := engine.Run(ctx)
	hide := redact.New(p.secrets())
	r := engine.Result(ctx, outcomes, hide, started)
	r.Target = result.Target{Name: hide.Text(strings.Join(c.Command, " ")), Allowed: []string{}} // a command line may hold a secret
	return runner.WithCauses(r), nil
}

// secrets are the operator's, the key that clients get, and what responses hold that the document marks as secret.
func (p *processRunner) secrets() map[string]string {
	const name = "$VEXA_API_KEY"
	all := maps.Clone(p.config.Secrets)
	if all == nil {
		all = map[string]string{}
	}
	if given := all[name]; given != "" {
		all[name+" of the operator"] = given // the client has a key of its own under that name
	}
	all[name] = p.key
	known := slices.Collect(maps.Values(all))
	for name, value := range p.record.Secrets() {
		if !slices.Contains(known, value) {
			all[name] = value
		}
	}
	return all
}

// processRunner starts the command, for all checks of a run.
type processRunner struct {
	config Config
	record *record.Record
	key    string

	// refusing is locked while a client is refused.
	refusing sync.Mutex
	// visits are those that are made once a run, by whichever check needs them first.
	visits parallel.Memo[visited]
	mu     sync.Mutex
	// usual is how long the command takes for an action if nothing is wrong.
	usual map[fixtures.Action]time.Duration
}

// visited are visits, or why there are none.
type visited struct {
	visits []suites.Visit
	err    error
}

// program is the command as one check sees it.
type program struct {
	runner *processRunner
	check  suites.Check
}

func (p *program) Contract() *spec.Contract { return p.runner.config.Contract }

// Works has the command do the action once a run with nothing wrong.
func (p *program) Works(t suites.T, a fixtures.Action) suites.Visit {
	t.Helper()
	v := p.shared(t, "works "+string(a), 1, suites.Scenario{Action: a})[0]
	p.runner.mu.Lock()
	p.runner.usual[a] = v.Took
	p.runner.mu.Unlock()
	if tries := v.Tries(); len(tries) == 0 || !v.Ended || v.Exit != 0 || !tries[len(tries)-1].Response.Success() {
		t.Blocked("the command does not do %s where nothing is wrong, so that what it does about a problem says nothing: %s", a, v)
	}
	return v
}

// Act has the command do an action against a deployment of its own.
func (p *program) Act(t suites.T, s suites.Scenario) suites.Visit {
	t.Helper()
	visits, err := p.runner.visit(t.Context(), p.check.ID, 1, s)
	return p.made(t, visits, err)[0]
}

// Crowd has n of the command do it at once; what is the same for several checks is done once.
func (p *program) Crowd(t suites.T, n int, s suites.Scenario) []suites.Visit {
	t.Helper()
	return p.shared(t, fmt.Sprintf("crowd %d %v", n, s), n, s)
}

// shared are visits that are made once a run.
func (p *program) shared(t suites.T, name string, n int, s suites.Scenario) []suites.Visit {
	t.Helper()
	v, ok := p.runner.visits.Do(t.Context(), name, func() (v visited) {
		v.visits, v.err = p.runner.visit(t.Context(), p.check.ID, n, s)
		return v
	})
	if !ok {
		t.Blocked("the command was not run: %s, which another check needed too, did not end", name)
	}
	return p.made(t, v.visits, v.err)
}

// made puts the exchanges of visits into the record of the check, or ends it if there are none.
func (p *program) made(t suites.T, visits []suites.Visit, err error) []suites.Visit {
	t.Helper()
	if err != nil {
		t.Blocked("the command was not run: %v", err)
	}
	for _, v := range visits {
		for _, a := range v.Arrivals {
			p.runner.record.Share(p.check.ID, a.Response.Seq)
		}
	}
	return visits
}

// visit runs n of the command at once.
func (c *processRunner) visit(ctx context.Context, check string, n int, s suites.Scenario) ([]suites.Visit, error) {
	visits, errs := make([]suites.Visit, n), make([]error, n)
	gate := script.NewGate(n)
	measured := measureLate(ctx)
	var all parallel.Group
	for i := range n {
		all.Go(func() { visits[i], errs[i] = c.runOnce(ctx, check, gate, s) })
	}
	all.Wait()
	late := measured()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return nil, err
	}
	for i := range visits {
		visits[i].Late = late
		c.addToRecord(check, &visits[i])
	}
	return visits, nil
}

// addToRecord puts what arrived into the record of the run.
func (c *processRunner) addToRecord(check string, v *suites.Visit) {
	for i := range v.Arrivals {
		a := &v.Arrivals[i]
		a.Request.URL.Scheme, a.Request.URL.Host = "http", a.Request.Host // of a request that arrived, net/http leaves them out
		a.Response.Proto = a.Request.Proto
		e := transport.Exchange{
			Check: check, Operation: a.Operation, Call: spec.Call{Caller: "the client", Body: a.Body}, Request: a.Request, Response: a.Response,
			Started: a.At, Took: a.Met.Sub(a.At),
		}
		if a.Operation == nil {
			e.Operation = &spec.Operation{ID: "none", Method: a.Request.Method, Path: a.Request.URL.Path}
		}
		if a.Broke != script.Whole {
			e.Err = fmt.Errorf("by the script: %s", a.Broke)
		}
		a.Response.Seq = c.record.Receive(e)
	}
}

// runOnce runs the command once, against a deployment of its own.
func (c *processRunner) runOnce(ctx context.Context, check string, gate *script.Gate, s suites.Scenario) (v suites.Visit, err error) {
	config := c.config
	op, _ := config.Contract.Operation(s.Action.Operation()) // the checks have only operations of the document
	d, err := script.Start(ctx, script.Options{
		Contract: config.Contract, Action: s.Action, Key: c.key, Outcome: s.Outcome, Script: s.Script, Gate: gate, Closed: s.Closed,
	})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	environment := c.environment(d, check, s.Action)
	patient, cancel := context.WithTimeout(ctx, config.Patience)
	defer cancel()
	ran, err := c.execute(patient, environment, d, s)
	if err != nil {
		return v, err
	}
	settling, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	arrivals := d.Arrivals(settling)
	if len(arrivals) == 0 {
		gate.Pass() // or the others would wait for it
	}
	return suites.Visit{
		Operation: op, Arrivals: arrivals, Exit: ran.exit, Ended: ran.ended, Took: ran.took, Words: ran.words, Running: d.Running(), Refused: ran.refused,
	}, nil
}

// environment is this process's, without what it says of deployments of the operator's, and with what the client needs. Loopback
// is reached past any proxy.
func (c *processRunner) environment(d *script.Deployment, check string, a fixtures.Action) []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "VEXA_") })
	variables := map[string]string{
		"VEXA_BASE_URL": d.BaseURL, "VEXA_API_KEY": c.key, "VEXA_SCENARIO": check, "VEXA_ACTION": string(a),
		"VEXA_EDITION": string(c.config.Contract.Edition()), "VEXA_TIMEOUT": fmt.Sprint(clientTimeout.Seconds()),
		"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
	}
	maps.Copy(variables, d.Needs)
	for name, value := range variables {
		env = append(env, name+"="+value)
	}
	return env
}

// settleTime bounds the wait for requests whose client has ended: one that a child of it still holds open has no end.
const settleTime = time.Second

// clientTimeout is the time-out that clients are asked for: long beside what the scripted deployment takes for an answer, and
// short beside the patience of a run.
const clientTimeout = 2 * time.Second
