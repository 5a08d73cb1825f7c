package deployment

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// receiver takes the webhooks that the target delivers, for as long as the run lasts.
type receiver struct {
	server   *http.Server
	url      string
	secret   string
	expected bool

	mu        sync.Mutex
	came      []inbound
	refusable []string
}

// inbound is a delivery and the number that it has in the record, once a check has looked at it.
type inbound struct {
	spec.Delivery
	exchange transport.Exchange
}

// newReceiver listens where the operator says, or on loopback where the target is there too.
func newReceiver(ctx context.Context, c Config) (*receiver, error) {
	address := c.WebhookListen
	if address == "" {
		address = "127.0.0.1:0"
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks on %s (--webhook-listen): %w", address, err)
	}
	r := &receiver{url: c.WebhookURL, secret: "whsec_" + rand.Text(), expected: c.WebhookListen != ""}
	if r.url == "" {
		r.url = "http://" + l.Addr().String() + "/vexa-conformance"
	}
	// What a deployment takes for its delivery is its own business; this only bounds who connects and says nothing.
	r.server = &http.Server{Handler: r, ReadTimeout: c.Timeout}
	go func() { _ = r.server.Serve(l) }() // it returns when close closes the server
	return r, nil
}

// reachable says whether a receiver on loopback is where the target would look for it.
func reachable(c Config) bool {
	if c.WebhookListen != "" {
		return true
	}
	u, err := url.Parse(c.Target.BaseURL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (r *receiver) close() { _ = r.server.Close() } // the run is over

// ServeHTTP acknowledges a delivery, but for the first one that is to be refused.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	started := time.Now()
	body, err := io.ReadAll(io.LimitReader(req.Body, transport.DefaultMaxBody))
	if err != nil {
		return // cut short: it is not acknowledged, and comes again or not
	}
	status := http.StatusOK
	r.mu.Lock()
	if i := slices.IndexFunc(r.refusable, func(text string) bool { return bytes.Contains(body, []byte(text)) }); i >= 0 {
		r.refusable = slices.Delete(r.refusable, i, i+1)
		status = http.StatusServiceUnavailable
	}
	r.came = append(r.came, inbound{
		Delivery: spec.Delivery{Header: req.Header, Body: body, Refused: status != http.StatusOK},
		exchange: transport.Exchange{
			Operation: &spec.Operation{ID: "webhook", Method: req.Method}, Call: spec.Call{Caller: "the deployment", Body: body},
			Request: &http.Request{Method: req.Method, URL: r.deliveryURL(req.URL), Header: req.Header}, Started: started, Took: time.Since(started),
			Response: spec.Response{Status: status, Proto: req.Proto, Header: http.Header{}},
		},
	})
	r.mu.Unlock()
	w.WriteHeader(status)
}

// deliveryURL is the URL that a delivery went to.
func (r *receiver) deliveryURL(asked *url.URL) *url.URL {
	u, err := url.Parse(r.url)
	if err != nil {
		return asked
	}
	return u.ResolveReference(asked)
}

// webhooks is the receiver as one check sees it.
type webhooks struct {
	*receiver
	deployment *target
}

// Webhooks opens the receiver at the first call of the run.
func (d *target) Webhooks(t suites.T) suites.Webhooks {
	t.Helper()
	s := d.session
	if !reachable(s.config) {
		t.Skipf("no receiver that the target can reach: give --webhook-listen, and its public URL as --webhook-url")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.receiver == nil {
		r, err := newReceiver(t.Context(), s.config)
		if err != nil {
			t.Blocked("%v", err)
		}
		s.receiver = r
	}
	return webhooks{s.receiver, d}
}

func (w webhooks) URL() string { return w.url }

func (w webhooks) Secret() string { return w.secret }

func (w webhooks) Expected() bool { return w.expected }

// Refuse has the first delivery with that text refused.
func (w webhooks) Refuse(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusable = append(w.refusable, text)
}

// Received looks for deliveries, and puts those that it finds into the record of the check.
func (w webhooks) Received(text string) []spec.Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []spec.Delivery
	for i := range w.came {
		one := &w.came[i]
		if !strings.Contains(string(one.Body), text) {
			continue
		}
		record := w.deployment.session.record
		if one.Seq == 0 {
			one.exchange.Check = w.deployment.check.ID
			one.Seq = record.Receive(one.exchange)
		}
		record.Share(w.deployment.check.ID, one.Seq)
		found = append(found, one.Delivery)
	}
	return found
}
