package doctor

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"vexa-conformance/spec"
)

// clockSkew is how far two clocks may be apart before a Retry-After as a date, or a signature with a time in it, goes wrong.
const clockSkew = 5 * time.Second

func (p *patient) clock(ctx context.Context) {
	sent := p.send(ctx, spec.Call{Operation: "getMe", Caller: spec.Nobody}, "")
	if sent.Err != nil {
		p.find(Problem, "HTTP", sent.Err.Error(), "try again; if it stays, look at the connection")
		return
	}
	text := fmt.Sprintf("%s, it answers in %d ms", sent.Response.Proto, sent.Took.Milliseconds())
	if server := sent.Response.Header.Get("Server"); server != "" {
		text += fmt.Sprintf(", as %q", server)
	}
	if via := sent.Response.Header.Get("Via"); via != "" {
		text += fmt.Sprintf(", via %q", via)
	}
	p.find(Fine, "HTTP", text, "")
	date, err := http.ParseTime(sent.Response.Header.Get("Date"))
	if err != nil {
		p.find(Note, "clock", "its answers carry no Date", "")
		return
	}
	// A Date has no fractions of a second.
	if skew := time.Since(date) - sent.Took/2; skew.Abs() > clockSkew {
		p.find(Problem, "clock", fmt.Sprintf("its clock is %s away from this machine's", skew.Abs().Round(time.Second)), "set both by NTP: a Retry-After as a date is waited for by this machine's clock")
	} else {
		p.find(Fine, "clock", "its clock and this machine's agree", "")
	}
}

// errors looks at what a path is answered that does not exist: by whom, and in which form.
func (p *patient) errors(ctx context.Context) {
	sent := p.send(ctx, spec.Call{Operation: "getMe", Caller: spec.Nobody, RawPath: "/vexa-conformance/doctor"}, "")
	switch {
	case sent.Err != nil:
		p.find(Problem, "errors", sent.Err.Error(), "try again; if it stays, look at the connection")
	case strings.Contains(sent.Response.MediaType(), "html"):
		p.find(Problem, "errors", fmt.Sprintf("a path that does not exist is answered %d in HTML: something in between answers for the deployment", sent.Response.Status),
			"have the proxy pass every path on, or its own errors answer in the envelope; with --direct the hop is named")
	case sent.Response.Success():
		p.find(Problem, "errors", fmt.Sprintf("a path that does not exist is answered %d", sent.Response.Status), "check the URL: a catch-all answers for the deployment")
	default:
		p.find(Fine, "errors", fmt.Sprintf("a path that does not exist is answered %d as %s", sent.Response.Status, sent.Response.MediaType()), "")
	}
}

// admin asks for a user that does not exist: with a token that works that is 404, without one 403.
func (p *patient) admin(ctx context.Context) {
	call := spec.Call{Operation: "getUser", Caller: spec.Admin, Path: map[string]string{"user_id": "999999999"}}
	bare, with := p.send(ctx, call, ""), p.send(ctx, call, p.AdminToken)
	switch {
	case bare.Err != nil:
		p.find(Problem, "admin", bare.Err.Error(), "give its base URL with --admin-url")
	case bare.Response.Status == http.StatusNotFound && strings.Contains(bare.Response.String(), "Not Found"):
		p.find(Note, "admin", "the admin API is not at this URL", "give its base URL with --admin-url; v0.12 promises it at the public one (admin.fronted)")
	case p.AdminToken == "":
		p.find(Note, "admin", "the admin API is here, and there is no token for it", "set VEXA_ADMIN_TOKEN to have the run make its own users")
	case with.Err == nil && with.Response.Unauthorized():
		p.adminRefused = true
		p.find(Problem, "admin", "VEXA_ADMIN_TOKEN is refused: "+with.Response.String(), "check the token: it is the deployment's own, and no user's key")
	case with.Err == nil && !bare.Response.Unauthorized():
		p.find(Problem, "admin", "the admin API answers the same without a token: "+bare.Response.String(), "close it: anybody can make users and keys")
	default:
		p.find(Fine, "admin", "the admin API is here, and VEXA_ADMIN_TOKEN works", "")
	}
}

// scopes finds out what each given key may do, by what it is let in to.
func (p *patient) scopes(ctx context.Context) {
	given := map[string]string{
		"VEXA_API_KEY": p.Keys.All, "VEXA_API_KEY_BOT": p.Keys.Bot, "VEXA_API_KEY_TX": p.Keys.Tx,
		"VEXA_API_KEY_BROWSER": p.Keys.Browser, "VEXA_API_KEY_OTHER": p.Keys.Other,
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		key := given[name]
		if key == "" {
			continue
		}
		me := p.send(ctx, spec.Call{Operation: "getMe", Caller: spec.Owner}, key)
		if me.Err != nil || !me.Response.Success() {
			p.find(Problem, "keys", fmt.Sprintf("%s does not work: %s", name, me.Response), "mint a new one")
			continue
		}
		p.keys[name] = key
		var opens []string
		for _, scope := range spec.Scopes() {
			if p.opens(ctx, key, scope) {
				opens = append(opens, string(scope))
			}
		}
		p.find(Fine, "keys", fmt.Sprintf("%s works, with the scopes %s", name, strings.Join(opens, ", ")), "")
	}
}

// opens says whether a key may call the operation that only a scope opens.
func (p *patient) opens(ctx context.Context, key string, scope spec.Scope) bool {
	for _, op := range p.contract.Operations() {
		if op.Method == "GET" && len(op.Scopes) == 1 && op.Scopes[0] == scope && len(op.Params) == 0 {
			sent := p.send(ctx, spec.Call{Operation: op.ID, Caller: spec.Owner}, key)
			return sent.Err == nil && sent.Response.Success()
		}
	}
	// No operation is this scope's alone: what the deployment says of the key is all that there is.
	me := p.send(ctx, spec.Call{Operation: "getMe", Caller: spec.Owner}, key)
	return strings.Contains(me.Response.JSON().Get("scopes").Raw, `"`+string(scope)+`"`)
}

// limits reads what answers say of limits, and takes a look at a few more: not enough to exhaust any.
func (p *patient) limits(ctx context.Context) {
	const looks = 10
	for _, key := range p.keys {
		for range looks {
			sent := p.send(ctx, spec.Call{Operation: "getMe", Caller: spec.Owner}, key)
			if sent.Err == nil && sent.Response.Throttled() {
				p.find(Note, "limits", "a few readings are throttled already: "+sent.Response.String(), "be gentle: --rate 1")
				return
			}
			for _, name := range []string{"X-Ratelimit-Limit", "Ratelimit-Limit", "Ratelimit", "Ratelimit-Policy"} {
				if limit := sent.Response.Header.Get(name); limit != "" {
					p.find(Note, "limits", fmt.Sprintf("its answers name a limit: %s: %s", name, limit), "if that is by the minute, a sixtieth of it is a good --rate")
					return
				}
			}
		}
		p.find(Fine, "limits", fmt.Sprintf("%d readings at once are not throttled, and no answer names a limit", looks), "")
		return
	}
	p.find(Note, "limits", "not looked at: there is no key", "")
}
