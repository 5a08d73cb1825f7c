package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vexa-conformance/reports"
	"vexa-conformance/runner/result"
)

// readGiven puts the runs of reports and of folders with reports into one. The runs of a folder are those of gates over
// time, in its order.
func (s *env) readGiven(given []string) (result.Report, error) {
	var paths []string
	overTime := false
	for _, one := range given {
		info, err := os.Stat(one)
		if err != nil || !info.IsDir() {
			paths = append(paths, one) // whether it can be read is found when it is read
			continue
		}
		inside, err := s.reportsIn(one)
		if err != nil {
			return result.Report{}, err
		}
		paths, overTime = append(paths, inside...), true
	}
	all, err := readAll(paths)
	if err != nil || !overTime {
		return all, err
	}
	all.OverTime = true
	slices.SortStableFunc(all.Runs, func(a, b result.Run) int { return a.Started.Compare(b.Started) })
	all.ExitCode = all.Runs[len(all.Runs)-1].ExitCode
	return all, nil
}

// reportsIn are the JSON reports of runs in a folder and those below it. Others, such as those of a comparison, are named
// and left out; one that is cut short is a mistake.
func (s *env) reportsIn(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		switch _, err := readReport(path); {
		case errors.Is(err, reports.ErrSchema):
			fmt.Fprintf(s.stderr, "vexa-conformance: left out %s\n", oneLine(s.hide(err)))
		case err != nil:
			return err
		default:
			paths = append(paths, path)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, mistake("read the reports in %s: %w", folder, err)
	case len(paths) == 0:
		return nil, mistake("%s has no JSON report of a run: write one there with --report json=%s", folder, filepath.Join(folder, "FILE.json"))
	default:
		return paths, nil
	}
}
