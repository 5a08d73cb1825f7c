package detect

import (
	"context"
	"fmt"
	"net/http"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// probe sends the requests of a detection: all harmless, without a credential, and each only once.
type probe struct {
	contracts  []*spec.Contract
	transports map[spec.Edition]*transport.Transport
	kit        *fixtures.Kit
	sent       map[string]transport.Exchange
}

// observation is what was seen of a sign, to compare and to show.
type observation struct{ is, request, response string }

func newProbe(c deployment.Config, contracts []*spec.Contract) *probe {
	p := &probe{
		contracts: contracts, transports: map[spec.Edition]*transport.Transport{},
		kit: fixtures.NewKit(c.Seed, "detect", nil), sent: map[string]transport.Exchange{},
	}
	for _, contract := range contracts {
		p.transports[contract.Edition()] = transport.New(contract, c.Options)
	}
	return p
}

func (p *probe) close() {
	for _, t := range p.transports {
		t.Close()
	}
}

// reach sends one request, to tell a target that is not there from one that is no Vexa.
func (p *probe) reach(ctx context.Context) error {
	_, err := transport.Reach(ctx, p.transports[p.contracts[0].Edition()])
	return err
}

// send sends a call without a credential. The same request of two operations or editions is sent once.
func (p *probe) send(ctx context.Context, c *spec.Contract, op *spec.Operation, call spec.Call, as string) transport.Exchange {
	if sent, done := p.sent[as]; done {
		return sent
	}
	call.Caller = spec.Nobody
	sent := p.transports[c.Edition()].Do(ctx, transport.Request{Call: call, Check: "detect", Anonymous: true}, transport.Observer{})
	if sent.Operation == nil {
		sent.Operation = op
	}
	p.sent[as] = sent
	return sent
}

// look says what a sign shows; ok is false if no answer came that could show anything.
func (p *probe) look(ctx context.Context, s spec.Sign) (seen observation, ok bool) {
	switch {
	case s.Path != "":
		return p.member(p.get(ctx, s.Path), http.MethodGet+" "+s.Path, s.Member)
	case s.Member != "":
		c, op := p.operation(s.Operation)
		if op == nil {
			return seen, false
		}
		return p.member(p.own(ctx, c, op), op.Method+" "+op.Path+" without a key", s.Member)
	default:
		c, op := p.operation(s.Operation)
		if op == nil {
			return seen, false
		}
		presence, why := p.presence(ctx, c, op)
		return observation{string(presence), op.Method + " " + op.Path, says(presence) + " (" + why + ")"}, presence != spec.Unclear
	}
}

// says is a presence in words.
func says(p spec.Presence) string {
	switch p {
	case spec.Exists:
		return "exists"
	case spec.WithoutMethod:
		return "does not exist, other methods do"
	case spec.Guarded:
		return "every path there is refused"
	default:
		return "does not exist"
	}
}

// operation finds an operation in the first of the contracts that has it.
func (p *probe) operation(id string) (*spec.Contract, *spec.Operation) {
	for _, c := range p.contracts {
		if op, ok := c.Operation(id); ok {
			return c, op
		}
	}
	return nil, nil
}

// member is a member of a JSON body.
func (p *probe) member(sent transport.Exchange, request, path string) (seen observation, ok bool) {
	if sent.Err != nil {
		return seen, false
	}
	text := sent.Response.JSON().Get(path).String()
	return observation{text, request, fmt.Sprintf("%d, %s %q", sent.Response.Status, path, text)}, text != ""
}

// get requests a path that no document has. A transport sends only documented operations, so it goes as one that reads.
func (p *probe) get(ctx context.Context, path string) transport.Exchange {
	for _, c := range p.contracts {
		for _, op := range c.Operations() {
			if op.Method == http.MethodGet && op.Surface == spec.Public && len(op.Params) == 0 && !op.Socket {
				return p.send(ctx, c, op, spec.Call{Operation: op.ID, RawPath: path}, "GET "+path)
			}
		}
	}
	panic("the documents have no operation that only reads")
}

// own sends the harmless request of an operation.
func (p *probe) own(ctx context.Context, c *spec.Contract, op *spec.Operation) transport.Exchange {
	return p.send(ctx, c, op, p.kit.Harmless(op), op.Method+" "+op.Path)
}

// presence says whether the target has an operation, and by which statuses.
func (p *probe) presence(ctx context.Context, c *spec.Contract, op *spec.Operation) (is spec.Presence, why string) {
	there, unknown := p.own(ctx, c, op), p.unknown(ctx, c, op)
	if there.Err != nil || unknown.Err != nil {
		return spec.Unclear, "no answer came"
	}
	why = fmt.Sprintf("%d, an unknown path beside it %d", there.Response.Status, unknown.Response.Status)
	switch a, control := there.Response, unknown.Response; {
	case a.Status == http.StatusMethodNotAllowed && control.Status != a.Status:
		return spec.WithoutMethod, why
	case a.Status == http.StatusMethodNotAllowed, a.Status == http.StatusNotFound && control.Status == http.StatusMethodNotAllowed:
		return spec.Absent, why
	case a.Status >= http.StatusInternalServerError, control.Status >= http.StatusInternalServerError:
		return spec.Unclear, why // what is broken or down shows nothing of routes
	case a.Status != control.Status:
		return spec.Exists, why
	case !a.Unauthorized():
		return spec.Absent, why
	}
	// Every path here is refused. If paths elsewhere are not, the prefix is served.
	elsewhere := p.elsewhere(ctx, c, op)
	if elsewhere.Err != nil || elsewhere.Response.Status == there.Response.Status {
		return spec.Unclear, why
	}
	return spec.Guarded, fmt.Sprintf("%s, elsewhere %d", why, elsewhere.Response.Status)
}

// unknown is the same request to an unknown path under the same prefix.
func (p *probe) unknown(ctx context.Context, c *spec.Contract, op *spec.Operation) transport.Exchange {
	call := p.kit.Unknown(c, op)
	return p.send(ctx, c, op, call, "unknown beside "+op.Method+" "+op.Path)
}

// elsewhere is the same request to an unknown path under no prefix.
func (p *probe) elsewhere(ctx context.Context, c *spec.Contract, op *spec.Operation) transport.Exchange {
	call := p.kit.Harmless(op)
	call.RawPath = "/" + p.kit.Word()
	return p.send(ctx, c, op, call, "unknown "+op.Method)
}
