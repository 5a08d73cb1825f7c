package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vexa-conformance/runner/result"
)

// The parts of an HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/).
type (
	harLog struct {
		Version string     `json:"version"`
		Creator harNamed   `json:"creator"`
		Pages   []harPage  `json:"pages"`
		Entries []harEntry `json:"entries"`
	}
	harNamed struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harPage struct {
		Started time.Time `json:"startedDateTime"`
		ID      string    `json:"id"`
		Title   string    `json:"title"`
		Timings struct{}  `json:"pageTimings"`
		Comment string    `json:"comment"`
	}
	harEntry struct {
		Page     string      `json:"pageref"`
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"`
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		PostData    *harPost  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harPost struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// HAR writes all exchanges of the report, each once, as an HTTP Archive that a browser's network panel opens. Sizes that are not
// known are -1, as the format has it.
func HAR(w io.Writer, r result.Report) error {
	log := harLog{Version: "1.2", Creator: harNamed{r.Tool.Name, r.Tool.Version}, Pages: []harPage{}, Entries: []harEntry{}}
	for i, run := range r.Runs {
		page := harPage{Started: run.Started, ID: fmt.Sprintf("run_%d", i+1), Title: run.Edition + ", " + run.Target.Name, Comment: newJudgement(run).Word + newJudgement(run).Rest}
		if note := contractNote(run); note != "" {
			page.Comment += "; " + note
		}
		for _, clause := range run.Clauses {
			if clause.Known != "" {
				page.Comment += "; known: " + clause.ID + ", " + clause.Known
			}
		}
		log.Pages = append(log.Pages, page)
		log.Entries = append(log.Entries, harEntries(run, page.ID)...)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]harLog{"log": log})
}

// harEntries are a run's exchanges in the order in which they were sent. Several checks may have looked at one.
func harEntries(run result.Run, page string) []harEntry {
	type sent struct {
		started time.Time
		line    string
		caller  string
	}
	known := map[sent]bool{}
	var entries []harEntry
	add := func(by string, exchanges []result.Exchange) {
		for _, e := range exchanges {
			id := sent{e.Started, e.Request.Method + e.Request.URL, e.Caller}
			if !known[id] {
				known[id] = true
				entries = append(entries, harEntryOf(e, page, by))
			}
		}
	}
	add("setup", run.Setup)
	for _, check := range run.Checks {
		add(strings.TrimSuffix(check.ID+", "+knownReason(check), ", "), check.Exchanges)
	}
	slices.SortStableFunc(entries, func(a, b harEntry) int { return a.Started.Compare(b.Started) })
	return entries
}

func harEntryOf(e result.Exchange, page, by string) harEntry {
	entry := harEntry{
		Page: page, Started: e.Started, Time: e.DurationMS, Timings: harTimings{Wait: e.DurationMS},
		Comment: strings.TrimSpace(by + ": " + e.Operation + " by " + e.Caller + " " + e.Error),
		Request: harRequest{
			Method: e.Request.Method, URL: e.Request.URL, HTTPVersion: protocol(e), Cookies: []harPair{}, Headers: harPairs(e.Request.Headers),
			Query: harQuery(e.Request.URL), HeadersSize: -1, BodySize: len(e.Request.Body),
		},
		// A status of 0 is how browsers export a request without an answer.
		Response: harResponse{HTTPVersion: protocol(e), Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1, Content: harContent{MimeType: "x-unknown"}},
	}
	if e.Request.Body != "" {
		entry.Request.PostData = &harPost{first(e.Request.Headers, "Content-Type"), e.Request.Body}
	}
	if e.Response != nil {
		entry.Response.Status, entry.Response.StatusText = e.Response.Status, http.StatusText(e.Response.Status)
		entry.Response.Headers, entry.Response.BodySize = harPairs(e.Response.Headers), len(e.Response.Body)
		entry.Response.Content = harContent{len(e.Response.Body), first(e.Response.Headers, "Content-Type"), e.Response.Body}
		entry.Response.RedirectURL = first(e.Response.Headers, "Location")
	}
	return entry
}

// protocol is the version of HTTP of an exchange, if it had a response.
func protocol(e result.Exchange) string {
	if e.Response == nil || e.Response.Protocol == "" {
		return "unknown"
	}
	return e.Response.Protocol
}

func harPairs(h result.Header) []harPair {
	pairs := []harPair{}
	for name, values := range h {
		for _, value := range values {
			pairs = append(pairs, harPair{name, value})
		}
	}
	slices.SortFunc(pairs, func(a, b harPair) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	return pairs
}

func harQuery(address string) []harPair {
	u, err := url.Parse(address)
	if err != nil {
		return []harPair{} // what was sent on purpose may be no URL
	}
	return harPairs(result.Header(u.Query()))
}

// first is the first value of a header, whatever its case.
func first(h result.Header, name string) string {
	for n, values := range h {
		if strings.EqualFold(n, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
