package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"time"

	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// soon is how long before its end a certificate is worth a word: most are renewed a month ahead.
const soon = 14 * 24 * time.Hour

// certificate shakes hands, and tells what with.
func (p *patient) certificate(ctx context.Context, host, port string) bool {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.Run.TLS != nil {
		config = p.Run.TLS.Clone()
	}
	config.ServerName, config.NextProtos = host, []string{"h2", "http/1.1"}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: p.Run.Timeout}, Config: config}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		p.find(Problem, "TLS", "its certificate does not hold, or it does not speak TLS: "+err.Error(), "check the certificate; one of a private authority wants --ca, one for clients --client-cert")
		return false
	}
	defer func() { _ = conn.Close() }() // it was only tried
	state := conn.(*tls.Conn).ConnectionState()
	leaf := state.PeerCertificates[0]
	protocol, issuer := cmp.Or(state.NegotiatedProtocol, "http/1.1"), cmp.Or(leaf.Issuer.CommonName, leaf.Issuer.String())
	text := fmt.Sprintf("%s, %s, by %s until %s", tls.VersionName(state.Version), protocol, issuer, leaf.NotAfter.Format(time.DateOnly))
	if left := time.Until(leaf.NotAfter); left < soon {
		p.find(Note, "TLS", text, fmt.Sprintf("renew the certificate: it ends in %.0f days", left.Hours()/24))
	} else {
		p.find(Fine, "TLS", text, "")
	}
	return true
}

// key is one of those that work and that an operation may be called with.
func (p *patient) key(op *spec.Operation) string {
	for _, name := range []string{"VEXA_API_KEY", "VEXA_API_KEY_TX", "VEXA_API_KEY_BOT"} {
		fits := name == "VEXA_API_KEY" || name == "VEXA_API_KEY_TX" && op.Accepts(spec.Scope("tx")) || name == "VEXA_API_KEY_BOT" && op.Accepts(spec.Scope("bot"))
		if key := p.keys[name]; key != "" && fits {
			return key
		}
	}
	return ""
}

// streams opens the stream of a meeting that is only planned, which says nothing but that it is there: what is in between and
// gathers answers to their end keeps that back. The plan is deleted again.
func (p *patient) streams(ctx context.Context) {
	op, there := p.contract.Operation("streamMeeting")
	plan, planned := p.contract.Operation("planMeeting")
	switch {
	case !there || !planned:
		p.find(Note, "streams", "the edition has none", "")
		return
	case p.key(op) == "" || p.key(plan) == "":
		p.find(Note, "streams", "not looked at: there is no key for them", "give VEXA_API_KEY with the scopes bot and tx")
		return
	}
	made := p.send(ctx, spec.Call{Operation: "planMeeting", Caller: spec.Owner, Body: []byte(`{"title":"vexa-conformance doctor"}`)}, p.key(plan))
	id := made.Response.JSON().Get("id").Raw
	if made.Err != nil || !made.Response.Success() || id == "" {
		p.find(Note, "streams", "not looked at: no meeting could be planned: "+made.Response.String(), "")
		return
	}
	defer p.send(context.WithoutCancel(ctx), spec.Call{Operation: "deletePlan", Caller: spec.Owner, Path: map[string]string{"meeting_id": id}}, p.key(plan))
	head, first, refused := p.listen(ctx, p.transport, id, p.key(op))
	switch {
	case refused != "":
		p.find(Note, "streams", "not looked at: the stream of a planned meeting is answered "+refused, "")
	case head == 0:
		p.find(Problem, "streams", fmt.Sprintf("a stream does not open within %s: something in between gathers answers to their end", p.Quiet),
			"turn buffering off for the streams (nginx: proxy_buffering off; or the header X-Accel-Buffering: no)")
	case first == 0:
		p.find(Note, "streams", fmt.Sprintf("a stream opens after %d ms, and then says nothing for %s", head.Milliseconds(), p.Quiet),
			"if clients lose quiet streams, look at the idle time of what is in between")
	default:
		p.find(Fine, "streams", fmt.Sprintf("a stream opens after %d ms, and says after %d ms that it is there", head.Milliseconds(), first.Milliseconds()), "")
	}
}

// listen opens a meeting's stream, and says when its head came and when its first byte did; 0 is never. Refused is what came in
// place of a stream.
func (p *patient) listen(ctx context.Context, t *transport.Transport, meeting, key string) (head, first time.Duration, refused string) {
	ctx, cancel := context.WithTimeout(ctx, p.Quiet)
	defer cancel()
	begun := time.Now()
	query := url.Values{"meeting_id": {meeting}, "session_uid": {"vexa-conformance-doctor"}}
	call := spec.Call{Operation: "streamMeeting", Caller: spec.Owner, Query: query, Unretried: true}
	sent, body := t.Stream(ctx, request(call, key), transport.Observer{})
	if sent.Err != nil || body == nil {
		return 0, 0, ""
	}
	defer func() { _ = body.Close() }() // what more would come is not wanted
	p.encoding(sent.Response)
	if !sent.Response.Success() {
		return 0, 0, sent.Response.String()
	}
	head = time.Since(begun)
	if n, _ := io.ReadAtLeast(body, make([]byte, 1), 1); n > 0 {
		first = time.Since(begun)
	}
	return head, first, ""
}

// sockets asks for an upgrade.
func (p *patient) sockets(ctx context.Context) {
	for _, op := range p.contract.Operations() {
		if !op.Socket {
			continue
		}
		key := p.key(op)
		if key == "" {
			for _, any := range p.keys {
				key = any
			}
		}
		if key == "" {
			p.find(Note, "sockets", "not looked at: there is no key", "")
			return
		}
		sent, conn := p.transport.Dial(ctx, request(spec.Call{Operation: op.ID, Caller: spec.Owner, Unretried: true}, key), transport.Observer{})
		if conn != nil {
			p.find(Fine, "sockets", "a WebSocket opens", "")
			_ = conn.CloseNow() // it was only tried
			return
		}
		status := "no answer"
		if sent.Response.Status != 0 {
			status = fmt.Sprint(sent.Response.Status)
		}
		p.find(Problem, "sockets", "a WebSocket does not open: "+status,
			"have what is in between pass upgrades on (nginx: proxy_http_version 1.1, and the headers Upgrade and Connection)")
		return
	}
}

// hops sends the same to the deployment behind the proxy, and names what was changed on the way.
func (p *patient) hops(ctx context.Context, direct *transport.Transport) {
	if direct == nil {
		return
	}
	changed := slices.ContainsFunc(p.findings, func(f Finding) bool { return f.Topic == "hops" })
	for _, call := range []spec.Call{
		{Operation: "getMe", Caller: spec.Nobody},
		{Operation: "getMe", Caller: spec.Nobody, RawPath: "/vexa-conformance/doctor"},
		{Operation: "getMe", Caller: spec.Owner},
	} {
		key := ""
		if call.Caller == spec.Owner {
			for _, key = range p.keys {
				break
			}
			if key == "" {
				continue
			}
		}
		through, behind := p.send(ctx, call, key), direct.Do(ctx, request(call, key), transport.Observer{})
		if behind.Err != nil {
			p.find(Problem, "hops", "the deployment behind cannot be reached: "+behind.Err.Error(), "check --direct")
			return
		}
		for _, difference := range differences(through, behind) {
			changed = true
			p.find(Problem, "hops", fmt.Sprintf("what is between here and %s changes answers: %s", p.Direct, difference), "look at the proxy's configuration: it should pass answers on as they are")
		}
	}
	changed = p.directStream(ctx, direct) || changed
	if !changed {
		p.find(Fine, "hops", "what is in between changes no answer", "")
	}
}

// differences are what one of two answers to the same request has, and the other has not.
func differences(through, behind transport.Exchange) []string {
	if through.Err != nil {
		return []string{"there is an answer behind it, and none in front: " + through.Err.Error()}
	}
	var all []string
	if a, b := through.Response.Status, behind.Response.Status; a != b {
		all = append(all, fmt.Sprintf("%d in front, %d behind", a, b))
	}
	if a, b := through.Response.MediaType(), behind.Response.MediaType(); a != b {
		all = append(all, fmt.Sprintf("%s in front, %s behind", a, b))
	}
	if a, b := string(through.Response.Body), string(behind.Response.Body); a != b && len(all) == 0 {
		all = append(all, "the bodies differ: "+through.Response.String()+" in front, "+behind.Response.String()+" behind")
	}
	for _, name := range slices.Sorted(maps.Keys(behind.Response.Header)) {
		// These are the connection's, or every proxy's own (RFC 9110, section 7.6.1).
		own := slices.Contains([]string{"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Server", "Date"}, name)
		if !own && through.Response.Header.Get(name) == "" {
			all = append(all, "a proxy removes the header "+name)
		}
	}
	return all
}

// directStream says whether a stream that does not open in front opens behind: then the hop is what holds it back.
func (p *patient) directStream(ctx context.Context, direct *transport.Transport) bool {
	buffers := slices.ContainsFunc(p.findings, func(f Finding) bool { return f.Topic == "streams" && f.Level == Problem })
	op, there := p.contract.Operation("streamMeeting")
	if !buffers || !there {
		return false
	}
	if head, _, _ := p.listen(ctx, direct, "0", p.key(op)); head > 0 {
		p.find(Problem, "hops", fmt.Sprintf("the stream opens behind, after %d ms: it is held back between here and %s", head.Milliseconds(), p.Direct), "turn buffering off there")
		return true
	}
	return errors.Is(ctx.Err(), context.Canceled)
}
