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

func encodeAs[T any](w io.Writer, all []format[T], name string, value T) error {
	for _, f := range all {
		if f.name == name {
			return f.write(w, value)
		}
	}
	return fmt.Errorf("unknown report format %q: use %s", name, strings.Join(names(all), " or "))
}

// Formats are the names that [Encode] takes.
func Formats() []string { return names(formats()) }

// ProofFormats are the names that [EncodeProof] takes.
func ProofFormats() []string { return names(proofFormats()) }

// Encode writes a report in a format. It fails if there is no such format.
func Encode(w io.Writer, format string, r result.Report) error {
	return encodeAs(w, formats(), format, r)
}

// EncodeProof writes a proof, as [Encode] does a report.
func EncodeProof(w io.Writer, format string, p result.Proof) error {
	return encodeAs(w, proofFormats(), format, p)
}

// Save writes a file: to a new one beside it, which then takes its place, so that a crash or a full disk leaves the old file
// or the new one and never half of one. Only its owner can read the file, since it shows what a deployment responds. An error
// names the path.
func Save(path string, write func(io.Writer) error) error {
	if err := replace(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func replace(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return device(path, write) // a pipe or a terminal cannot be replaced
	}
	// CreateTemp makes the file with mode 0600.
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	if err = fill(file, write); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func device(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(through(file, write), file.Close())
}

// fill writes a file through to the disk and closes it.
func fill(file *os.File, write func(io.Writer) error) error {
	err := through(file, write)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// through writes in large pieces.
func through(w io.Writer, write func(io.Writer) error) error {
	buffered := bufio.NewWriter(w)
	if err := write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}
