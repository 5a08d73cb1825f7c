package record

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// Recorder is the T of a run outside `go test`: it keeps what a check reports as a verdict.
type Recorder struct {
	ctx context.Context

	mu      sync.Mutex
	verdict result.Verdict
	reason  string
	// notApplicable says that the check was skipped because its promise does not apply to the target.
	notApplicable bool
	failures      []failure
}

// failure is one broken clause as a check reported it.
type failure struct {
	shown    int // the number of the exchange that shows it, 0 for none
	follows  int // the number of the exchange that it is a consequence of, 0 for none
	clause   string
	expected string
	actual   string
}

// NewRecorder is that of a check that passes until it reports something else.
func NewRecorder(ctx context.Context) *Recorder {
	return &Recorder{ctx: ctx, verdict: result.Pass}
}

// Watch runs a check's body on a goroutine of its own, so that FailNow can end it, and returns when it has ended. A
// panic is the harness's fault and never the target's.
func (r *Recorder) Watch(body func()) {
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

// Verdict is the verdict until now.
func (r *Recorder) Verdict() result.Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.verdict
}

// Reason says why a check has no verdict on its promise.
func (r *Recorder) Reason() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reason
}

// SkipPlanned skips a check for the reason that the plan has.
func (r *Recorder) SkipPlanned(p plan.Planned) {
	r.notApplicable = p.NotApplicable
	r.set(result.Skip, p.Skip)
}

// Interrupted blocks a check that had not begun when the run was interrupted.
func (r *Recorder) Interrupted() { r.set(result.Blocked, "the run was interrupted before it") }

// set keeps the worst verdict, and the first reason for it.
func (r *Recorder) set(v result.Verdict, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.Worse(r.verdict) || v == result.Skip && r.verdict == result.Pass {
		r.verdict, r.reason = v, reason
	}
}

// Errorf fails the check with a message: it is what testify calls.
func (r *Recorder) Errorf(format string, args ...any) {
	r.fail(failure{actual: fmt.Sprintf(format, args...)})
}

// FailNow ends the check.
func (r *Recorder) FailNow() { runtime.Goexit() }

// Helper is for *testing.T.
func (r *Recorder) Helper() {}

// Logf is for *testing.T: the exchanges of a check say what it did.
func (r *Recorder) Logf(string, ...any) {}

// Context ends when the run is interrupted.
func (r *Recorder) Context() context.Context { return r.ctx }

// Broken fails the check. What was received is never empty: where the check does not say it, the answer that shows it does.
func (r *Recorder) Broken(shown spec.Response, m spec.Mismatch) {
	if strings.TrimSpace(m.Actual) == "" {
		m.Actual = "nothing"
		if shown.Status > 0 {
			m.Actual = shown.String()
		}
	}
	r.fail(failure{shown: shown.Seq, follows: m.Follows, clause: m.Clause, expected: m.Expected, actual: m.Actual})
}

func (r *Recorder) fail(f failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verdict, r.reason = result.Fail, ""
	r.failures = append(r.failures, f)
}

// Blocked ends the check without a verdict on the promise.
func (r *Recorder) Blocked(format string, args ...any) {
	r.set(result.Blocked, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// Skipf ends the check as not judged.
func (r *Recorder) Skipf(format string, args ...any) {
	r.set(result.Skip, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// NotApplicable ends the check as one whose promise does not apply to the target.
func (r *Recorder) NotApplicable(format string, args ...any) {
	r.notApplicable = true
	r.set(result.Skip, fmt.Sprintf(format, args...))
	runtime.Goexit()
}
