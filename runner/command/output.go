package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"vexa-conformance/reports"
)

// output is standard output. If its reader goes away (| head -1), it drops the rest: the reader wanted no more. It keeps any other
// failure, such as a full disk, for the end of the command.
type output struct {
	to     io.Writer
	gone   bool
	failed error
}

// Write writes to standard output.
func (o *output) Write(text []byte) (int, error) {
	if o.gone {
		return len(text), nil
	}
	n, err := o.to.Write(text)
	if errors.Is(err, syscall.EPIPE) {
		o.gone = true
		return len(text), nil
	}
	o.failed = errors.Join(o.failed, err)
	return n, err
}

// options are those of a text that people read. A terminal gets colours and its own width.
func (o *output) options(quiet, verbose bool) reports.TerminalOptions {
	options := reports.TerminalOptions{Quiet: quiet, Verbose: verbose, Width: 100}
	if file, ok := o.to.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		_, none := os.LookupEnv("NO_COLOR") // https://no-color.org: present and not empty
		options.Color = !none || os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			options.Width = min(width, 120)
		}
	}
	return options
}

// wantedReport is one --report FORMAT=FILE.
type wantedReport struct{ format, path string }

// standardOutput is the path of a report that is printed to standard output, after the text for people: for a container of which
// only the log remains.
const standardOutput = "-"

// deliver writes the reports to their files first, then prints what people read, whatever became of the others: standard
// output may block or break. It fails with all that failed.
func (s *env) deliver(wanted []wantedReport, encode func(w io.Writer, format string) error, print func() error) error {
	var failed error
	for _, one := range wanted {
		if one.path != standardOutput {
			err := reports.Save(one.path, func(w io.Writer) error { return encode(w, one.format) })
			failed = errors.Join(failed, wrap("write the "+one.format+" report", err))
		}
	}
	failed = errors.Join(failed, wrap("print the verdicts", print()))
	for _, one := range wanted {
		if one.path == standardOutput {
			failed = errors.Join(failed, wrap("print the "+one.format+" report", encode(s.stdout, one.format)))
		}
	}
	return failed
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
