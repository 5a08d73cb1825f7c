package runner_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures"
	"vexa-conformance/fixtures/reference"
	"vexa-conformance/runner"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

const (
	// latency is that of a bad link to another continent.
	latency = 300 * time.Millisecond
	// oneIn of the requests is lost.
	oneIn = 20
)

// shortened are how many bytes of a cut answer arrive: a part of its status line, of its head, and of the body after it.
func shortened() []int { return []int{7, 40, 160} }

// damage is what a network does to a request.
type damage int

const (
	none damage = iota
	resetBefore
	resetAfter
	resetInside
	cutShort
	kinds
)

// network is a bad one before a deployment. It knows nothing of HTTP: what comes from the client after something came from the
// deployment is another request.
type network struct {
	to       string
	requests atomic.Int64
	// done counts what was done of each kind.
	done [kinds]atomic.Int64
}

// unreliable puts a bad network before a deployment.
func unreliable(t *testing.T, to string) (front string, n *network) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n = &network{to: strings.TrimPrefix(to, "http://")}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go n.carry(conn.(*net.TCPConn))
		}
	}()
	return "http://" + l.Addr().String(), n
}

// next is what is done to the next request.
func (n *network) next() damage {
	i := n.requests.Add(1)
	if i%oneIn != 0 {
		return none
	}
	d := resetBefore + damage(i/oneIn)%(kinds-1)
	n.done[d].Add(1)
	return d
}

// carry carries one connection, until one of the two hangs up or it is spoilt.
func (n *network) carry(client *net.TCPConn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", n.to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	over := make(chan struct{})
	defer close(over)
	var mu sync.Mutex
	fate, asking := none, false
	go func() {
		defer func() { _ = client.Close() }()
		for chunk := range slowly(server, over) {
			mu.Lock()
			ends := fate
			asking = false
			mu.Unlock()
			if ends != none && ends != resetAfter {
				_, _ = client.Write(chunk[:min(len(chunk)-1, shortened()[n.requests.Load()%3])])
			}
			switch ends {
			case none:
				_, _ = client.Write(chunk) // a client that hung up reads no more
				continue
			case resetAfter, resetInside:
				_ = client.SetLinger(0)
			}
			return
		}
	}()
	buffer := make([]byte, 32<<10)
	for {
		size, err := client.Read(buffer)
		if err != nil {
			return
		}
		mu.Lock()
		if !asking {
			fate, asking = n.next(), true
		}
		lost := fate == resetBefore
		mu.Unlock()
		if lost {
			_ = client.SetLinger(0)
			return
		}
		if _, err := server.Write(buffer[:size]); err != nil {
			return
		}
	}
}

// slowly reads what comes, each piece as late as the network is, until it is over.
func slowly(from io.Reader, over <-chan struct{}) <-chan []byte {
	type piece struct {
		bytes []byte
		due   <-chan time.Time
	}
	under, out := make(chan piece, 1<<10), make(chan []byte)
	go func() {
		defer close(under)
		for {
			buffer := make([]byte, 32<<10)
			size, err := from.Read(buffer)
			if size > 0 {
				under <- piece{buffer[:size], time.After(latency)}
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(out)
		for p := range under {
			select {
			case <-p.due:
			case <-over:
				return
			}
			select {
			case out <- p.bytes:
			case <-over:
				return
			}
		}
	}()
	return out
}

// TestAnUnreliableNetwork: a slow network that loses one request in twenty, before it comes, after it was done, and in the middle of
// the answer, makes no promise broken, starts no bot twice, leaves nothing, and costs few verdicts.
func TestAnUnreliableNetwork(t *testing.T) {
	t.Parallel()
	for _, edition := range spec.Editions() {
		for _, allow := range [][]spec.Effect{observing(), spec.Effects()[:3]} {
			t.Run(fmt.Sprint(edition, allow), func(t *testing.T) {
				t.Parallel()
				d := start(t, edition)
				front, n := unreliable(t, d.BaseURL)
				c := config(t, contract(t, edition), front, d.AdminToken)
				c.Allow, c.Parallel, c.Patience, c.Journal = allow, 64, 10*time.Second, t.TempDir()
				run, err := runner.Run(t.Context(), c, suites.All(c.Contract))
				require.NoError(t, err)
				for _, check := range run.Checks {
					if check.Verdict == result.Fail || check.Verdict == result.Error {
						assert.Fail(t, "a wrong verdict", "%s: %s expected %s, got %s", check.ID, check.Reason, check.Expected, check.Actual)
					}
					assertNoSecondBot(t, check)
				}
				for kind := resetBefore; kind < kinds; kind++ {
					assert.Positive(t, n.done[kind].Load(), "the network was bad in the way %d", kind)
				}
				assert.Greater(t, run.Summary.Checks[result.Pass], 4*run.Summary.Checks[result.Blocked], "most checks still have a verdict")
				assertNothingLeft(t, d, run)
			})
		}
	}
}

// assertNoSecondBot wants no check to send again a POST /bots for a meeting whose answer was lost.
func assertNoSecondBot(t *testing.T, check result.Check) {
	t.Helper()
	if check.ID == "bots/duplicate-race" {
		return // it sends eight at once, of which one may be lost before the others go
	}
	for _, lost := range check.Exchanges {
		if lost.Operation != "createBot" || lost.Error == "" || fixtures.MeetingOf([]byte(lost.Request.Body)).NativeID == "" {
			continue
		}
		ended := lost.Started.Add(time.Duration(lost.DurationMS * float64(time.Millisecond)))
		assert.False(t, slices.ContainsFunc(check.Exchanges, func(e result.Exchange) bool {
			return e.Operation == "createBot" && e.Request.Body == lost.Request.Body && e.Started.After(ended)
		}), "%s sends the same bot again", check.ID)
	}
}

// assertNothingLeft wants no bot to run, nothing to be planned and no key to be valid, but of v0.12 those that nobody has seen and that are told.
func assertNothingLeft(t *testing.T, d *reference.Deployment, run result.Run) {
	t.Helper()
	notes := strings.Join(run.Notes, "\n")
	bots, keys := d.Remaining()
	assert.Zero(t, bots, notes)
	assert.Zero(t, d.Plans(), notes)
	if told := strings.Contains(notes, "may have a key that nobody has seen"); run.Edition == string(spec.V010) || !told {
		assert.Zero(t, keys, notes)
	}
}
