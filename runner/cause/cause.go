// Package cause groups the failures of a run by their root: [Of] is the function to start with.
//
// Two failures have the same cause if they have the same signature:
//
//   - the family of operations: any operation if a layer in front of all of them answered (a guard, a limiter, what
//     writes errors), a route ("/recordings") if a guard lets a caller in there who should be refused or refuses one who
//     should not, and otherwise the one operation, since what an accepted request or a crash comes to is its own
//     behaviour;
//   - the status of the response;
//   - the shape of its body: the media type, and of an error what its detail is (a text, a list of field errors,
//     absent). More members than that are legal and do not count;
//   - the difference: what was expected in its place. Texts are compared with ids, times, numbers and values of the
//     request masked. Where one text is expected of an operation, it does not matter which other ones come.
//
// A server error is its own difference: whatever was expected of a request that ended in 500, the 500 is the cause.
// Operations that answer bad input with the same server error, to the body, and break no other promise by it, have one
// cause: what they have in common is that nothing catches the error.
// What the same request left behind, as far as a check says so (result.Failure.Follows), has the same cause. Failures
// that the very same error response shows have one cause too, whichever of their signatures comes first.
package cause

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"vexa-conformance/runner/result"
)

// Of returns the causes of a run's failures: those first that nothing excuses, of these the ones that break most
// clauses. The order of the checks does not matter, and neither do seeds, ids and times. It reads nothing but the
// failures, the exchanges that show them, and the routes of the coverage, so that it also serves reports of versions
// that named no causes.
func Of(run result.Run) []result.Cause {
	failures := failuresOf(run)
	routes := routesOf(run)
	for i := range failures {
		failures[i].sign(routes)
	}
	signLetIn(failures, run)
	causes := []result.Cause{}
	for _, group := range grouped(failures) {
		causes = append(causes, causeOf(group, routes))
	}
	slices.SortFunc(causes, func(a, b result.Cause) int {
		return cmp.Or(
			cmp.Compare(min(len(a.Known), 1), min(len(b.Known), 1)),
			cmp.Compare(len(b.Clauses), len(a.Clauses)),
			cmp.Compare(len(b.Checks), len(a.Checks)),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return causes
}

// failed is one failure of one check with what shows it.
type failed struct {
	result.Failure
	check result.Check
	// program says that a client or a webhook receiver was judged, and not a deployment.
	program bool
	// shown is the exchange that shows it, root the one that it goes back to; nil if there is none.
	shown, root *result.Exchange
	signature
}

// failuresOf lists the failures of a run in an order that does not depend on that of its checks.
func failuresOf(run result.Run) []failed {
	var all []failed
	for _, check := range run.Checks {
		if check.Verdict != result.Fail {
			continue
		}
		for _, f := range reported(check) {
			one := failed{Failure: f, check: check, program: run.Binds != "", shown: check.Shows(f.Exchange)}
			one.root = one.shown
			if followed := check.Shows(f.Follows); followed != nil {
				one.root = followed
			}
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, before)
	return all
}

// before orders failures by what does not change from run to run.
func before(a, b failed) int {
	operation := func(f failed) string {
		if f.root == nil {
			return ""
		}
		return f.root.Operation
	}
	return cmp.Or(
		cmp.Compare(a.check.ID, b.check.ID), cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Expected, b.Expected),
		cmp.Compare(operation(a), operation(b)),
	)
}

// reported are a check's failures. A report of an older version has the first one's texts only, and marks the
// exchanges that show the check's failures.
func reported(check result.Check) []result.Failure {
	if len(check.Failures) > 0 {
		return check.Failures
	}
	first := result.Failure{Expected: check.Expected, Actual: check.Actual}
	if len(check.Clauses) > 0 {
		first.Clause = check.Clauses[0]
	}
	for i, e := range check.Exchanges {
		if e.Evidence {
			first.Exchange = i + 1
			break
		}
	}
	return []result.Failure{first}
}

// routesOf are the methods and paths of the operations, which the coverage lists.
func routesOf(run result.Run) map[string]route {
	routes := map[string]route{}
	for _, row := range run.Coverage {
		routes[row.Operation] = route{row.Method, row.Path}
	}
	return routes
}

// route is how people write an operation.
type route struct{ method, path string }

// String is "POST /bots", for example.
func (r route) String() string { return strings.TrimSpace(r.method + " " + r.path) }

// family is the beginning of the path, such as "/recordings".
func (r route) family() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	return "/" + first
}

// grouped puts failures with one signature together, and those that the same error response shows.
func grouped(failures []failed) [][]failed {
	parent := map[signature]signature{}
	var find func(signature) signature
	find = func(s signature) signature {
		if parent[s] == s {
			return s
		}
		return find(parent[s])
	}
	shows := map[string]signature{}
	for _, f := range failures {
		if _, seen := parent[f.signature]; !seen {
			parent[f.signature] = f.signature
		}
		key := f.evidence()
		if key == "" {
			continue
		}
		other, seen := shows[key]
		if !seen {
			shows[key] = f.signature
			continue
		}
		a, b := find(f.signature), find(other)
		if b.compare(a) < 0 {
			a, b = b, a
		}
		parent[b] = a // the first one names the group
	}
	groups := map[signature][]failed{}
	for _, f := range failures {
		root := find(f.signature)
		groups[root] = append(groups[root], f)
	}
	groups = crashesJoined(groups)
	var all [][]failed
	for name, group := range groups {
		slices.SortStableFunc(group, before)
		for i := range group {
			group[i].signature = name
		}
		all = append(all, group)
	}
	return all
}

// evidence names the response that a failure has in common with others of the same cause: an error response, or one
// that other failures of the check are consequences of. It is empty if there is none: one success may show many
// different things, and what somebody got whom a guard let in is not the guard's response.
func (f failed) evidence() string {
	switch {
	case f.program, f.root == nil || f.root.Response == nil, strings.HasPrefix(f.difference, acceptsRequest):
		return ""
	case f.root.Response.Status < 400 && !f.followed():
		return ""
	default:
		return f.root.Started.UTC().Format(time.RFC3339Nano) + " " + f.root.Request.Method + " " + f.root.Request.URL
	}
}

// followed says that a failure of the check is a consequence of what shows this one, or that this one is such a
// consequence.
func (f failed) followed() bool {
	return f.Follows != 0 || f.Exchange != 0 && slices.ContainsFunc(f.check.Failures, func(other result.Failure) bool {
		return other.Follows == f.Exchange
	})
}

// causeOf describes one group.
func causeOf(group []failed, routes map[string]route) result.Cause {
	c := result.Cause{Operations: []string{}, Clauses: []string{}, Checks: []string{}}
	known := true
	for _, f := range group {
		clauses := []string{f.Clause}
		if !slices.Contains(f.check.Clauses, f.Clause) { // it did not say which, or the edition does not have that one
			clauses = f.check.Clauses
		}
		c.Clauses = append(c.Clauses, clauses...)
		c.Checks = append(c.Checks, f.check.ID)
		if f.root != nil && !f.program {
			c.Operations = append(c.Operations, nameOf(f.root.Operation, routes))
		}
		known = known && f.known() != ""
		c.Expired = cmp.Or(c.Expired, f.check.Expired)
	}
	for _, list := range []*[]string{&c.Clauses, &c.Checks, &c.Operations} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	best := slices.MaxFunc(group, func(a, b failed) int {
		// Of those that tell as much, the operation with the shortest name is the easiest one to read.
		return cmp.Or(cmp.Compare(a.telling(), b.telling()), cmp.Compare(len(b.operation(routes)), len(a.operation(routes))))
	})
	if best.root != nil {
		shown := *best.root
		c.Exchange = &shown
	}
	if known {
		c.Known = group[0].known()
	}
	c.ID = group[0].signature.id()
	c.Sentence = sentenceOf(group, best, c, routes)
	assign(&c, best)
	return c
}

// known is the reason for which a failure is excused. Reports of older versions have it for the whole check only.
func (f failed) known() string { return cmp.Or(f.Failure.Known, f.check.Known) }

// telling ranks failures by how well they show their cause: one with a response, of a clause about that very request.
func (f failed) telling() int {
	rank := 0
	if f.root != nil && f.root.Response != nil {
		rank += 4
	}
	if f.root == f.shown {
		rank += 2
	}
	if f.root != nil && f.root.Caller == emptyCaller {
		rank-- // no header at all shows it better than an empty one
	}
	if !formOfErrors(f.Clause) {
		rank++
	}
	if len(parse(f.Expected).statuses) > 0 { // the document says what the response should be
		rank++
	}
	return rank
}

func nameOf(operation string, routes map[string]route) string {
	if r, ok := routes[operation]; ok {
		return r.String()
	}
	return operation
}

// id is readable, and the same in each run: it is made of the signature alone.
func (s signature) id() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.family, s.status, s.shape, s.difference}, "\x00")))
	var words []string
	for _, part := range []string{cmp.Or(s.family, "any-operation"), s.status, s.word} {
		if part = slug(part); part != "" {
			words = append(words, part)
		}
	}
	return strings.Join(append(words, hex.EncodeToString(sum[:4])), "-")
}

const maxSlug = 40

// slug is a text in lower case, in which everything but letters and digits is one hyphen.
func slug(text string) string {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	var b strings.Builder
	for _, word := range fields {
		if b.Len()+len(word) > maxSlug {
			break
		}
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(word)
	}
	return b.String()
}
