package runner

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// recorder is the T of a run outside `go test`: it keeps what a check reports as a verdict.
type recorder struct {
	ctx context.Context

	mu      sync.Mutex
	verdict result.Verdict
	reason  string
	// notApplicable says that the check was skipped because its promise does not apply to the target.
	notApplicable bool
	failures      []failure
}

// failure is one broken promise as a check told it.
type failure struct {
	shown    int // the number of the exchange that shows it, 0 for none
	follows  int // the number of the exchange that it is a consequence of, 0 for none
	clause   string
	expected string
	actual   string
}

func newRecorder(ctx context.Context) *recorder {
	return &recorder{ctx: ctx, verdict: result.Pass}
}

// watch runs a check's body on a goroutine of its own, so that FailNow can end it, and returns when it has ended. A
// panic is the harness's fault and never the target's.
func (r *recorder) watch(body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.set(result.Error, fmt.Sprintf("the check panicked: %v\n%s", p, debug.Stack()))
			}
		}()
		body()
	}()
	<-done
}

// set keeps the worst verdict, and the first reason for it.
func (r *recorder) set(v result.Verdict, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.Worse(r.verdict) || v == result.Skip && r.verdict == result.Pass {
		r.verdict, r.reason = v, reason
	}
}

// Errorf fails the check with a message: it is what testify calls.
func (r *recorder) Errorf(format string, args ...any) {
	r.fail(failure{actual: fmt.Sprintf(format, args...)})
}

// FailNow ends the check.
func (r *recorder) FailNow() { runtime.Goexit() }

// Helper is for *testing.T.
func (r *recorder) Helper() {}

// Logf is for *testing.T: the exchanges of a check say what it did.
func (r *recorder) Logf(string, ...any) {}

// Context ends when the run is interrupted.
func (r *recorder) Context() context.Context { return r.ctx }

// Broken fails the check. What was received is never empty: where the check does not say it, the answer that shows it does.
func (r *recorder) Broken(shown spec.Answer, m spec.Mismatch) {
	if strings.TrimSpace(m.Actual) == "" {
		m.Actual = "nothing"
		if shown.Status > 0 {
			m.Actual = shown.String()
		}
	}
	r.fail(failure{shown: shown.Seq, follows: m.Follows, clause: m.Clause, expected: m.Expected, actual: m.Actual})
}

func (r *recorder) fail(f failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verdict, r.reason = result.Fail, ""
	r.failures = append(r.failures, f)
}

// Blocked ends the check without a verdict on the promise.
func (r *recorder) Blocked(format string, args ...any) {
	r.set(result.Blocked, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// Skipf ends the check as not judged.
func (r *recorder) Skipf(format string, args ...any) {
	r.set(result.Skip, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// NotApplicable ends the check as one whose promise does not apply to the target.
func (r *recorder) NotApplicable(format string, args ...any) {
	r.notApplicable = true
	r.set(result.Skip, fmt.Sprintf(format, args...))
	runtime.Goexit()
}
