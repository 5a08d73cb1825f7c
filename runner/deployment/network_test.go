package deployment_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// badNetwork is a slow and unreliable line: what is answered comes late, and of what is sent every twentieth piece, which is a
// request as a rule, costs its connection: before it arrives, once it has arrived, or in the middle of the answer, by a reset or by an
// end as if that was all.
type badNetwork struct {
	t      *testing.T
	to     string
	late   time.Duration
	pieces atomic.Int64
	all    sync.WaitGroup
}

// start listens, and returns the address as a URL.
func (n *badNetwork) start() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(n.t, err)
	n.all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", n.to)
			if err != nil {
				_ = client.Close()
				continue
			}
			n.all.Go(func() { n.line(client.(*net.TCPConn), back.(*net.TCPConn)) })
		}
	})
	n.t.Cleanup(func() {
		require.NoError(n.t, l.Close())
		n.all.Wait()
	})
	return "http://" + l.Addr().String()
}

// What becomes of an answer.
const (
	intact int32 = iota
	lostWhole
	cutShort
)

// reset ends a connection as if the machine behind it had failed.
func reset(c *net.TCPConn) { _ = errors.Join(c.SetLinger(0), c.Close()) }

// line passes on what comes from both ends until one of them closes.
func (n *badNetwork) line(client, back *net.TCPConn) {
	defer func() { _ = errors.Join(client.Close(), back.Close()) }()
	var next atomic.Int32 // what becomes of the next answer
	var answers sync.WaitGroup
	answers.Go(func() { n.answers(client, back, &next) })
	defer answers.Wait()
	defer func() { _ = back.Close() }() // which ends the answers
	piece := make([]byte, 64<<10)
	for {
		size, err := client.Read(piece)
		if err != nil {
			return
		}
		lost := n.pieces.Add(1)
		if lost%20 == 0 && lost/20%3 == 0 {
			reset(client)
			return
		}
		if next.Store(intact); lost%20 == 0 {
			next.Store(int32(lost / 20 % 3))
		}
		if _, err := back.Write(piece[:size]); err != nil {
			return
		}
	}
}

// answers passes on what is answered, late and in order.
func (n *badNetwork) answers(client, back *net.TCPConn, next *atomic.Int32) {
	type late struct {
		at   time.Time
		text []byte
	}
	queue := make(chan late, 1024)
	var sending sync.WaitGroup
	defer sending.Wait()
	defer close(queue)
	sending.Go(func() {
		for one := range queue {
			time.Sleep(time.Until(one.at))
			switch next.Swap(intact) {
			case lostWhole: // the request has arrived by now
				reset(client)
			case cutShort:
				cuts := []int{7, 40, len(one.text) / 2} // in the status line, in the head, and in the middle
				_, _ = client.Write(one.text[:min(cuts[n.pieces.Load()/20%3], len(one.text)-1)])
				_ = client.Close()
			}
			if _, err := client.Write(one.text); err != nil {
				_ = back.Close()
			}
		}
	})
	for {
		piece := make([]byte, 64<<10)
		size, err := back.Read(piece)
		if size > 0 {
			queue <- late{time.Now().Add(n.late), piece[:size]}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = client.Close()
			}
			return
		}
	}
}

// TestProofOnABadNetwork: with 300 ms to each answer and a connection in twenty lost, no promise looks broken, no bot is asked for twice, most
// is judged all the same, and nothing is left.
func TestProofOnABadNetwork(t *testing.T) {
	referencetest.Exhaustive(t)
	t.Parallel()
	for _, edition := range spec.Editions() {
		for _, allow := range [][]spec.Effect{{spec.Observe, spec.Write}, {spec.Observe, spec.Write, spec.Bots}} {
			t.Run(string(edition)+"/"+allow[len(allow)-1].String(), func(t *testing.T) {
				t.Parallel()
				var arrived atomic.Int64
				d := referencetest.Start(t, reference.Options{Edition: string(edition), Middleware: func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Method == http.MethodPost && r.URL.Path == "/bots" {
							arrived.Add(1)
						}
						next.ServeHTTP(w, r)
					})
				}})
				line := &badNetwork{t: t, to: strings.TrimPrefix(d.BaseURL, "http://"), late: 300 * time.Millisecond}
				c := config(t, referencetest.Contract(t, edition), line.start(), d.AdminToken)
				c.Allow, c.Parallel, c.Patience = allow, 32, 20*time.Second
				run, err := deployment.Run(t.Context(), c, suites.All(c.Contract))
				require.NoError(t, err)
				sent := int64(0)
				for _, check := range run.Checks {
					assert.NotContains(t, []result.Verdict{result.Fail, result.Error}, check.Verdict, "%s: expected %s, got %s %s", check.ID, check.Expected, check.Actual, check.Reason)
					for _, e := range check.Exchanges {
						if e.Operation == "createBot" && !e.Nowhere {
							sent++
						}
					}
				}
				assert.LessOrEqual(t, arrived.Load(), sent, "what may start a bot is sent once")
				assert.Greater(t, run.Summary.Checks[result.Pass], 4*run.Summary.Checks[result.Blocked])
				bots, keys := d.Remaining()
				assert.Zero(t, bots, "what was asked for unseen is stopped as well")
				assert.Zero(t, d.Plans())
				assert.LessOrEqual(t, keys, strings.Count(strings.Join(run.Notes, "\n"), "nobody has seen"), "what is left is reported")
			})
		}
	}
}
