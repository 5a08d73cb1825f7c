package reports

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"vexa-conformance/runner/result"
)

// historyView is what a gate found out over time, in runs against the same edition.
type historyView struct {
	Name, Slug, Sentence string
	Points               []historyPoint
	// Line and Dots are the pass rate as SVG paths; Bars are the regressions and the durations.
	Line        string
	Dots        []historyDot
	Regressions []historyBar
	Durations   []historyBar
	// Lowest is the pass rate at the bottom of the chart, and Longest the duration at the top of its own.
	Lowest, Longest string
	MostRegressed   int
}

type historyPoint struct {
	Time, Word, Percent, Duration  string
	Tone                           tone
	Kept, Judged, Regressed, Fixed int
	rate, seconds                  float64
}

type historyDot struct {
	Path, Title string
	Tone        tone
}

type historyBar struct {
	X, Y, Width, Height float64
	Title               string
}

const (
	// The charts are drawn in these units and stretched to the width of the page.
	chartWidth, chartHeight = 1000.0, 100.0
	// chartMargin leaves room for the dots at the edges.
	chartMargin = 8.0
)

// maxWhole is how many runs a page shows in full: with more it would be longer than people read, and slow to open. The
// history has all of them.
const maxWhole = 6

// lastRuns are the runs to show in full: all, or the latest ones.
func lastRuns(runs []result.Run) []result.Run { return runs[max(0, len(runs)-maxWhole):] }

// older says how many runs are in the history only.
func older(runs []result.Run) int { return max(0, len(runs)-maxWhole) }

// histories are the gates whose runs are in a report: those of one edition and kind against one target, or against any if
// the report is of runs over time.
func histories(r result.Report) []historyView {
	var all []historyView
	var keys []string
	series := map[string][]result.Run{}
	for _, run := range r.Runs {
		key := labelOf(run) + " " + run.Binds
		if !r.OverTime {
			key += " " + run.Target.Name
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		series[key] = append(series[key], run)
	}
	for _, key := range keys {
		runs := slices.Clone(series[key])
		slices.SortStableFunc(runs, func(a, b result.Run) int { return a.Started.Compare(b.Started) })
		if len(runs) > 1 && !runs[0].Started.Equal(runs[len(runs)-1].Started) {
			all = append(all, historyOf(runs, fmt.Sprintf("history-%d", len(all)+1)))
		}
	}
	return all
}

// historyOf draws the runs of one gate, which are in order of time.
func historyOf(runs []result.Run, slug string) historyView {
	latest := runs[len(runs)-1]
	h := historyView{Name: safe(labelOf(latest) + ", " + latest.Target.Name), Slug: slug}
	for i, run := range runs {
		j := newJudgement(run)
		p := historyPoint{
			Time: run.Started.UTC().Format("2006-01-02 15:04"), Word: j.Word, Tone: j.Tone, Kept: j.Kept, Judged: j.Judged, Percent: "–",
			seconds: run.Finished.Sub(run.Started).Seconds(),
		}
		p.Duration = fmt.Sprintf("%.1f s", p.seconds)
		if j.Judged > 0 {
			p.rate = 100 * float64(j.Kept) / float64(j.Judged)
			p.Percent = fmt.Sprintf("%.1f %%", p.rate)
		}
		if i > 0 {
			for _, d := range between("", true, clauseStates(runs[i-1]), clauseStates(run)) {
				switch d.Change {
				case Regressed:
					p.Regressed++
				case Fixed:
					p.Fixed++
				}
			}
		}
		h.Points = append(h.Points, p)
	}
	regressed := 0
	for _, p := range h.Points {
		regressed += p.Regressed
	}
	first, last := h.Points[0], h.Points[len(h.Points)-1]
	h.Sentence = fmt.Sprintf("%s from %s to %s, %s of tested clauses hold at first and %s now, %s",
		plural(len(runs), "run"), first.Time, last.Time, first.Percent, last.Percent, plural(regressed, "regression"))
	h.draw()
	return h
}

// draw makes the charts of the points.
func (h *historyView) draw() {
	lowest, longest := 100.0, 0.0
	for _, p := range h.Points {
		if p.Judged > 0 {
			lowest = min(lowest, p.rate)
		}
		longest, h.MostRegressed = max(longest, p.seconds), max(h.MostRegressed, p.Regressed)
	}
	lowest = max(0, min(90, lowest-5)) // shows a fall of a few percent, and does not make noise look like one
	h.Lowest, h.Longest = fmt.Sprintf("%.0f %%", lowest), fmt.Sprintf("%.1f s", longest)
	step := (chartWidth - 2*chartMargin) / float64(len(h.Points))
	var line strings.Builder
	for i, p := range h.Points {
		left := chartMargin + float64(i)*step
		title := p.Time + ": "
		if p.Judged > 0 {
			x := left + step/2
			y := chartMargin + (chartHeight-2*chartMargin)*(100-p.rate)/(100-lowest)
			command := "L"
			if line.Len() == 0 {
				command = "M"
			}
			fmt.Fprintf(&line, "%s%.1f %.1f ", command, x, y)
			h.Dots = append(h.Dots, historyDot{fmt.Sprintf("M%.1f %.1fh.01", x, y), title + p.Percent + " kept, " + p.Word, p.Tone})
		}
		bar := func(value, most float64, title string) historyBar {
			height := chartHeight * value / max(most, 1e-9)
			return historyBar{left + step*.15, chartHeight - height, step * .7, height, title}
		}
		h.Regressions = append(h.Regressions, bar(float64(p.Regressed), float64(h.MostRegressed), title+plural(p.Regressed, "regression")))
		h.Durations = append(h.Durations, bar(p.seconds, longest, title+p.Duration))
	}
	h.Line = strings.TrimSpace(line.String())
}

// history prints the runs of one gate.
func (p *printer) history(h historyView) {
	p.printf("%s over time\n", h.Name)
	table := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "run\tkept\tregressed\tfixed\tduration\tverdict")
	for _, point := range h.Points {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", point.Time, point.Percent, number(point.Regressed), number(point.Fixed), point.Duration, point.Word)
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.printf("%s\n\n", h.Sentence)
}
