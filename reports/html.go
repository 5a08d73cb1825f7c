package reports

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

//go:embed html
var htmlFiles embed.FS

// HTML writes one page that holds all it needs: it opens from the disk, without a network and with or without scripts. It shows
// the contract itself, page by page in the order of its headings, each promise with its verdict.
func HTML(w io.Writer, r result.Report) error {
	page, err := htmlPage("report.gohtml")
	if err != nil {
		return err
	}
	return page.Execute(w, viewOf(r))
}

// htmlPage is a template with the style and the script that all pages share.
func htmlPage(name string) (*template.Template, error) {
	text := map[string]string{}
	for _, file := range []string{"style.css", "script.js"} {
		content, err := htmlFiles.ReadFile("html/" + file)
		if err != nil {
			return nil, fmt.Errorf("read the page's %s: %w", file, err)
		}
		text[file] = string(content)
	}
	page, err := template.New(name).Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(text["style.css"]) }, // the program's own text
		"script": func() template.JS { return template.JS(text["script.js"]) },   // as above
	}).ParseFS(htmlFiles, "html/"+name, "html/grid.gohtml")
	if err != nil {
		return nil, fmt.Errorf("read the page %s: %w", name, err)
	}
	return page, nil
}

type (
	reportView struct {
		Tool, Finished string
		Runs           []runView
		// Grid has the runs beside each other, Histories those of one gate over time.
		Grid      *gridView
		Histories []historyView
		// Classes are the kinds of verdict that there are, with the words for them.
		Classes map[string]string
	}
	runView struct {
		Slug, Name, Edition string
		Judgement           judgement
		Causes              []causeView
		Parts               []part
		Facts               []string
		Groups              []groupView
		Matrix              matrixView
		Timeline            timelineView
		Coverage            []coverageView
		Drift               []result.Drift
		Described           *result.Described
		Notes               []string
	}
	// part is a share of the contract with one verdict.
	part struct {
		Class, Label string
		Count        int
		Percent      float64
	}
	causeView struct {
		Anchor, ID, Extent, Class, Word, Known string
		// Expired says that an excuse is over, Owner whose it looks like and what to do next.
		Expired, Owner string
		// Sentence has what is marked as code.
		Sentence        []piece
		Clauses, Checks []link
		More            int
		Exchange        *exchangeView
	}
	// link is a name that leads to a place on the page.
	link      struct{ Anchor, Name string }
	groupView struct {
		Source  string
		Clauses []clauseView
	}
	clauseView struct {
		Anchor, ID, Strength, Class, Word, Reason, Known, Expired string
		// Promise is the sentence, in which what is marked is code.
		Promise []piece
		Checks  []checkView
	}
	checkView struct {
		Anchor, ID, Class, Word, Reason, Known, Expired, Owner string
		// Elsewhere says that another clause shows it in full.
		Elsewhere        bool
		Expected, Actual []piece
		Lines            []string
		Exchanges        []exchangeView
		More             int
	}
	exchangeView struct {
		Line, Request, Response, Curl string
		Evidence                      bool
		// Anchor names the one that shows what a check found.
		Anchor string
	}
)

func viewOf(r result.Report) reportView {
	v := reportView{Tool: r.Tool.Name + " " + r.Tool.Version, Finished: r.Finished.UTC().Format("2006-01-02 15:04:05 UTC"), Classes: map[string]string{}}
	runs := lastRuns(r.Runs)
	for i, run := range runs {
		slug := run.Edition
		if run.Target.Hosted {
			slug += "-hosted"
		}
		for _, other := range v.Runs {
			if other.Slug == slug {
				slug = fmt.Sprintf("%s-%d", slug, i+1)
			}
		}
		v.Runs = append(v.Runs, runViewOf(run, slug))
		for _, p := range v.Runs[i].Parts {
			v.Classes[p.Class] = p.Label
		}
	}
	v.Grid, v.Histories = gridViewOf(runs, v.Runs, older(r.Runs)), histories(r)
	return v
}

// facts are what a run was; what is allowed and the seed are of runs that judge a deployment.
func facts(run result.Run) []string {
	facts := []string{
		plural(run.Summary.Exchanges, "exchange"), fmt.Sprintf("%.2f s", run.Finished.Sub(run.Started).Seconds()),
		run.Started.UTC().Format("2006-01-02 15:04:05 UTC"),
	}
	if run.Binds == "" {
		facts = append(facts, "allowed: "+strings.Join(run.Target.Allowed, ", "), fmt.Sprintf("seed %d", run.Seed))
	}
	if note := contractNote(run); note != "" {
		facts = append(facts, note)
	}
	if better := betterEdition(run); better != "" {
		facts = append(facts, better)
	}
	if note := curlNote(run); note != "" {
		facts = append(facts, note)
	}
	if run.Summary.Throttled > 0 {
		facts = append(facts, fmt.Sprintf("%d throttled (429), waited out, and not tested", run.Summary.Throttled))
	}
	return facts
}

func runViewOf(run result.Run, slug string) runView {
	v := runView{
		Slug: slug, Name: run.Target.Name, Edition: run.Edition, Judgement: newJudgement(run), Parts: partsOf(run),
		Facts:  facts(run),
		Matrix: matrixOf(run), Timeline: timelineOf(run), Coverage: coverageOf(run), Drift: run.Drift, Described: run.Described, Notes: run.Notes,
	}
	for _, c := range run.Causes {
		v.Causes = append(v.Causes, causeViewOf(c, slug))
	}
	checks := map[string]result.Check{}
	for _, check := range run.Checks {
		checks[check.ID] = check
	}
	for _, clause := range run.Clauses {
		i := slices.IndexFunc(v.Groups, func(g groupView) bool { return g.Source == clause.Source })
		if i < 0 {
			i = len(v.Groups)
			v.Groups = append(v.Groups, groupView{Source: clause.Source})
		}
		v.Groups[i].Clauses = append(v.Groups[i].Clauses, clauseViewOf(clause, checks, slug))
	}
	return v
}

// words are how the page says a verdict, and the class that it is coloured by.
func words(v result.Verdict, known string) (class, word string) {
	switch {
	case known != "":
		return "known", "known failure"
	case v == result.Fail:
		return "fail", "broken"
	case v == result.Pass:
		return "pass", "kept"
	case v == result.Skip:
		return "skip", "not tested"
	case v == result.Blocked:
		return "blocked", "no verdict"
	default:
		return "error", "harness error"
	}
}

func partsOf(run result.Run) []part {
	counts := map[string]int{}
	labels := map[string]string{}
	for _, clause := range run.Clauses {
		class, word := words(clause.Verdict, clause.Known)
		counts[class]++
		labels[class] = word
	}
	var parts []part
	for _, class := range []string{"pass", "fail", "known", "blocked", "error", "skip"} {
		if counts[class] > 0 {
			parts = append(parts, part{class, labels[class], counts[class], 100 * float64(counts[class]) / float64(len(run.Clauses))})
		}
	}
	return parts
}

func clauseViewOf(clause result.Clause, checks map[string]result.Check, slug string) clauseView {
	v := clauseView{
		Anchor: slug + "/" + clause.ID, ID: clause.ID, Promise: code(clause.Promise), Strength: clause.Strength, Reason: clause.Reason, Known: clause.Known,
		Expired: expired(clause.Expired),
	}
	v.Class, v.Word = words(clause.Verdict, clause.Known)
	shown := 0
	ids := slices.Clone(clause.Checks)
	slices.SortStableFunc(ids, func(a, b string) int { // those that decide come first
		switch x, y := checks[a].Verdict, checks[b].Verdict; {
		case x.Worse(y):
			return -1
		case y.Worse(x):
			return 1
		default:
			return 0
		}
	})
	for _, id := range ids {
		check := checkViewOf(checks[id], clause.ID, slug)
		if len(check.Exchanges) > 0 {
			if shown++; shown > shownChecks {
				check.More += len(check.Exchanges) - 1
				check.Exchanges = check.Exchanges[:1]
			}
		}
		v.Checks = append(v.Checks, check)
	}
	return v
}

const (
	// shownLines is how many exchanges of a check that passed are named, shownExchanges how many of one that did not are shown
	// whole: a page with all of them would be as long as the JSON report.
	shownLines     = 4
	shownExchanges = 4
)

func checkViewOf(check result.Check, clause, slug string) checkView {
	v := checkView{Anchor: slug + "/" + check.ID, ID: check.ID, Reason: check.Reason, Known: check.Known, Elsewhere: len(check.Clauses) > 0 && check.Clauses[0] != clause}
	v.Class, v.Word = words(check.Verdict, check.Known)
	v.Expired, v.Owner = expired(check.Expired), check.Owner.Advice(check.Next)
	if v.Elsewhere {
		return v
	}
	if got := actual(check); check.Expected+got != "" {
		v.Expected, v.Actual = differing(safe(check.Expected), safe(got))
	}
	if check.Verdict == result.Pass || check.Verdict == result.Skip {
		v.Lines, v.More = linesOf(check.Exchanges)
		return v
	}
	for _, evidence := range []bool{true, false} {
		for _, e := range check.Exchanges {
			if e.Evidence == evidence && len(v.Exchanges) < shownExchanges {
				v.Exchanges = append(v.Exchanges, exchangeViewOf(e))
			}
		}
	}
	if len(v.Exchanges) > 0 {
		v.Exchanges[0].Anchor = evidenceAnchor(v.Anchor)
	}
	v.More = len(check.Exchanges) - len(v.Exchanges)
	return v
}

// linesOf names each kind of exchange once.
func linesOf(exchanges []result.Exchange) (lines []string, more int) {
	seen := map[string]bool{}
	for _, e := range exchanges {
		line := lineOf(e)
		switch {
		case seen[line]:
		case len(lines) == shownLines:
			more++
		default:
			lines = append(lines, line)
		}
		seen[line] = true
	}
	return lines, more
}
