package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/spec"
)

// credentials says that there are none, without which most of a run judges nothing.
func (p *patient) credentials() {
	if p.AdminToken == "" && p.Keys == (fixtures.Keys{}) {
		p.find(Problem, "credentials", "there are none: a run judges nothing without, and limits, streams and sockets are not looked at",
			"set VEXA_ADMIN_TOKEN to have the run create its own users, or VEXA_API_KEY")
	}
}

// ownKey makes a throwaway user with a key of the scopes bot and tx where only the admin token was given, and puts the
// key among those that work. The examination ends with the done that it returns, which revokes the key.
func (p *patient) ownKey(ctx context.Context) (done func()) {
	if p.AdminToken == "" || p.Keys != (fixtures.Keys{}) || p.adminRefused {
		return func() {}
	}
	c := p.Run
	c.Tenants = fixtures.NewTenants(c.Seed, p.AdminToken, fixtures.Keys{})
	fail := func(err error) {
		p.find(Problem, "keys", "no throwaway user and key could be made with VEXA_ADMIN_TOKEN: "+err.Error(),
			"give the base URL of the admin API with --admin-url, or a key of a user's with VEXA_API_KEY")
	}
	session, err := deployment.Open(ctx, c)
	if err != nil {
		fail(err)
		return func() {}
	}
	done = func() {
		session.Close(ctx)
		for _, note := range session.Notes() {
			p.find(Note, "keys", note, "")
		}
	}
	op := p.keyed()
	key, _, err := c.Tenants.Credential(ctx, spec.Fresh, op)
	if err != nil {
		fail(err)
		return done
	}
	me := p.send(ctx, spec.Call{Operation: op.ID, Caller: spec.Owner}, key)
	if me.Err != nil || !me.Response.Success() {
		fail(errors.Join(me.Err, fmt.Errorf("the key that was made was answered %s", me.Response)))
		return done
	}
	p.keys["VEXA_API_KEY"] = key
	p.find(Fine, "keys", "a throwaway user and a key were made with VEXA_ADMIN_TOKEN; the key works, and is revoked at the end", "")
	return done
}

// keyed is an operation that only reads, for any key.
func (p *patient) keyed() *spec.Operation {
	op, _ := p.contract.Operation("getMe")
	return op
}

// agent asks the agent API without a key: at the public base URL it refuses, and a port of its own may trust its
// network.
func (p *patient) agent(ctx context.Context) {
	kit := fixtures.NewKit(p.Run.Seed, "doctor", nil)
	for _, op := range p.contract.Operations() {
		if op.Surface != spec.AgentSurface {
			continue
		}
		call := kit.Harmless(op)
		call.Caller = spec.Nobody
		sent := p.send(ctx, call, "")
		switch a := sent.Response; {
		case sent.Err != nil:
			p.find(Problem, "agent", sent.Err.Error(), "give its base URL with --agent-url")
		case a.Status == http.StatusNotFound && strings.Contains(a.String(), "Not Found"):
			p.find(Note, "agent", "the agent API is not at this URL", "give its base URL with --agent-url; v0.12 promises it at the public one (agent.fronted)")
		case a.Unauthorized():
			p.find(Fine, "agent", "the agent API is here, and wants a key", "")
		case a.ServerError():
			p.find(Problem, "agent", "the agent API fails: "+a.String(), "look at its log, and whether it runs")
		default:
			p.find(Note, "agent", "the agent API is here, and takes requests without a key", "keep this port from everybody but the gateway")
		}
		return
	}
}
