package cause

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// advice is what a text says of whose a failure looks like, and what to do next.
type advice struct {
	says []string
	next string
}

// setups are texts, in lower case, that speak of the operator's own setup: names, ports, backends, proxies and keys.
var setups = []advice{
	{[]string{"no such host", "could not be resolved", "could not resolve", "name resolution", "name or service not known"},
		"a host name does not resolve: correct it, or the DNS"},
	{[]string{"internal or private"}, "give a public --webhook-url: private ones are refused"},
	{[]string{"x509:", "certificate", "tls:"}, "the certificate is not accepted: correct it, or give --ca"},
	{[]string{"upstream unreachable", "service unavailable", "bad gateway", "gateway timeout", "connection refused"},
		"a backend or port is down: read its log, bring it up"},
	{[]string{"holds it back"}, "a proxy buffers the stream (nginx: proxy_buffering off)"},
}

// Advise says whose the reason for a failure or a missing verdict looks like, and what to do next; nothing if the text
// does not say.
func Advise(text string) (owner result.Owner, next string) {
	text = strings.ToLower(text)
	for _, a := range setups {
		if slices.ContainsFunc(a.says, func(says string) bool { return strings.Contains(text, says) }) {
			return result.OwnerSetup, a.next
		}
	}
	if regexp.MustCompile(`\b(answered|responded|got|returns|returned) 50[234]\b`).MatchString(text) {
		return result.OwnerSetup, backendDown
	}
	return "", ""
}

const backendDown = "a backend or proxy did not respond: read its log, bring it up"

// assign says whose a cause looks like, and what to do next. Only what is plainly of the setup is called so: an accusation
// of the operator should be as sure as one of the release.
func assign(c *result.Cause, best failed) {
	c.Owner, c.Next = result.OwnerUnknown, "report it with this request, or list it in --known"
	if owner, next := ofSetup(best); owner != "" {
		c.Owner, c.Next = owner, next
	}
	switch r := response(best); {
	case c.Known != "":
		c.Owner, c.Next = result.OwnerRelease, "nothing: your list of known failures has it"
		if best.check.Release != "" {
			c.Next = "nothing: " + best.check.Release + " does so wherever it runs"
		}
	case c.Expired != "":
		c.Owner, c.Next = result.OwnerUnknown, "its excuse is over: renew the entry, or upgrade"
	case c.Owner == result.OwnerSetup:
	case best.program:
		c.Next = "mend the program, or list it in --known"
	case surfaceClause(best.Clause):
		c.Next = "route them there, or list it in --known"
	case r != nil && r.Status >= 500:
		c.Next = "read the deployment's log for this request, report it"
	}
}

// ofSetup is what a failure says of the setup. An outage that the run made itself says nothing.
func ofSetup(best failed) (owner result.Owner, next string) {
	if best.program || best.Clause == outageClause || best.root == nil {
		return "", ""
	}
	r := best.root.Response
	if r == nil {
		return Advise(cmp.Or(best.root.Error, best.Actual))
	}
	switch shape := shapeOf(*r); {
	case r.Status >= 502 && r.Status <= 504:
		return result.OwnerSetup, backendDown
	case shape == emptyStream:
		return result.OwnerSetup, "what is behind the gateway may be down: read its log"
	case r.Status >= 400 && mediaTypeOf(*r) == "text/html":
		return result.OwnerSetup, "a proxy seems to answer: look at what is in front"
	case r.Status >= 400:
		return Advise(detailText(*r))
	default:
		return "", ""
	}
}

func response(f failed) *result.Response {
	if f.root == nil {
		return nil
	}
	return f.root.Response
}
