package transport

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"vexa-conformance/spec"
)

const (
	// firstBackoff is the least wait that spares a deployment anything; it doubles from there.
	firstBackoff = 250 * time.Millisecond
	// longestBackoff is the period by which the limits in the field are counted.
	longestBackoff = time.Minute
	// throttlePatience is how long one request is held back in all: two periods, and some for the jitter.
	throttlePatience = 150 * time.Second
	// WorthASpare is the wait from which on another key of the same user is used: limits of some a second are over sooner, those
	// counted by the minute are not.
	WorthASpare = 2 * time.Second
)

// backoff is the wait before a request is sent for the nth time again, n from 0: Retry-After as the least
// wait, and above it full jitter under a ceiling that doubles.
func backoff(n int, a spec.Response) time.Duration {
	ceiling := min(longestBackoff, firstBackoff<<min(n, 16))
	return min(retryAfter(a), spec.LongestRetryAfter-ceiling) + rand.N(ceiling)
}

// retryAfter is the wait that an answer asks for. A Retry-After that cannot be read is judged by the checks about limits, not here.
func retryAfter(a spec.Response) time.Duration {
	wait, _, err := a.RetryAfter()
	if err != nil {
		return 0
	}
	return wait
}

// ConnectionLost says whether the connection ended before a whole answer was there.
func ConnectionLost(err error) bool {
	var byGateway *dropped
	return cutShort(err) || goneAway(err) || errors.As(err, &byGateway) || slices.ContainsFunc(reset(), func(e error) bool { return errors.Is(err, e) })
}

// cutShort says whether an answer ended too early, also where that was in its head, which then looks like no HTTP.
func cutShort(err error) bool {
	var head textproto.ProtocolError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &head) ||
		err != nil && strings.Contains(err.Error(), "malformed HTTP") // net/http has no error of its own for it
}

// goneAway says whether a connection ended under a request before any byte of an answer. net/http exports none of these errors.
func goneAway(err error) bool {
	return err != nil && slices.ContainsFunc([]string{
		"http: server closed idle connection", "http2: server sent GOAWAY", "http2: client connection ",
	}, func(text string) bool { return strings.Contains(err.Error(), text) })
}
