package reports

import "vexa-conformance/runner/result"

// gridView is the part of the page that shows several runs beside each other.
type gridView struct {
	Grid grid
	// Columns is how wide the table is, Older how many runs have no column.
	Columns, Older int
}

// gridViewOf is the grid of the runs that a page shows in full; nil for a single run.
func gridViewOf(runs []result.Run, views []runView, older int) *gridView {
	if len(runs) < 2 {
		return nil
	}
	slugs := make([]string, len(views))
	for i, v := range views {
		slugs[i] = v.Slug
	}
	return &gridView{Grid: gridOf(runs, slugs), Columns: len(runs) + 1, Older: older}
}
