package cause

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// signature is what failures of one cause have in common.
type signature struct {
	// rank orders signatures: of those that one response has, the first names the cause.
	rank                              int
	family, status, shape, difference string
	// word says in a few words what is wrong, for the id.
	word string
}

func (s signature) compare(other signature) int {
	return cmp.Or(
		cmp.Compare(s.rank, other.rank), cmp.Compare(s.family, other.family), cmp.Compare(s.status, other.status),
		cmp.Compare(s.shape, other.shape), cmp.Compare(s.difference, other.difference), cmp.Compare(s.word, other.word),
	)
}

// The ranks, by how much they say of a response: that it is a server error says more than that its text is wrong.
const (
	rankOutage = iota
	rankServerError
	rankForm
	rankUnlisted
	rankGuard
	rankAnswer
	rankConsequence
)

// The differences that are not made of an expectation.
const (
	serverError    = "server error"
	malformedError = "malformed error"
	unlistedStatus = "unlisted status"
	otherSuccess   = "another success"
	acceptsRequest = "lets in"
	refusesRight   = "refuses what should pass"
)

// sign gives a failure its signature. The rules are tried in the order in which they stand here.
func (f *failed) sign(routes map[string]route) {
	if f.program {
		f.signature = signature{rank: rankAnswer, family: f.Clause, difference: mask(head(f.Expected), nil), word: ""}
		return
	}
	if f.root == nil || f.root.Response == nil {
		f.signature = signature{
			rank: rankAnswer, family: cmp.Or(f.operation(routes), f.check.ID), word: clauseName(f.Clause),
			difference: f.Clause + ": " + mask(head(f.Expected), f.root),
		}
		return
	}
	r := f.root.Response
	s := signature{status: fmt.Sprint(r.Status), shape: shapeOf(*r)}
	follows := f.Follows != 0
	switch expected := parse(f.Expected); {
	case f.Clause == outageClause:
		s.rank, s.difference, s.word = rankOutage, outageClause, "outage"
	case r.Status >= 500:
		s.rank, s.difference, s.word = rankServerError, serverError, s.shape
		if r.Status < 502 || r.Status > 504 { // these three are a gateway's, in front of any operation
			s.family = f.operation(routes)
		}
	case follows:
		s = signature{rank: rankConsequence, family: f.operation(routes), difference: f.Clause, word: clauseName(f.Clause)}
	case f.Clause == streamOpens && (s.shape == rawDetail || s.shape == emptyStream):
		s.rank, s.difference, s.word = rankForm, s.shape, s.shape // what forwards streams writes that, whichever it is
	case f.letsIn():
		s = signature{rank: rankGuard, family: f.route(routes).family(), difference: acceptsRequest} // signLetIn says the rest
	case f.malformed():
		s.rank, s.difference, s.word = rankForm, malformedError, s.shape
	case f.Clause == documentedStatus && r.Status >= 300:
		s.rank, s.family, s.shape = rankUnlisted, f.operation(routes), ""
		s.difference, s.word = unlistedStatus, unlistedStatus
	case r.Status < 300 && (f.Clause == documentedStatus || expected.onlySuccess()):
		s.rank, s.family, s.difference, s.word = rankAnswer, f.operation(routes), otherSuccess, otherSuccess
	case r.Status == 401 || r.Status == 403 || r.Status == 429:
		f.signGuard(&s, expected, routes)
	case surfaceClause(f.Clause):
		s = signature{rank: rankAnswer, difference: f.Clause, word: f.Clause} // however a path that is not there is answered
	default:
		s.rank, s.family, s.word = rankAnswer, f.operation(routes), clauseName(f.Clause)
		if s.difference = f.differenceFrom(expected); s.difference == expected.codes() {
			s.word = "instead of " + s.difference // whatever clause it is judged for
		}
	}
	f.signature = s
}

// signGuard signs what a guard or a limiter answered. Its own text matters, since two wrong texts are two causes.
// Which operation it stood before does not, unless it refused what should have got past it: then it did so on a
// route, whatever was tried there.
func (f *failed) signGuard(s *signature, expected expectation, routes map[string]route) {
	text := mask(detailText(*f.root.Response), f.root)
	s.rank, s.shape, s.word = rankGuard, s.shape+": "+text+retryAfter(*f.root.Response, expected), text
	if expected.refusal() {
		s.difference = expected.text // the same refusal, whatever clause it is judged for
		return
	}
	s.family, s.difference = f.route(routes).family(), refusesRight
}

// differenceFrom is what was expected, as far as it does not change from run to run.
func (f *failed) differenceFrom(expected expectation) string {
	switch status := f.root.Response.Status; {
	case len(expected.statuses) == 0:
		return f.Clause + ": " + mask(head(f.Expected), f.root)
	case status < 300:
		return f.Clause + ": " + expected.codes() // what is accepted and should not be is of the clause that forbids it
	case slices.Contains(expected.statuses, status):
		return mask(expected.text, f.root) // one other text instead of it is as wrong as the next
	default:
		return expected.codes()
	}
}

// malformed says that the response has not the form of an error, and that the status is not what matters: 405 is a web
// server's own.
func (f *failed) malformed() bool {
	r := *f.root.Response
	if r.Status < 400 || r.Status == 405 {
		return false
	}
	shape := shapeOf(r)
	return shape != textDetail && shape != listDetail || formOfErrors(f.Clause) && f.Clause != documentedStatus
}

func (f *failed) operation(routes map[string]route) string {
	if f.root == nil {
		return ""
	}
	return nameOf(f.root.Operation, routes)
}

func (f *failed) route(routes map[string]route) route {
	if r, ok := routes[f.root.Operation]; ok {
		return r
	}
	return route{path: f.root.Operation}
}

// letsIn says that a guard let a caller in whom it should have refused: no guard answered.
func (f *failed) letsIn() bool {
	status := f.root.Response.Status
	return guardClause(f.Clause) && status != 401 && status != 403 && status != 429 && status < 500
}

// emptyCaller is how an exchange names who sends a credential's header without a value.
const emptyCaller = "empty key"

// caller is the weakest credential with which a guard lets somebody in. Who gets in without a key also gets in with a
// wrong one, so that the weakest one is the cause and the others follow from it.
type caller int

const (
	withoutKey caller = iota
	emptyKey
	unknownKey
	revokedKey
	notAdmin
	wrongScope
)

func (f *failed) caller() caller {
	switch f.root.Caller {
	case "no key":
		return withoutKey
	case emptyCaller:
		return emptyKey
	case "unknown key":
		return unknownKey
	case "revoked key":
		return revokedKey
	}
	if strings.HasPrefix(f.Clause, "admin.") {
		return notAdmin
	}
	return wrongScope
}

// String is who gets in, in words.
func (c caller) String() string {
	return [...]string{
		"without a key", "with an empty key", "with an unknown key", "with a revoked key", "with a user's key",
		"with a key that lacks the scope",
	}[c]
}

// signLetIn signs the failures of guards that let somebody in: by the weakest caller at the operation, and by the
// route, or as one for any operation if several routes do it and no check of the clause passed. Revocation is never
// of a route: a key is revoked everywhere or nowhere.
func signLetIn(failures []failed, run result.Run) {
	weakest := map[string]caller{}
	for i := range failures {
		if f := &failures[i]; f.difference == acceptsRequest && !f.program {
			if c, seen := weakest[f.root.Operation]; !seen || f.caller() < c {
				weakest[f.root.Operation] = f.caller()
			}
		}
	}
	families := map[caller][]string{}
	kept := map[caller]bool{}
	for i := range failures {
		f := &failures[i]
		if f.difference != acceptsRequest || f.program {
			continue
		}
		c := weakest[f.root.Operation]
		f.word = "open " + c.String()
		f.signature.difference = acceptsRequest + " " + c.String()
		families[c] = append(families[c], f.family)
		kept[c] = kept[c] || f.caller() == c && keptElsewhere(run, f.Clause)
	}
	for i := range failures {
		f := &failures[i]
		for c, routes := range families {
			slices.Sort(routes)
			several := len(slices.Compact(slices.Clone(routes))) > 1 && !kept[c]
			if f.signature.difference == acceptsRequest+" "+c.String() && (c == revokedKey || several) {
				f.family = ""
			}
		}
	}
}

func keptElsewhere(run result.Run, clause string) bool {
	return slices.ContainsFunc(run.Checks, func(c result.Check) bool {
		return c.Verdict == result.Pass && slices.Contains(c.Clauses, clause)
	})
}
