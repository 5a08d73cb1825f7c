package reports

import (
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// grid is clauses by runs: what each run found out about each promise, and what changed from one run to the next.
type grid struct {
	Columns []gridColumn
	Areas   []gridArea
	// Changed is how many promises changed from one column to the next.
	Changed int
}

type gridColumn struct {
	Slug, Edition, Name, Time string
	Judgement                 judgement
	// Counts say how many promises have each verdict, such as "27 kept, 14 broken".
	Counts string
}

type gridArea struct {
	Name string
	Rows []gridRow
}

type gridRow struct {
	ID      string
	Promise []piece
	Cells   []gridCell
	Changed bool
}

// gridCell is what one run found out about one promise.
type gridCell struct {
	// Class is that of [words], or "absent" if the run does not have the clause; Mark shows it without colour.
	Class, Mark, Word string
	// Change says what became of it since the run of the column before; empty where nothing did.
	Change string
	// Link leads to what shows it on the page.
	Link string
}

// Verdicts are the classes of the row's cells.
func (r gridRow) Verdicts() string {
	var all []string
	for _, c := range r.Cells {
		if !slices.Contains(all, c.Class) {
			all = append(all, c.Class)
		}
	}
	return strings.Join(all, " ")
}

// gridOf is the grid of several runs, each with the name of its part of the page.
func gridOf(runs []result.Run, slugs []string) grid {
	var g grid
	for i, run := range runs {
		var counts []string
		for _, p := range partsOf(run) {
			counts = append(counts, fmt.Sprintf("%d %s", p.Count, p.Label))
		}
		g.Columns = append(g.Columns, gridColumn{
			Slug: slugs[i], Edition: labelOf(run), Name: safe(run.Target.Name), Time: run.Started.UTC().Format("2006-01-02 15:04"),
			Judgement: newJudgement(run), Counts: strings.Join(counts, ", "),
		})
	}
	changes := changesOf(runs)
	for _, id := range clauseIDs(runs) {
		row := gridRow{ID: id}
		for i, run := range runs {
			cell := gridCell{Class: "absent", Word: "not in this run"}
			if at := slices.IndexFunc(run.Clauses, func(c result.Clause) bool { return c.ID == id }); at >= 0 {
				row.Promise = code(safe(run.Clauses[at].Promise))
				cell = cellOf(run, run.Clauses[at], slugs[i])
			}
			cell.Change = string(changes[i][id])
			row.Changed = row.Changed || cell.Change != ""
			row.Cells = append(row.Cells, cell)
		}
		if row.Changed {
			g.Changed++
		}
		area, _, _ := strings.Cut(id, ".")
		if n := len(g.Areas); n == 0 || g.Areas[n-1].Name != area {
			g.Areas = append(g.Areas, gridArea{Name: area})
		}
		last := &g.Areas[len(g.Areas)-1]
		last.Rows = append(last.Rows, row)
	}
	return g
}

// marks show the class of a cell without colour.
func marks() map[string]string {
	return map[string]string{"pass": "✓", "fail": "✗", "known": "≈", "blocked": "?", "error": "!", "skip": "–", "absent": ""}
}

func cellOf(run result.Run, clause result.Clause, slug string) gridCell {
	c := gridCell{Link: slug + "/" + clause.ID}
	c.Class, c.Word = words(clause.Verdict, clause.Known)
	c.Mark = marks()[c.Class]
	if failed := failing(run, clause.ID); clause.Verdict == result.Fail && len(failed) > 0 {
		c.Link = slug + "/" + failed[0].ID
		if len(failed[0].Exchanges) > 0 {
			c.Link = evidenceAnchor(c.Link)
		}
	}
	return c
}

// evidenceAnchor names the exchange that shows what a check found, of those on the page.
func evidenceAnchor(check string) string { return check + "/evidence" }

// clauseIDs are the clauses of all runs in the order of the contract, area by area: those that only a later run has stand
// after the one that comes before them there.
func clauseIDs(runs []result.Run) []string {
	var ids, areas []string
	for _, run := range runs {
		at := 0
		for _, clause := range run.Clauses {
			if i := slices.Index(ids, clause.ID); i >= 0 {
				at = i + 1
				continue
			}
			ids = slices.Insert(ids, at, clause.ID)
			at++
		}
	}
	area := func(id string) string { a, _, _ := strings.Cut(id, "."); return a }
	for _, id := range ids {
		if !slices.Contains(areas, area(id)) {
			areas = append(areas, area(id))
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return slices.Index(areas, area(a)) - slices.Index(areas, area(b)) })
	return ids
}

// changesOf says for each run what became of each clause since the run before it. What only one of two editions has did
// not change.
func changesOf(runs []result.Run) []map[string]Change {
	all := make([]map[string]Change, len(runs))
	for i := range runs {
		all[i] = map[string]Change{}
		if i == 0 {
			continue
		}
		before, now := runs[i-1], runs[i]
		for _, d := range between("", true, clauseStates(before), clauseStates(now)) {
			switch {
			case before.Edition != now.Edition && (!hasClause(before, d.ID) || !hasClause(now, d.ID)):
			case d.Change == Still && slices.Equal(clauseCauses(before, d.ID), clauseCauses(now, d.ID)):
			case d.Change == Still:
				all[i][d.ID] = Otherwise
			default:
				all[i][d.ID] = d.Change
			}
		}
	}
	return all
}

func hasClause(run result.Run, id string) bool {
	return slices.ContainsFunc(run.Clauses, func(c result.Clause) bool { return c.ID == id })
}

// clauseCauses are the ids of what breaks a clause, which are the same in each run.
func clauseCauses(run result.Run, id string) []string {
	var ids []string
	for _, c := range run.Causes {
		if slices.Contains(c.Clauses, id) {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
