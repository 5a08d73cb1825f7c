package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vexa-conformance/runner/result"
)

// The elements of JUnit's XML as Jenkins' XSD (junit-10) and GitLab have them: a <testsuite> for each clause, a <testcase> for
// each check. The clause is a property of its suite, since the XSD knows no properties of a case.
type (
	testsuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Suites   []testsuite `xml:"testsuite"`
	}
	testsuite struct {
		Name       string     `xml:"name,attr"`
		Tests      int        `xml:"tests,attr"`
		Failures   int        `xml:"failures,attr"`
		Errors     int        `xml:"errors,attr"`
		Skipped    int        `xml:"skipped,attr"`
		Time       string     `xml:"time,attr"`
		Timestamp  string     `xml:"timestamp,attr"`
		Properties properties `xml:"properties"`
		Cases      []testcase `xml:"testcase"`
		seconds    float64
	}
	testcase struct {
		Name      string   `xml:"name,attr"`
		Classname string   `xml:"classname,attr"`
		Time      string   `xml:"time,attr"`
		Skipped   *outcome `xml:"skipped"`
		Error     *outcome `xml:"error"`
		Failure   *outcome `xml:"failure"`
	}
	properties struct {
		All []property `xml:"property"`
	}
	property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	outcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the report as JUnit's XML.
func JUnit(w io.Writer, r result.Report) error {
	all := testsuites{Name: r.Tool.Name, Time: seconds(r.Finished.Sub(r.Started).Seconds())}
	for _, run := range r.Runs {
		for _, suite := range suitesOf(run) {
			all.Tests += suite.Tests
			all.Failures += suite.Failures
			all.Errors += suite.Errors
			all.Suites = append(all.Suites, suite)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", " ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// suitesOf are a run's suites in the order of its checks.
func suitesOf(run result.Run) []testsuite {
	label := run.Edition
	if run.Target.Hosted {
		label += "-hosted"
	}
	promises := map[string]string{}
	for _, clause := range run.Clauses {
		promises[clause.ID] = clause.Promise
	}
	var suites []testsuite
	place := map[string]int{}
	for _, check := range run.Checks {
		area, name, _ := strings.Cut(check.ID, "/")
		clauses := strings.Join(check.Clauses, " ")
		i, found := place[clauses]
		if !found {
			i = len(suites)
			place[clauses] = i
			about := []property{{"target", printable(run.Target.Name)}, {"edition", run.Edition}}
			if run.Contract != nil {
				about = append(about, property{"contract", printable(run.Contract.String())})
			}
			for _, clause := range check.Clauses {
				about = append(about, property{"clause", clause}, property{"promise", printable(promises[clause])})
			}
			suites = append(suites, testsuite{
				Name: label + " " + clauses, Timestamp: run.Started.UTC().Format("2006-01-02T15:04:05"), Properties: properties{about},
			})
		}
		suites[i].add(caseOf(run, check, "vexa."+label+"."+area, name, promises))
		suites[i].seconds += check.DurationMS / 1000
		suites[i].Time = seconds(suites[i].seconds)
	}
	return suites
}

func (s *testsuite) add(c testcase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func caseOf(run result.Run, check result.Check, class, name string, promises map[string]string) testcase {
	c := testcase{Name: name, Classname: class, Time: seconds(check.DurationMS / 1000)}
	switch {
	case check.Known != "":
		c.Skipped = &outcome{Message: printable(knownReason(check) + "; expected " + check.Expected + ", got " + actual(check))}
	case check.Verdict == result.Fail:
		message := "expected " + check.Expected + ", got " + actual(check)
		if line := expired(check.Expired); line != "" {
			message = line + "; " + message
		}
		c.Failure = &outcome{
			Message: printable(message), Type: "broken promise",
			Text: printable(failureText(run, check, promises)),
		}
	case check.Verdict == result.Blocked, check.Verdict == result.Error:
		c.Error = &outcome{Message: printable(firstLine(check.Reason)), Type: string(check.Verdict), Text: printable(check.Reason)}
	case check.Verdict == result.Skip:
		c.Skipped = &outcome{Message: printable(check.Reason)}
	}
	return c
}

func failureText(run result.Run, check result.Check, promises map[string]string) string {
	var b strings.Builder
	for _, clause := range check.Clauses {
		fmt.Fprintf(&b, "\n%s: %s\n", clause, promises[clause])
	}
	fmt.Fprintf(&b, "Expected: %s\nActual:   %s\n", check.Expected, actual(check))
	for _, c := range causesOf(run, check.ID) {
		fmt.Fprintf(&b, "Cause: %s (%s)\n", c.Sentence, c.ID)
		if line := c.Owner.Advice(c.Next); line != "" {
			fmt.Fprintln(&b, line)
		}
	}
	if check.Reason != "" {
		fmt.Fprintln(&b, check.Reason)
	}
	if line := evidence(run, check); line != "" {
		fmt.Fprintln(&b, line)
	}
	return b.String()
}

// evidence is a line that has a failure seen again: the curl line of the exchange that shows it, or of the last one; for a
// client, its own scenario.
func evidence(run result.Run, check result.Check) string {
	if run.Binds == "client" {
		return "vexa-conformance client --edition " + run.Edition + " --only " + check.ID + " -- " + run.Target.Name
	}
	line := ""
	for _, e := range check.Exchanges {
		if e.Evidence {
			return e.Curl
		}
		line = e.Curl
	}
	return line
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// seconds is a decimal number of seconds, as JUnit's time is.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 6, 64) }
