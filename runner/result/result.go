// Package result is what a run found out: verdicts, and the exchanges that show them. It is plain data. The runner
// fills it, the reports write it, and its JSON form is the report "vexa-conformance/report/v1" itself.
package result

import (
	"fmt"
	"strings"
	"time"
)

// Schema names the JSON report's format; see reports/report.schema.json.
const Schema = "vexa-conformance/report/v1"

// Verdict is what was found out about a check or a clause.
type Verdict string

// The verdicts, from good to bad as an aggregate ranks them: see [Worse].
const (
	// Skip was not allowed by the operator or not claimed by the target; the reason is given.
	Skip Verdict = "skip"
	// Pass is a promise kept.
	Pass Verdict = "pass"
	// Blocked could not be judged because a prerequisite failed; it counts against the run.
	Blocked Verdict = "blocked"
	// Error is the harness's own fault, never the target's.
	Error Verdict = "error"
	// Fail is a promise broken.
	Fail Verdict = "fail"
)

// Verdicts lists every verdict in the order in which people read them.
func Verdicts() []Verdict { return []Verdict{Pass, Fail, Blocked, Error, Skip} }

// Worse says whether v outweighs w when both were found about one clause: a broken clause is reported as such whatever
// else happened, and a clause with one judged check and one skipped is judged.
func (v Verdict) Worse(w Verdict) bool { return v.rank() > w.rank() }

func (v Verdict) rank() int {
	switch v {
	case Pass:
		return 1
	case Blocked:
		return 2
	case Error:
		return 3
	case Fail:
		return 4
	default:
		return 0
	}
}

// Tool is the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Target is the deployment that was judged.
type Target struct {
	// Name is how people call it: its base URL, or "reference (self-hosted)".
	Name     string `json:"name"`
	BaseURL  string `json:"base_url"`
	AdminURL string `json:"admin_url,omitempty"`
	AgentURL string `json:"agent_url,omitempty"`
	// Hosted says that plan limits apply.
	Hosted bool `json:"hosted"`
	// Reference says that it was the harness's own deployment.
	Reference bool `json:"reference,omitempty"`
	// Allowed are the effects that the operator allowed.
	Allowed []string `json:"allowed"`
}

// Report is one invocation of the harness: one run, or several (the editions of the reference).
type Report struct {
	Tool     Tool
	Started  time.Time
	Finished time.Time
	ExitCode int
	Runs     []Run
	// OverTime says that the runs are those of gates over time, in order of time, and not targets beside each other.
	OverTime bool
}

// Contract is an overlay of the operator's on an edition (--contract).
type Contract struct {
	File    string `json:"file"`
	Title   string `json:"title"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// String names the overlay, and the first digits of its digest, which tell two versions apart.
func (c Contract) String() string {
	const digits = 12
	return fmt.Sprintf("%s (%q %s, sha256 %.*s)", c.File, c.Title, c.Version, digits, c.SHA256)
}

// Run is the test of one deployment against one edition.
type Run struct {
	Edition string `json:"edition"`
	// Releases says which releases the edition documents.
	Releases string `json:"releases,omitempty"`
	// Contract is what the operator changed in the edition's document; nil if nothing.
	Contract *Contract `json:"contract,omitempty"`
	// Detected is how the edition was found out; nil if the operator named it.
	Detected *Detected `json:"detected,omitempty"`
	// FitsBetter is another edition that fits the target better than the one that the operator named; nil if none does.
	FitsBetter *Detected `json:"fits_better,omitempty"`
	// Binds is "client" or "handler" where a client program or a webhook receiver was judged in place of a deployment.
	Binds    string    `json:"binds,omitempty"`
	Target   Target    `json:"target"`
	Seed     uint64    `json:"seed"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	ExitCode int       `json:"exit_code"`
	// Interrupted says that the run was stopped before its end: what follows is what was judged by then.
	Interrupted bool    `json:"interrupted,omitempty"`
	Summary     Summary `json:"summary"`
	// Causes are the roots of the failures, the ones that nothing excuses first. It is nil in a report of a version that did
	// not name them, and empty if nothing failed.
	Causes  []Cause  `json:"causes,omitzero"`
	Clauses []Clause `json:"clauses"`
	Checks  []Check  `json:"checks"`
	// OwnKeys says that the keys of the curl lines were the run's own, which it revoked at its end.
	OwnKeys bool `json:"own_keys,omitempty"`
	// Setup are the exchanges by which the run's own users and keys were created and revoked.
	Setup []Exchange `json:"setup"`
	// Drift is what the answers of success have that the document does not describe. It is informational.
	Drift []Drift `json:"drift,omitempty"`
	// Coverage is what the edition's document has, and what the run saw of it.
	Coverage []Coverage `json:"coverage"`
	// Described is how the target describes itself, against the edition's document; nil if it does not. It is informational, and
	// not judged.
	Described *Described `json:"described,omitempty"`
	// Unmet are the demands on how much is judged (--require, --require-share) that the run does not meet, in words.
	Unmet []string `json:"unmet,omitempty"`
	// Release is the release whose list of known failures excused some of the run's; nil if none was named.
	Release *Release `json:"release,omitempty"`
	// Stale are the known failures of the operator's own list that pass now: each fails the run until it is taken from the list.
	Stale []string `json:"stale,omitempty"`
	// Notes are remarks on the run as a whole, for people: what was throttled, what could not be cleaned up.
	Notes []string `json:"notes,omitempty"`
}

// Release is a release with a list of what it is known to break.
type Release struct {
	Name string `json:"name"`
	// Passes are the entries of its list whose failures pass here, which fails nothing: releases are configured differently.
	Passes []string `json:"passes,omitempty"`
}

// Summary counts verdicts.
type Summary struct {
	Checks    map[Verdict]int `json:"checks"`
	Clauses   map[Verdict]int `json:"clauses"`
	Exchanges int             `json:"exchanges"`
	// Known counts the broken clauses that are excused; they are among those that fail.
	Known int `json:"known,omitempty"`
	// NotApplicable counts the clauses that do not apply to the target; they are among those that are skipped.
	NotApplicable int `json:"not_applicable,omitempty"`
	// NeedAllow counts the skipped clauses that would be judged if the operator allowed more, and Allow is what --allow
	// then is.
	NeedAllow int    `json:"need_allow,omitempty"`
	Allow     string `json:"allow,omitempty"`
	// Throttled counts the answers 429 that were waited out.
	Throttled int `json:"throttled"`
}

// Clause is one promise and what was found out about it.
type Clause struct {
	ID       string  `json:"id"`
	Promise  string  `json:"promise"`
	Source   string  `json:"source"`
	Strength string  `json:"strength"`
	Verdict  Verdict `json:"verdict"`
	// Reason says why the clause has no verdict, where it has none.
	Reason string `json:"reason,omitempty"`
	// Known is the reason for which its failures are excused, where all of them are.
	Known string `json:"known,omitempty"`
	// Expired is the reason for which one of its failures was excused, if the last day of that is over.
	Expired string `json:"expired,omitempty"`
	// NotApplicable says that it is skipped because it does not apply to the target: all of its checks were.
	NotApplicable bool `json:"not_applicable,omitempty"`
	// NeedsAllow is what --allow would have to be for it to be judged, if it is skipped for that.
	NeedsAllow string `json:"needs_allow,omitempty"`
	// Checks are the ids of the checks that are evidence for it.
	Checks []string `json:"checks"`
}

// Check is one executed (or skipped) check.
type Check struct {
	ID      string   `json:"id"`
	Clauses []string `json:"clauses"`
	Verdict Verdict  `json:"verdict"`
	// Reason says in words why the verdict is not pass.
	Reason   string `json:"reason,omitempty"`
	Expected string `json:"expected,omitempty"`
	Actual   string `json:"actual,omitempty"`
	// Known is the reason for which a known failure is excused; empty where it is not.
	Known string `json:"known,omitempty"`
	// Expired is the reason for which a failure was excused, if the last day of that is over.
	Expired string `json:"expired,omitempty"`
	// Release is the release that is known to fail so: its list excuses some failures of the check, or all.
	Release string `json:"release,omitempty"`
	// Owner is whose the reason for a blocked check looks like, and Next what to do; empty if the reason does not say.
	Owner Owner  `json:"owner,omitempty"`
	Next  string `json:"next,omitempty"`
	// NotApplicable says that it was skipped because its promise does not apply to the target.
	NotApplicable bool `json:"not_applicable,omitempty"`
	// NeedsAllow is what --allow would have to be for it to run, if it was skipped for that.
	NeedsAllow string `json:"needs_allow,omitempty"`
	// Failures are all broken promises that the check reported, each different one once. Expected and Actual are the first's.
	Failures   []Failure  `json:"failures,omitempty"`
	Started    time.Time  `json:"started,omitzero"`
	DurationMS float64    `json:"duration_ms"`
	Exchanges  []Exchange `json:"exchanges"`
}

// Failure is one broken promise as a check reported it.
type Failure struct {
	// Clause is the promise; empty if the check did not say which of its clauses it is.
	Clause   string `json:"clause,omitempty"`
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
	// Known is the reason for which it is excused; empty where it is not.
	Known string `json:"known,omitempty"`
	// Exchange is the number of the exchange that shows it, counted from 1 among the check's exchanges; 0 if none does.
	Exchange int `json:"exchange,omitempty"`
	// Follows is the number of the exchange that this is a consequence of, counted in the same way: the refused request that
	// left something behind, for example. It is 0 if there is none.
	Follows int `json:"follows,omitempty"`
}

// Shows returns the exchange with a number as [Failure] has it, and nil if there is none.
func (c Check) Shows(number int) *Exchange {
	if number < 1 || number > len(c.Exchanges) {
		return nil
	}
	return &c.Exchanges[number-1]
}

// Cause is one root of one or many failures. See the package cause for what makes two failures have the same one.
type Cause struct {
	// ID is the same in each run that finds the cause, whatever its seed, ids and times are.
	ID string `json:"id"`
	// Sentence says in plain words what the deployment does, and what it should do.
	Sentence string `json:"sentence"`
	// Known is the reason for which its failures are excused, if all of them are.
	Known string `json:"known,omitempty"`
	// Expired is the reason for which one of its failures was excused, if the last day of that is over.
	Expired string `json:"expired,omitempty"`
	// Owner is whose it looks like, and Next what to do next; empty in reports of versions that did not say.
	Owner Owner  `json:"owner,omitempty"`
	Next  string `json:"next,omitempty"`
	// Operations are those that show it, such as "POST /bots".
	Operations []string `json:"operations"`
	Clauses    []string `json:"clauses"`
	Checks     []string `json:"checks"`
	// Exchange is one request that shows it; nil if no single one does.
	Exchange *Exchange `json:"exchange,omitempty"`
}

// Owner is whose a failure looks like.
type Owner string

// The owners.
const (
	// OwnerSetup is the operator's own setup: DNS, a backend, a proxy, a port, a key.
	OwnerSetup Owner = "setup"
	// OwnerRelease is the release that is deployed: the failure is in its list of known failures.
	OwnerRelease Owner = "release"
	// OwnerUnknown is none of these for sure.
	OwnerUnknown Owner = "unknown"
)

// Advice says to the operator in one line whose a failure looks like, and what to do next; empty for no owner.
func (o Owner) Advice(next string) string {
	words := map[Owner]string{OwnerSetup: "looks like your setup", OwnerRelease: "looks like this release", OwnerUnknown: "owner unknown"}
	if words[o] == "" || next == "" {
		return words[o]
	}
	return words[o] + "; next: " + next
}

// Area is the part of the contract that the check belongs to: the first part of its id.
func (c Check) Area() string {
	area, _, _ := strings.Cut(c.ID, "/")
	return area
}

// The exit codes of the command line.
const (
	ExitKept         = 0   // every judged clause is kept
	ExitBroken       = 1   // a clause is broken, or a known failure passes now
	ExitUsage        = 2   // usage or configuration
	ExitUnreachable  = 3   // the target cannot be reached, or the credentials do not work
	ExitInconclusive = 4   // clauses that the run set out to judge have no verdict
	ExitHarness      = 5   // the harness failed
	ExitInterrupted  = 130 // interrupted
)
