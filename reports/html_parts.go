package reports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vexa-conformance/runner/result"
)

// lineOf is an exchange in a line.
func lineOf(e result.Exchange) string {
	what := "no answer: " + e.Error
	if e.Response != nil {
		what = fmt.Sprint(e.Response.Status)
	}
	return fmt.Sprintf("%s by %s: %s", e.Operation, e.Caller, safe(what))
}

func exchangeViewOf(e result.Exchange) exchangeView {
	v := exchangeView{Line: lineOf(e), Evidence: e.Evidence, Curl: safe(e.Curl)}
	v.Request = e.Request.Method + " " + safe(e.Request.URL) + "\n" + headerText(e.Request.Headers) + bodyText(e.Request.Body)
	if e.Response != nil {
		v.Response = fmt.Sprintf("%d\n", e.Response.Status) + headerText(e.Response.Headers) + bodyText(e.Response.Body)
	}
	return v
}

func headerText(h result.Header) string {
	var b strings.Builder
	for _, pair := range harPairs(h) {
		fmt.Fprintf(&b, "%s: %s\n", pair.Name, safe(pair.Value))
	}
	return b.String()
}

// maxShownBody is how much of a body the page shows.
const maxShownBody = 3000

// bodyText is a body for people: JSON indented, control characters named.
func bodyText(body string) string {
	if body == "" {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") == nil {
		body = b.String()
	}
	var lines []string
	for line := range strings.Lines(cutText(body, maxShownBody)) {
		lines = append(lines, safe(strings.TrimSuffix(line, "\n")))
	}
	return "\n" + strings.Join(lines, "\n")
}

// piece is a part of a text, marked where it differs from the other one.
type piece struct {
	Text   string
	Marked bool
}

// code marks the text between backticks.
func code(sentence string) []piece {
	var all []piece
	for i, part := range strings.Split(sentence, "`") {
		if part != "" {
			all = append(all, piece{part, i%2 == 1})
		}
	}
	return all
}

// differing marks the words in which two texts differ: what lies between their common beginning and end.
func differing(a, b string) (left, right []piece) {
	one, two := strings.SplitAfter(a, " "), strings.SplitAfter(b, " ")
	start := 0
	for start < min(len(one), len(two)) && one[start] == two[start] {
		start++
	}
	end := 0
	for end < min(len(one), len(two))-start && one[len(one)-1-end] == two[len(two)-1-end] {
		end++
	}
	split := func(words []string) []piece {
		var all []piece
		for _, p := range []piece{
			{strings.Join(words[:start], ""), false}, {strings.Join(words[start:len(words)-end], ""), true}, {strings.Join(words[len(words)-end:], ""), false},
		} {
			if p.Text != "" {
				all = append(all, p)
			}
		}
		return all
	}
	return split(one), split(two)
}

// matrixView is a table of callers and operations with the statuses that they got.
type matrixView struct {
	Callers []string
	Rows    []matrixRow
}

type matrixRow struct {
	Operation string
	Cells     [][]int
}

// columns are the callers in the order of how much they may do.
func columns() []string {
	return []string{"no key", "empty key", "unknown key", "revoked key", "bot key", "tx key", "browser key", "owner", "other user", "admin"}
}

func matrixOf(run result.Run) matrixView {
	statuses := map[string]map[string][]int{}
	var operations []string
	for _, check := range run.Checks {
		for _, e := range check.Exchanges {
			if e.Response == nil || e.Throttled || e.Retried || e.Inbound || e.Nowhere {
				continue
			}
			if statuses[e.Operation] == nil {
				statuses[e.Operation] = map[string][]int{}
				operations = append(operations, e.Operation)
			}
			if all := statuses[e.Operation][e.Caller]; !slices.Contains(all, e.Response.Status) {
				statuses[e.Operation][e.Caller] = append(all, e.Response.Status)
			}
		}
	}
	m := matrixView{}
	for _, caller := range columns() {
		if slices.ContainsFunc(operations, func(op string) bool { return len(statuses[op][caller]) > 0 }) {
			m.Callers = append(m.Callers, caller)
		}
	}
	if len(m.Callers) == 0 {
		return m // a receiver is sent deliveries, by nobody in particular
	}
	order := map[string]int{}
	for i, row := range run.Coverage {
		order[row.Operation] = i
	}
	slices.SortStableFunc(operations, func(a, b string) int { return cmp.Compare(order[a], order[b]) })
	for _, op := range operations {
		row := matrixRow{Operation: op}
		for _, caller := range m.Callers {
			cell := statuses[op][caller]
			slices.Sort(cell)
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// timelineView is when each check ran: bars in lanes, in thousandths of the run.
type timelineView struct {
	Bars    []bar
	Height  int
	Seconds string
}

type bar struct {
	X, Width float64
	Y        int
	Class    string
	Title    string
}

const (
	laneHeight = 9
	// thinnest is the least width of a bar that can still be seen and pointed at.
	thinnest = 1.5
)

func timelineOf(run result.Run) timelineView {
	total := run.Finished.Sub(run.Started)
	v := timelineView{Seconds: fmt.Sprintf("%.2f s", total.Seconds())}
	checks := slices.Clone(run.Checks)
	checks = slices.DeleteFunc(checks, func(c result.Check) bool { return c.Started.IsZero() || c.Verdict == result.Skip })
	slices.SortStableFunc(checks, func(a, b result.Check) int { return a.Started.Compare(b.Started) })
	var available []time.Time // when each lane is free again
	for _, check := range checks {
		end := check.Started.Add(time.Duration(check.DurationMS * float64(time.Millisecond)))
		lane := slices.IndexFunc(available, func(t time.Time) bool { return !t.After(check.Started) })
		if lane < 0 {
			lane = len(available)
			available = append(available, end)
		}
		available[lane] = end
		class, word := words(check.Verdict, check.Known)
		v.Bars = append(v.Bars, bar{
			X: share(check.Started.Sub(run.Started), total), Width: max(thinnest, share(end.Sub(check.Started), total)), Y: lane * laneHeight,
			Class: class, Title: fmt.Sprintf("%s, %s, %.1f ms", check.ID, word, check.DurationMS),
		})
	}
	v.Height = max(1, len(available)) * laneHeight
	return v
}

func share(d, total time.Duration) float64 { return 1000 * float64(d) / float64(max(total, 1)) }

// coverageView is an operation's part of the ledger.
type coverageView struct {
	Operation, Route string
	Judged, All      int
	Rows             []result.Coverage
}

func coverageOf(run result.Run) []coverageView {
	var all []coverageView
	for _, row := range run.Coverage {
		if n := len(all); n == 0 || all[n-1].Operation != row.Operation {
			all = append(all, coverageView{Operation: row.Operation, Route: row.Method + " " + row.Path})
		}
		op := &all[len(all)-1]
		op.Rows = append(op.Rows, row)
		if op.All++; row.State == result.Judged {
			op.Judged++
		}
	}
	return all
}
