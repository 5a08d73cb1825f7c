package reports

import (
	"fmt"
	"io"
	"strings"

	"vexa-conformance/runner/result"
)

const (
	// maxMarkdown keeps a summary within what a pull request's comment takes: 65,536 characters on GitHub.
	maxMarkdown = 60_000
	// maxQuoted is how much of a response it shows, in bytes: enough for a detail.
	maxQuoted = 600
)

// Markdown writes the verdict, the table of areas and the failures, as GitHub-flavoured Markdown for a pull request or a job's
// summary. What would make it too long is left out, and said to be.
func Markdown(w io.Writer, r result.Report) error {
	var b strings.Builder
	runs := lastRuns(r.Runs)
	for _, h := range histories(r) {
		markdownHistory(&b, h)
	}
	for _, run := range runs {
		markdownVerdict(&b, run)
	}
	if len(runs) > 1 {
		fmt.Fprintf(&b, "<details><summary>Promises by run</summary>\n\n")
		markdownGrid(&b, runs)
		b.WriteString("</details>\n\n")
	}
	for _, run := range runs {
		markdownRun(&b, run)
	}
	fmt.Fprintf(&b, "<sub>%s %s, %s</sub>\n", escapeMarkdown(r.Tool.Name), escapeMarkdown(r.Tool.Version), r.Finished.UTC().Format("2006-01-02 15:04 UTC"))
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownVerdict(b *strings.Builder, run result.Run) {
	j := newJudgement(run)
	mark := map[tone]string{good: "✅", bad: "❌", open: "⚠️"}[j.Tone]
	fmt.Fprintf(b, "%s **%s, %s: %s**%s\n\n", mark, run.Edition, escapeMarkdown(run.Target.Name), j.Word, escapeMarkdown(j.Rest))
	if note := contractNote(run); note != "" {
		fmt.Fprintf(b, "%s\n\n", escapeMarkdown(note))
	}
	if better := betterEdition(run); better != "" {
		fmt.Fprintf(b, "%s\n\n", escapeMarkdown(better))
	}
	if note := curlNote(run); note != "" {
		fmt.Fprintf(b, "%s\n\n", escapeMarkdown(note))
	}
	markdownCauses(b, run)
}

func markdownRun(b *strings.Builder, run result.Run) {
	name := escapeMarkdown(run.Edition + ", " + run.Target.Name)
	fmt.Fprintf(b, "<details><summary>Areas of %s</summary>\n\n| area |", name)
	for _, v := range result.Verdicts() {
		fmt.Fprintf(b, " %s |", v)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(result.Verdicts())) + "\n")
	for _, row := range areas(run) {
		fmt.Fprintf(b, "| %s |", escapeMarkdown(row.Area))
		for _, v := range result.Verdicts() {
			fmt.Fprintf(b, " %s |", number(row.Counts[v]))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n</details>\n\n")
	markdownFailures(b, run)
}

func markdownFailures(b *strings.Builder, run result.Run) {
	left := 0
	for _, clause := range run.Clauses {
		if clause.Verdict != result.Fail && clause.Verdict != result.Blocked && clause.Verdict != result.Error {
			continue
		}
		var one strings.Builder
		markdownClause(&one, run, clause)
		if b.Len()+one.Len() > maxMarkdown {
			left++
			continue
		}
		b.WriteString(one.String())
	}
	if left > 0 {
		fmt.Fprintf(b, "%d more clauses are in the JSON report; they do not fit here.\n\n", left)
	}
}

func markdownClause(b *strings.Builder, run result.Run, clause result.Clause) {
	word := string(clause.Verdict)
	switch {
	case clause.Known != "":
		word = "known"
	case clause.Verdict == result.Fail:
		word = "broken"
	}
	fmt.Fprintf(b, "### %s: `%s` (%s, %s)\n\n%s\n\n", word, clause.ID, run.Edition, clause.Strength, escapeMarkdown(clause.Promise))
	if clause.Known != "" {
		fmt.Fprintf(b, "Excused: %s\n\n", escapeMarkdown(clause.Known))
	}
	if clause.Expired != "" {
		fmt.Fprintf(b, "%s\n\n", escapeMarkdown(expired(clause.Expired)))
	}
	if clause.Verdict != result.Fail {
		fmt.Fprintf(b, "%s\n\n", escapeMarkdown(cutText(clause.Reason, maxQuoted)))
		if line := nextOf(run, clause.Reason); line != "" {
			fmt.Fprintf(b, "%s\n\n", escapeMarkdown(line))
		}
		return
	}
	failed := failing(run, clause.ID)
	for _, check := range failed[:min(shownChecks, len(failed))] {
		if line := knownReason(check); line != "" && clause.Known == "" && line != expired(clause.Expired) {
			fmt.Fprintf(b, "%s\n\n", escapeMarkdown(line))
		}
		fmt.Fprintf(b, "`%s`\n\n%s", check.ID, fenced("Expected: "+cutText(check.Expected, maxQuoted)+"\nActual:   "+cutText(actual(check), maxQuoted)))
		if line := evidence(run, check); line != "" {
			summary, _, _ := strings.Cut(line, " ") // the program that it runs
			fmt.Fprintf(b, "<details><summary>%s</summary>\n\n%s</details>\n\n", summary, fenced(cutText(line, 4*maxQuoted)))
		}
	}
	if more := len(failed) - shownChecks; more > 0 {
		fmt.Fprintf(b, "and %d more checks\n\n", more)
	}
}

// fenced is a block of code, whose fence is longer than any in the text (CommonMark, section 4.5).
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + printable(text) + "\n" + fence + "\n\n"
}

// escapeMarkdown shows a text as it is: nothing in it is markup.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range safe(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+!|~<>@&$", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cutText is the beginning of a text, without half a character at its end.
func cutText(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n]) + "…"
}
