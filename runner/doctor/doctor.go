// Package doctor looks at a target before any verdict: is it there, what is between it and here, and are the credentials what
// they seem. Each finding is a sentence, with what to do about it.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner"
	"vexa-conformance/spec"
)

// Level is how bad a finding is.
type Level string

// The levels.
const (
	Fine    Level = "ok"
	Note    Level = "note"
	Problem Level = "problem"
)

// Finding is one thing that was looked at.
type Finding struct {
	Level Level
	Topic string
	// Text says what was found, Do what to do about it, where there is something to do.
	Text, Do string
}

// Config says what is looked at.
type Config struct {
	// Run is the configuration that a run would have; its contract is found out.
	Run runner.Config
	// Direct is the base URL of the deployment behind whatever is in between; empty where nobody knows one.
	Direct string
	// Exhaust says that the operator allows to send until a request is refused.
	Exhaust    bool
	Contracts  []*spec.Contract
	AdminToken string
	Keys       fixtures.Keys
	// Edition is the one that the operator names; empty is to be found out.
	Edition spec.Edition
	// Quiet is how long a stream may say nothing before it counts as held back: deployments in the field say that they are there
	// every 15 seconds.
	Quiet time.Duration
}

// patient is an examination under way.
type patient struct {
	Config
	findings  []Finding
	transport *runner.Transport
	contract  *spec.Contract
	// keys are the credentials that work, by the names under which reports show them.
	keys map[string]string
}

func (p *patient) find(level Level, topic, text, do string) {
	p.findings = append(p.findings, Finding{level, topic, text, do})
}

// Examine looks at everything that can be seen without exhausting or starting anything. Where the target cannot be reached, the
// findings end there.
func Examine(ctx context.Context, c Config) []Finding {
	p := &patient{Config: c, keys: map[string]string{}}
	if !p.network(ctx) || !p.edition(ctx) {
		return p.findings
	}
	p.Run.Contract = p.contract
	p.transport = runner.NewTransport(p.Run)
	defer p.transport.Close()
	p.clock(ctx)
	p.errors(ctx)
	p.admin(ctx)
	p.scopes(ctx)
	p.limits(ctx)
	p.streams(ctx)
	p.sockets(ctx)
	var direct *runner.Transport
	if p.Direct != "" {
		config := p.Run
		config.Target = runner.Target{BaseURL: p.Direct}
		direct = runner.NewTransport(config)
		defer direct.Close()
	}
	p.resumption(ctx, direct)
	p.refusals(ctx, direct)
	p.hops(ctx, direct) // the last: it says whether any answer was changed
	return p.findings
}

// network looks at the name, the port and the certificate, in the order in which a request meets them.
func (p *patient) network(ctx context.Context) bool {
	target, err := url.Parse(p.Run.Target.BaseURL)
	if err != nil {
		p.find(Problem, "URL", err.Error(), "give the base URL as http://host:port")
		return false
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target}); err != nil || proxy != nil {
		return p.proxy(ctx, proxy, err)
	}
	host, port := target.Hostname(), target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		p.find(Problem, "DNS", fmt.Sprintf("the name %s is not known: %v", host, err), "check the URL, or the name server of this machine")
		return false
	}
	p.find(Fine, "DNS", host+" is "+strings.Join(addresses, ", "), "")
	dialer := net.Dialer{Timeout: p.Run.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		p.find(Problem, "TCP", fmt.Sprintf("nothing takes a connection at %s: %v", net.JoinHostPort(host, port), err), "check the port, that the deployment runs, and the firewalls in between")
		return false
	}
	p.find(Fine, "TCP", "a connection to "+conn.RemoteAddr().String()+" is taken", "")
	_ = conn.Close() // it was only tried
	if target.Scheme == "https" {
		return p.certificate(ctx, host, port)
	}
	if ip := net.ParseIP(addresses[0]); ip != nil && !ip.IsLoopback() && !ip.IsPrivate() {
		p.find(Problem, "TLS", "the keys travel unencrypted to a public address", "put TLS in front, and give the URL with https://")
	}
	return true
}

// proxy looks at the proxy that the environment names: with one, it is the proxy that finds the target.
func (p *patient) proxy(ctx context.Context, proxy *url.URL, err error) bool {
	if err != nil {
		p.find(Problem, "proxy", "HTTPS_PROXY or HTTP_PROXY is no URL of a proxy", "give it as http://host:port")
		return false
	}
	port := cmp.Or(proxy.Port(), map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme])
	dialer := net.Dialer{Timeout: p.Run.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(proxy.Hostname(), port))
	if err != nil {
		p.find(Problem, "proxy", fmt.Sprintf("the proxy %s (HTTPS_PROXY) takes no connection: %v", proxy.Host, err), "check the variable, or name the target in NO_PROXY to go without a proxy")
		return false
	}
	_ = conn.Close() // it was only tried
	p.find(Fine, "proxy", fmt.Sprintf("requests go through the proxy %s://%s (HTTPS_PROXY), which finds the target by itself", proxy.Scheme, proxy.Host), "")
	return true
}

// edition finds out which edition fits, and says how well.
func (p *patient) edition(ctx context.Context) bool {
	fits, err := runner.Fits(ctx, p.Run, p.Contracts)
	if err != nil {
		p.find(Problem, "HTTP", err.Error(), "check that the URL is the API's, and not a dashboard's")
		return false
	}
	best := fits[0]
	if best.Status == 0 {
		p.find(Problem, "Vexa", "it answers like no edition of Vexa: requests without a key are not refused as documented", "check the URL; a single-page app answers 200 to every path")
		return false
	}
	text := fmt.Sprintf("%s fits best: of %d requests without a key %d are refused as it documents, %d of them to the letter", best.Edition, best.Asked, best.Status, best.Exact)
	for _, other := range fits[1:] {
		text += fmt.Sprintf("; %s: %d and %d of %d", other.Edition, other.Status, other.Exact, other.Asked)
	}
	for _, contract := range p.Contracts {
		if contract.Edition() == best.Edition && p.Edition == "" || contract.Edition() == p.Edition {
			p.contract = contract
		}
	}
	if p.contract.Edition() != best.Edition {
		p.find(Problem, "edition", text, fmt.Sprintf("judge it as %s (--edition), unless you know why it is %s", best.Edition, p.Edition))
		return true
	}
	p.find(Fine, "edition", text, "")
	return true
}

// send sends one request, and says nothing of it: the callers do.
func (p *patient) send(ctx context.Context, c spec.Call, credential string) runner.Sent {
	return p.transport.Patiently(ctx, c, "doctor", credential, credential != "")
}
