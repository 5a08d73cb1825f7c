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

// format is one way to write a report to a file.
type format struct {
	name  string
	write func(io.Writer, result.Report) error
}

func formats() []format {
	return []format{{"json", JSON}, {"junit", JUnit}, {"html", HTML}, {"markdown", Markdown}, {"har", HAR}, {"badge", Badge}, {"svg", SVG}}
}

// Formats are the names that [Write] takes.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// Write writes a report to a file, as [save] does. It fails where there is no such format.
func Write(name, path string, r result.Report) error {
	for _, f := range formats() {
		if f.name == name {
			return save(name, path, func(w io.Writer) error { return f.write(w, r) })
		}
	}
	return fmt.Errorf("write %s: there is no report format %q: use %s", path, name, strings.Join(Formats(), " or "))
}

// Save writes a file as [Write] does a report.
func Save(path string, write func(io.Writer) error) error { return save("", path, write) }

// save writes a file: to a new one beside it, which then takes its place, so that a crash or a full disk
// leaves the old file or the new one and never half of one. Only its owner can read the file, since it tells what a
// deployment answers. An error names the path.
func save(name, path string, write func(io.Writer) error) error {
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
	if err == nil {
		buffered := bufio.NewWriter(file)
		if err = write(buffered); err == nil {
			err = buffered.Flush()
		}
		err = errors.Join(err, file.Close())
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
