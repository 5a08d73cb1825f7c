package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vexa-conformance/suites"
)

// Outage are the operator's commands that take a backend of the target down and bring it back, run by sh, and the operations
// that then fail: their ids, or "METHOD /path" as the document has it. Without routes these are the keyed ones that only read.
type Outage struct {
	Down   string   `yaml:"down"`
	Up     string   `yaml:"up"`
	Routes []string `yaml:"routes"`
}

// Outage runs a check while the backend is down. The backend is brought back in every case, also on an interrupt.
func (d *deployment) Outage(t suites.T, during func(routes []string)) {
	t.Helper()
	o := d.session.config.Outage
	if o == nil || o.Down == "" || o.Up == "" {
		t.Skipf("there are no commands that take a backend down and bring it back: give outage: {down: ..., up: ...} in --config")
	}
	routes, err := d.routes(o.Routes)
	if err != nil {
		t.Blocked("%v", err)
	}
	defer func() {
		ctx, cancel := d.session.parting(t.Context())
		defer cancel()
		if err := execute(ctx, o.Up); err != nil {
			d.session.note(fmt.Sprintf("the backend could not be brought back (outage: up): %v", err))
		}
	}()
	if err := execute(t.Context(), o.Down); err != nil {
		t.Blocked("the backend could not be taken down (outage: down): %v", err)
	}
	during(routes)
}

// routes are the ids of the operations that the operator names.
func (d *deployment) routes(named []string) ([]string, error) {
	var ids []string
	for _, name := range named {
		id := ""
		for _, op := range d.Contract().Operations() {
			if name == op.ID || name == op.Method+" "+op.Path {
				id = op.ID
			}
		}
		if id == "" {
			return nil, fmt.Errorf("outage: routes: the document of %s has no operation %q: name it as GET /bots/status, or by its id", d.Contract().Edition(), name)
		}
		ids = append(ids, id)
	}
	if len(ids) > 0 {
		return ids, nil
	}
	for _, op := range d.Contract().Operations() {
		if op.Method == "GET" && len(op.Scopes) > 0 && !op.Socket && !op.Stream && len(op.Params) == 0 {
			ids = append(ids, op.ID)
		}
	}
	return ids, nil
}

func execute(ctx context.Context, command string) error {
	out, err := Shell(ctx, command).CombinedOutput()
	if err == nil {
		return nil
	}
	if text := strings.TrimSpace(string(out)); text != "" {
		err = errors.Join(err, errors.New(text))
	}
	return fmt.Errorf("run %q: %w", command, err)
}

// OutageFile are the commands for a deployment whose backend is down while a file is there, as the reference's is.
func OutageFile(path string) *Outage {
	quoted := "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	return &Outage{Down: "touch " + quoted, Up: "rm -f " + quoted}
}
