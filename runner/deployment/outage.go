package deployment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/process"
	"vexa-conformance/runner/record"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Outage are the operator's commands that take a backend of the target down and bring it back, and the operations that then
// fail: their ids, or "METHOD /path" as the document has it. Without routes these are the keyed ones that only read.
type Outage struct {
	Down   string   `yaml:"down"`
	Up     string   `yaml:"up"`
	Routes []string `yaml:"routes"`
	// file stands for the commands where the backend is down while it is there.
	file string
}

// OutageFile is the outage of a deployment whose backend is down while a file is there, as the reference's is.
func OutageFile(path string) *Outage { return &Outage{file: path} }

func (o *Outage) none() bool { return o == nil || o.file == "" && (o.Down == "" || o.Up == "") }

func (o *Outage) takeDown(ctx context.Context) error {
	if o.file != "" {
		return os.WriteFile(o.file, nil, 0o600)
	}
	return execute(ctx, o.Down)
}

func (o *Outage) bringBack(ctx context.Context) error {
	if o.file != "" {
		return os.RemoveAll(o.file) // no error where it is not there
	}
	return execute(ctx, o.Up)
}

// Outage runs a check while the backend is down. The backend is brought back in every case: also on an interrupt, and by
// cleanup after a kill. The commands are not interrupted, since half an outage is harder to mend than a whole one.
func (d *target) Outage(t suites.T, during func(routes []string)) {
	t.Helper()
	o := d.session.config.Outage
	if o.none() {
		t.Skipf("no commands that take a backend down and up: give outage: {down: ..., up: ...} in --config")
	}
	routes, err := o.routes(d.Contract())
	if err != nil {
		t.Blocked("%v", err)
	}
	ended := func(spec.Response) {}
	if journal := d.session.transport.Journal; journal != nil {
		if ended, err = journal.Before(spec.Call{Operation: fixtures.OutageTrace}); err != nil {
			t.Blocked("%v", err)
		}
	}
	defer func() {
		ctx, cancel := d.session.cleanupContext(t.Context())
		defer cancel()
		if err := o.bringBack(ctx); err != nil {
			d.session.notes.Add(fmt.Sprintf("THE BACKEND IS STILL DOWN: it could not be brought back (outage: up): %v", err))
			return
		}
		ended(spec.Response{Status: http.StatusOK})
	}()
	ctx, cancel := d.session.cleanupContext(t.Context())
	defer cancel()
	for _, id := range routes { // what is there is asked before it is down
		d.Implemented(t, id)
	}
	if err := o.takeDown(ctx); err != nil {
		t.Blocked("the backend could not be taken down (outage: down): %v", err)
	}
	if t.Context().Err() == nil {
		during(routes)
	}
}

// Check fails where the commands are not complete, or a route is none of the edition's.
func (o *Outage) Check(c *spec.Contract) error {
	switch _, err := o.routes(c); {
	case (o.Down == "") != (o.Up == ""):
		return errors.New("outage: give both: down takes the backend down, up brings it back")
	case o.Down == "" && len(o.Routes) > 0:
		return errors.New("outage: routes go with the commands down and up")
	default:
		return err
	}
}

// routes are the ids of the operations that need the backend.
func (o *Outage) routes(c *spec.Contract) ([]string, error) {
	var ids, names []string
	for _, op := range c.Operations() {
		name := op.Method + " " + op.Path
		names = append(names, name)
		if len(o.Routes) == 0 && op.Method == "GET" && len(op.Scopes) > 0 && !op.Socket && !op.Stream && len(op.Params) == 0 {
			ids = append(ids, op.ID)
		}
	}
	for _, route := range o.Routes {
		at := slices.IndexFunc(c.Operations(), func(op *spec.Operation) bool { return route == op.ID || route == op.Method+" "+op.Path })
		if at < 0 {
			return nil, fmt.Errorf("outage: routes: the document of %s has no operation %q%s", c.Edition(), route, plan.Suggestion(route, names))
		}
		ids = append(ids, c.Operations()[at].ID)
	}
	return ids, nil
}

// execute runs a command to its end, and not to that of what it leaves running: what is printed goes to a file, which nobody
// waits to be closed.
func execute(ctx context.Context, command string) error {
	printed, err := os.CreateTemp("", "vexa-conformance")
	if err != nil {
		return fmt.Errorf("run %q: %w", command, err)
	}
	defer func() { _, _ = printed.Close(), os.Remove(printed.Name()) }() // a temporary file may stay
	cmd := process.Shell(ctx, command)
	process.SetGroup(cmd)
	cmd.Stdout, cmd.Stderr = printed, printed
	if err = cmd.Run(); err == nil {
		return nil
	}
	text, _ := os.ReadFile(printed.Name()) // without it the error says enough
	if ctx.Err() != nil {
		err = errors.Join(err, errors.New("it took longer than --patience and --timeout together"))
	}
	if output := record.Cut(bytes.TrimSpace(text)); output != "" {
		err = errors.Join(err, errors.New(output))
	}
	return fmt.Errorf("run %q: %w", command, err)
}
