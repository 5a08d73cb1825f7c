package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"vexa-conformance/runner/result"
)

// head is what every JSON report begins with.
type head struct {
	Schema   string      `json:"schema"`
	Tool     result.Tool `json:"tool"`
	Started  time.Time   `json:"started"`
	Finished time.Time   `json:"finished"`
	ExitCode int         `json:"exit_code"`
}

// oneRun is the report of one run: its members are beside those of the head.
type oneRun struct {
	Schema string      `json:"schema"`
	Tool   result.Tool `json:"tool"`
	result.Run
}

// severalRuns is the report of the editions of a deployment, or of several.
type severalRuns struct {
	head
	Runs []result.Run `json:"runs"`
}

// JSON writes the report "vexa-conformance/report/v1": see report.schema.json.
func JSON(w io.Writer, r result.Report) error {
	if len(r.Runs) == 1 {
		return encode(w, oneRun{result.Schema, r.Tool, r.Runs[0]})
	}
	return encode(w, severalRuns{head{result.Schema, r.Tool, r.Started, r.Finished, r.ExitCode}, r.Runs})
}

// encode writes JSON for people too: indented, and with < and > as they are.
func encode(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// ErrSchema says that a JSON file is not a report of a run.
var ErrSchema = errors.New("no report of a run")

// ReadJSON reads a report back, of one run or of several. It refuses a report that is cut short, and any other JSON.
func ReadJSON(from io.Reader) (result.Report, error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return result.Report{}, fmt.Errorf("read the report: %w", err)
	}
	var several severalRuns
	if err := json.Unmarshal(text, &several); err != nil {
		var cut *json.SyntaxError
		if errors.As(err, &cut) {
			return result.Report{}, fmt.Errorf("read the report: invalid or truncated JSON at byte %d: %w", cut.Offset, err)
		}
		return result.Report{}, fmt.Errorf("read the report: %w", err)
	}
	if several.Schema != result.Schema {
		return result.Report{}, fmt.Errorf("read the report: %w: its schema is %q, and not %q", ErrSchema, several.Schema, result.Schema)
	}
	report := result.Report{
		Tool: several.Tool, Started: several.Started, Finished: several.Finished, ExitCode: several.ExitCode, Runs: several.Runs,
	}
	if several.Runs == nil {
		var one oneRun
		if err := json.Unmarshal(text, &one); err != nil {
			return result.Report{}, fmt.Errorf("read the report: %w", err)
		}
		report.Runs = []result.Run{one.Run}
	}
	return report, nil
}
