package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// extent is how much a cause breaks, such as "4 clauses, 6 checks".
func extent(c result.Cause) string {
	return plural(len(c.Clauses), "clause") + ", " + plural(len(c.Checks), "check")
}

// maxCurl is how much of a curl line a cause shows; its checks show all of it.
const maxCurl = 240

// requestOf is one request that shows a cause, as a curl line or, for what cannot be repeated so, as what was sent
// and received.
func requestOf(c result.Cause) string {
	if c.Exchange == nil {
		return ""
	}
	return cmp.Or(c.Exchange.Curl, strings.TrimSpace(c.Exchange.Request.Method+" "+c.Exchange.Request.URL))
}

// causesOf are the causes of a check's failures.
func causesOf(run result.Run, check string) []result.Cause {
	return slices.DeleteFunc(slices.Clone(run.Causes), func(c result.Cause) bool {
		return !slices.Contains(c.Checks, check)
	})
}

// actual is what a check got, which is never empty for a failure: reports of older versions may lack it.
func actual(check result.Check) string {
	if check.Actual != "" || check.Verdict != result.Fail {
		return check.Actual
	}
	for _, e := range check.Exchanges {
		switch {
		case !e.Evidence:
		case e.Response != nil:
			return strings.TrimSpace(fmt.Sprint(e.Response.Status, " ", e.Response.Body))
		case e.Error != "":
			return "no response: " + e.Error
		}
	}
	return "nothing was recorded"
}

// causes prints each cause with its clauses and one request that shows it.
func (p *printer) causes(run result.Run) {
	for _, c := range run.Causes {
		word := p.paint(red, "CAUSE")
		if c.Known != "" {
			word = p.paint(yellow, "KNOWN CAUSE")
		}
		p.wrap(word+"  ", fmt.Sprintf("%s (%s)", safe(c.Sentence), extent(c)))
		if c.Known != "" {
			p.wrap("  known failure: ", safe(c.Known))
		}
		if line := expired(c.Expired); line != "" {
			p.wrap("  ", safe(line))
		}
		if line := c.Owner.Advice(c.Next); line != "" {
			p.wrap("  ", safe(line))
		}
		p.wrap("  breaks ", strings.Join(c.Clauses, ", "))
		if line := requestOf(c); line != "" {
			p.printf("  %s\n", safe(cutCurl(strings.Join(strings.Fields(line), " "))))
		}
	}
	if len(run.Causes) > 0 {
		p.printf("\n")
	}
}

// markdownCauses writes the causes as a list.
func markdownCauses(b *strings.Builder, run result.Run) {
	left := 0
	for _, c := range run.Causes {
		var one strings.Builder
		known, excused := "", ""
		if c.Known != "" {
			known, excused = "known: ", "Excused: "+c.Known
		}
		fmt.Fprintf(&one, "- %s**%s** (%s)", known, markdownCode(cutText(c.Sentence, maxQuoted)), extent(c))
		fmt.Fprintf(&one, "  \n  `%s` breaks %s", c.ID, codes(c.Clauses))
		for _, line := range []string{excused, expired(c.Expired), c.Owner.Advice(c.Next)} {
			if line != "" {
				fmt.Fprintf(&one, "  \n  %s", escapeMarkdown(line))
			}
		}
		one.WriteString("\n")
		if line := requestOf(c); line != "" {
			one.WriteString(indented(fenced(cutText(strings.Join(strings.Fields(line), " "), maxCurl))))
		}
		if b.Len()+one.Len() > maxMarkdown/2 { // the clauses need room too
			left++
			continue
		}
		b.WriteString(one.String())
	}
	if left > 0 {
		fmt.Fprintf(b, "- %s more in the JSON report\n", plural(left, "cause"))
	}
	if len(run.Causes) > 0 {
		b.WriteString("\n")
	}
}

// markdownCode is a sentence in which what it quotes as code is code, and nothing else is markup.
func markdownCode(sentence string) string {
	var b strings.Builder
	for _, p := range code(safe(sentence)) {
		if p.Marked {
			b.WriteString("`" + p.Text + "`")
		} else {
			b.WriteString(escapeMarkdown(p.Text))
		}
	}
	return b.String()
}

// codes are names set as code.
func codes(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "`" + name + "`"
	}
	return strings.Join(all, ", ")
}

// indented is a block that belongs to an item of a list (CommonMark, section 5.2).
func indented(block string) string {
	var b strings.Builder
	b.WriteString("\n")
	for line := range strings.Lines(strings.TrimRight(block, "\n")) {
		b.WriteString("  " + line)
	}
	return b.String() + "\n"
}

func causeViewOf(c result.Cause, slug string) causeView {
	v := causeView{
		Anchor: slug + "/cause/" + c.ID, ID: c.ID, Sentence: code(safe(c.Sentence)), Extent: extent(c),
		Known: c.Known, Expired: expired(c.Expired),
		Owner: c.Owner.Advice(c.Next),
		Class: "fail", Word: "broken",
	}
	if c.Known != "" {
		v.Class, v.Word = "known", "known"
	}
	for _, id := range c.Clauses {
		v.Clauses = append(v.Clauses, link{slug + "/" + id, id})
	}
	for _, id := range c.Checks[:min(shownLines, len(c.Checks))] {
		v.Checks = append(v.Checks, link{slug + "/" + id, id})
	}
	v.More = len(c.Checks) - len(v.Checks)
	if c.Exchange != nil {
		e := exchangeViewOf(*c.Exchange)
		v.Exchange = &e
	}
	return v
}
