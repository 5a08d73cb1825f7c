// Package doctor looks at a target before any verdict: is it there, what is between it and here, and are the credentials what
// they seem. Each finding is a sentence, with what to do about it.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
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
	// Text says what was found, Do what to do about it, if there is something to do.
	Text, Do string
}

// Config says what is looked at.
type Config struct {
	// Run is the configuration that a run would have; its contract is found out.
	Run deployment.Config
	// Direct is the base URL of the deployment behind whatever is in between; empty where nobody knows one.
	Direct string
	// Exhaust says that the operator allows to send until a request is refused.
	Exhaust    bool
	Contracts  []*spec.Contract
	AdminToken string
	Keys       fixtures.Keys
	// Edition is the one that the operator names; empty is to be found out.
	Edition spec.Edition
	// Detect finds out which edition the target is of.
	Detect func(context.Context, deployment.Config, []*spec.Contract) (Editions, error)
	// Quiet is how long a stream may say nothing before it counts as held back: deployments in the field say that they are there
	// every 15 seconds.
	Quiet time.Duration
}

// Editions is what was found out of a target's edition.
type Editions struct {
	// Best are the editions that fit best: one, or those of a tie.
	Best []spec.Edition
	// Vexa says that the target is a Vexa at all.
	Vexa bool
	// Detected is the first of the best, and why.
	Detected *result.Detected
}

// patient is an examination under way.
type patient struct {
	Config
	findings  []Finding
	transport *transport.Transport
	contract  *spec.Contract
	// keys are the credentials that work, by the names under which reports show them.
	keys map[string]string
	// adminRefused says that the admin token does not work.
	adminRefused bool
	// compressed counts the responses that came compressed, by their encoding.
	compressed map[string]int
}

func (p *patient) find(level Level, topic, text, do string) {
	p.findings = append(p.findings, Finding{level, topic, text, do})
}

// Examine looks at everything that can be seen without exhausting or starting anything. With an admin token and no key
// it makes a throwaway user, whose key it revokes. Where the target cannot be reached, the findings end there.
func Examine(ctx context.Context, c Config) []Finding {
	p := &patient{Config: c, keys: map[string]string{}, compressed: map[string]int{}}
	if !p.network(ctx) || !p.edition(ctx) {
		return p.findings
	}
	p.Run.Contract = p.contract
	p.transport = transport.New(p.contract, p.Run.Options)
	defer p.transport.Close()
	p.clock(ctx)
	p.errors(ctx)
	p.admin(ctx)
	p.agent(ctx)
	p.credentials()
	p.scopes(ctx)
	done := p.ownKey(ctx)
	p.limits(ctx)
	p.streams(ctx)
	p.sockets(ctx)
	var direct *transport.Transport
	if p.Direct != "" {
		options := p.Run.Options
		options.Target = transport.Target{BaseURL: p.Direct}
		direct = transport.New(p.contract, options)
		defer direct.Close()
	}
	p.resumption(ctx, direct)
	p.refusals(ctx, direct)
	p.compression()
	p.hops(ctx, direct) // the last request: it says whether any answer was changed
	done()
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
		p.find(Problem, "proxy", "HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy", "give it as http://host:port")
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

// edition finds out which edition fits, and says by what. The one that the operator names is judged all the same.
func (p *patient) edition(ctx context.Context) bool {
	found, err := p.Detect(ctx, p.Run, p.Contracts)
	if err != nil {
		p.find(Problem, "HTTP", err.Error(), "check that the URL is the API's, and not a dashboard's")
		return false
	}
	best, d := found.Best, found.Detected
	i := slices.IndexFunc(p.Contracts, func(c *spec.Contract) bool { return c.Edition() == cmp.Or(p.Edition, best[0]) })
	p.contract = p.Contracts[i]
	switch why := result.Explain(d.Evidence); {
	case !found.Vexa:
		p.find(Problem, "Vexa", "it answers like no edition of Vexa: no route of any was found", "check the URL; a single-page app answers 200 to every path")
		return false
	case len(best) > 1 && p.Edition == "":
		p.find(Problem, "edition", fmt.Sprintf("as much speaks for %s as for %s: %s", best[0], best[1], why), "name one with --edition")
		return false
	case len(best) > 1 && slices.Contains(best, p.Edition):
		p.find(Note, "edition", fmt.Sprintf("%s, which was named, fits as well as another does: %s", p.Edition, why), "")
	case p.contract.Edition() != best[0]:
		p.find(Problem, "edition", fmt.Sprintf("%s fits better than %s: %s", best[0], p.Edition, why),
			fmt.Sprintf("judge it as %s (--edition), unless you know why it is %s", best[0], p.Edition))
	default:
		p.find(Fine, "edition", fmt.Sprintf("%s fits best, with %s confidence: %s", d.Edition, d.Confidence, why), "")
	}
	return true
}

// send sends one request, and says nothing of it: the callers do.
func (p *patient) send(ctx context.Context, c spec.Call, credential string) transport.Exchange {
	e := p.transport.Do(ctx, request(c, credential), transport.Observer{})
	p.encoding(e.Response)
	return e
}

// request is the request of a call, with a credential or, if that is empty, without one.
func request(c spec.Call, credential string) transport.Request {
	return transport.Request{Call: c, Check: "doctor", Credential: credential, Anonymous: credential == ""}
}

// encoding counts a response that came compressed.
func (p *patient) encoding(a spec.Response) {
	if coding := strings.ToLower(a.Header.Get("Content-Encoding")); coding != "" && coding != "identity" {
		p.compressed[coding]++
	}
}

// compression names compression that nobody asked for: requests carry Accept-Encoding: identity (RFC 9110, section 12.5.3), and
// clients that ask for it too do not decode.
func (p *patient) compression() {
	for _, coding := range slices.Sorted(maps.Keys(p.compressed)) {
		p.find(Note, "compression", fmt.Sprintf("%d responses came compressed (%s) to requests that want none", p.compressed[coding], coding),
			"have what is in between compress only what a client accepts; streams are held back by it")
	}
}
