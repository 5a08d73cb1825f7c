package deployment_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// BenchmarkRun judges the reference, then replays the same requests with a plain client at the same parallelism, and
// reports the ratio of the two. The checks about limits are left out: they wait by promise, and in a replay nobody would.
func BenchmarkRun(b *testing.B) {
	for _, e := range spec.Editions() {
		b.Run(string(e), func(b *testing.B) {
			contract, err := spec.Load(b.Context(), e)
			require.NoError(b, err)
			var judging, replaying time.Duration
			requests := 0
			for b.Loop() {
				d, err := reference.Start(b.Context(), reference.Options{Edition: string(e)})
				require.NoError(b, err)
				seen := &recordingTransport{}
				began := time.Now()
				_, err = deployment.Run(b.Context(), deployment.Config{
					Selection: plan.Selection{Contract: contract, Allow: spec.Effects(), Strength: spec.Should, Skip: []string{"rate/*"}},
					Options:   transport.Options{Target: transport.Target{BaseURL: d.BaseURL}, Timeout: 10 * time.Second, Version: "bench", Wrap: seen.wrap},
					Tenants:   fixtures.NewTenants(1, d.AdminToken, fixtures.Keys{}), Parallel: parallel, Patience: 3 * time.Second, Seed: 1,
				}, suites.All(contract))
				judging += time.Since(began)
				require.NoError(b, err)
				replaying += replay(b, seen.requests)
				requests = len(seen.requests)
				require.NoError(b, d.Close())
			}
			b.ReportMetric(judging.Seconds()/replaying.Seconds(), "run/replay")
			b.ReportMetric(float64(requests), "requests")
		})
	}
}

const (
	parallel = 8
	// setupRequests is what a run sends before its first check: the revocation among it is what a check is about.
	setupRequests = 10
)

// recordingTransport keeps what a run sends.
type recordingTransport struct {
	next     http.RoundTripper
	mu       sync.Mutex
	requests []sent
}

type sent struct {
	method, url string
	header      http.Header
	body        []byte
}

func (r *recordingTransport) wrap(next http.RoundTripper) http.RoundTripper {
	r.next = next
	return r
}

func (r *recordingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.mu.Lock()
	beginning := len(r.requests) < setupRequests
	// The keys of the run must be good in the replay too, or the deployment would have next to nothing to do in it.
	kept := req.Method == http.MethodDelete && strings.Contains(req.URL.Path, "/admin/tokens/") && !beginning
	if !kept {
		r.requests = append(r.requests, sent{req.Method, req.URL.String(), req.Header.Clone(), body})
	}
	r.mu.Unlock()
	if kept {
		return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	}
	return r.next.RoundTrip(req)
}

// replay sends the requests with a plain client, as many at once as the run did, and reads the answers. Streams are left
// at their head, as in the run, and sockets at theirs.
func replay(b *testing.B, requests []sent) time.Duration {
	b.Helper()
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 2 * parallel},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	queue := make(chan sent)
	began := time.Now()
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for s := range queue {
				req, err := http.NewRequestWithContext(b.Context(), s.method, s.url, bytes.NewReader(s.body))
				if err != nil {
					b.Error(err)
					continue
				}
				req.Header = s.header
				res, err := client.Do(req)
				if err != nil {
					b.Error(err)
					continue
				}
				if res.StatusCode != http.StatusSwitchingProtocols && res.Header.Get("Content-Type") != "text/event-stream" {
					_, _ = io.Copy(io.Discard, res.Body) // as far as it comes
				}
				_ = res.Body.Close()
			}
		})
	}
	for _, s := range requests {
		queue <- s
	}
	close(queue)
	workers.Wait()
	return time.Since(began)
}
