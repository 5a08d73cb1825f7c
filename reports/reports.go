// Package reports turns one result into what people and machines read: JSON, the source of all others, JUnit, and the
// terminal. It knows the result and nothing else. To add a format is to add a file, and a row in [formats].
package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"vexa-conformance/runner/result"
)

// format is one way to write a report, or a proof, to a file.
type format[T any] struct {
	name  string
	write func(io.Writer, T) error
}

func formats() []format[result.Report] {
	return []format[result.Report]{
		{"json", JSON}, {"junit", JUnit}, {"html", HTML}, {"markdown", Markdown}, {"har", HAR}, {"badge", Badge}, {"svg", SVG},
	}
}

func proofFormats() []format[result.Proof] {
	return []format[result.Proof]{{"json", ProofJSON}, {"html", ProofHTML}}
}

func names[T any](all []format[T]) []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.name
	}
	return names
}

func writeAs[T any](all []format[T], name, path string, value T) error {
	for _, f := range all {
		if f.name == name {
			return save(name, path, func(w io.Writer) error { return f.write(w, value) })
		}
	}
	return fmt.Errorf("write %s: there is no report format %q: use %s", path, name, strings.Join(names(all), " or "))
}

// Formats are the names that [Write] takes.
func Formats() []string { return names(formats()) }

// ProofFormats are the names that [WriteProof] takes.
func ProofFormats() []string { return names(proofFormats()) }

// Write writes a report to a file, as [Save] does. It fails where there is no such format.
func Write(name, path string, r result.Report) error { return writeAs(formats(), name, path, r) }

// WriteProof writes a proof, as [Write] does a report.
func WriteProof(name, path string, p result.Proof) error {
	return writeAs(proofFormats(), name, path, p)
}

// Save writes a file as [Write] does a report.
func Save(path string, write func(io.Writer) error) error { return save("", path, write) }

// save writes a file: to a new one beside it, which then takes its place, so that a crash or a full disk
// leaves the old file or the new one and never half of one. Only its owner can read the file, since it tells what a
// deployment answers. An error names the path.
func save(name, path string, write func(io.Writer) error) error {
	if path == standardOutput {
		return stream(name, "on standard output", os.Stdout, write)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return device(name, path, write) // a pipe or a terminal cannot be replaced
	}
	// CreateTemp makes the file with mode 0600.
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err == nil {
		if err = fill(file, write); err == nil {
			err = os.Rename(file.Name(), path)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("write the %s: %w", strings.TrimSpace(name+" report "+path), err)
	}
	return nil
}

func device(name, path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write the %s: %w", strings.TrimSpace(name+" report "+path), err)
	}
	return errors.Join(stream(name, path, file, write), file.Close())
}

// standardOutput is the path by which a report goes to standard output, after what people read: for a container whose log is
// all that stays of it.
const standardOutput = "-"

func stream(name, path string, w io.Writer, write func(io.Writer) error) error {
	buffered := bufio.NewWriter(w)
	err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the %s: %w", strings.TrimSpace(name+" report "+path), err)
	}
	return nil
}

// fill writes a file through to the disk and closes it.
func fill(file *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriter(file)
	err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
