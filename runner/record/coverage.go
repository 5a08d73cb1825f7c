package record

import (
	"slices"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// Coverage is the ledger of the edition with what the run saw of it.
func Coverage(c *spec.Contract, p plan.Plan, run result.Run) ([]result.Coverage, error) {
	rows, err := suites.Coverage(c)
	if err != nil {
		return nil, err
	}
	all := make([]result.Coverage, 0, len(rows))
	for _, row := range rows {
		all = append(all, covered(row, p, run))
	}
	for i, row := range all {
		if row.State == result.Unseen && row.Reason == "" {
			all[i].Reason = whyUnseen(row, all)
		}
	}
	return all, nil
}

func covered(row suites.Covered, p plan.Plan, run result.Run) result.Coverage {
	op := row.Operation
	out := result.Coverage{
		Operation: op.ID, Method: op.Method, Path: op.Path, Status: row.Status, Scope: string(row.Scope),
		Clauses: append([]string{}, row.Clauses...), State: result.Unseen, Reason: row.Excluded,
	}
	if row.Excluded != "" {
		out.State = result.Excluded
	}
	setup := seen(run.Setup, row)
	out.Seen = setup
	for _, check := range run.Checks {
		out.Seen += seen(check.Exchanges, row)
	}
	for i, check := range run.Checks {
		if !slices.ContainsFunc(check.Clauses, func(id string) bool { return slices.Contains(row.Clauses, id) }) {
			continue
		}
		planned := p.Checks[i]
		// A check looks at its own exchanges, at all of them, or at those that made the run's users.
		looked := seen(check.Exchanges, row) > 0 || planned.Final != nil && out.Seen > 0 || setup > 0 && slices.Contains(planned.Operations, op.ID)
		switch decided := check.Verdict == result.Pass || check.Verdict == result.Fail; {
		case decided && looked:
			out.State, out.Reason = result.Judged, ""
			return out
		case out.Reason == "" && slices.Contains(planned.Operations, op.ID):
			out.Reason = check.Reason
		}
	}
	return out
}

// seen counts the exchanges that had the row's answer, or its scope's key.
func seen(exchanges []result.Exchange, row suites.Covered) int {
	n := 0
	for _, e := range exchanges {
		switch {
		case e.Operation != row.Operation.ID || e.Response == nil || e.Nowhere:
		case row.Scope != "" && e.Caller == string(spec.KeyOf(row.Scope)), row.Scope == "" && e.Response.Status == row.Status:
			n++
		}
	}
	return n
}

func whyUnseen(row result.Coverage, all []result.Coverage) string {
	reason := "the run got no such answer"
	for _, other := range all {
		same := slices.ContainsFunc(other.Clauses, func(id string) bool { return slices.Contains(row.Clauses, id) })
		switch {
		case other.State != result.Judged || !same:
		case other.Operation == row.Operation:
			return "the deployment gives another of the documented answers"
		default:
			reason = "the run got no such answer here; its clause was judged at other operations"
		}
	}
	return reason
}
