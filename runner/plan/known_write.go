package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/goccy/go-yaml"

	"vexa-conformance/runner/result"
	"vexa-conformance/suites"
)

// WriteKnown writes a list that excuses what failed in the runs. What people wrote stays as it is, while it excuses something or may
// do so again: an entry is left out once its day is over or its failures pass. What no entry excuses gets one, with the actual
// behaviour as the reason; what a release's list excuses needs none. Before are the entries until now: of the list that the runs were given, and of the file itself.
func WriteKnown(path string, runs []result.Run, before []Known) error {
	kept := []Known{}
	for _, k := range before {
		if k.Release == "" && !slices.Contains(kept, k) && k.stays(runs) {
			kept = append(kept, k)
		}
	}
	for _, run := range runs {
		for _, check := range run.Checks {
			known := excusedByRelease(check) || slices.ContainsFunc(kept, func(k Known) bool {
				return k.excuses(run.Edition, run.Started) && k.matches(asChecked(check)) && len(k.failures(&check)) == max(1, len(check.Failures))
			})
			if check.Verdict == result.Fail && !known {
				kept = append(kept, Known{ID: check.ID, Edition: run.Edition, Reason: "expected " + check.Expected + ", got " + check.Actual})
			}
		}
	}
	text, err := yaml.Marshal(kept)
	if err != nil {
		return fmt.Errorf("write the known failures: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write the known failures: %w", err)
	}
	return nil
}

// stays says whether an entry goes on to excuse: something failed that it is about, or nothing of it had a verdict.
func (k Known) stays(runs []result.Run) bool {
	failed, passed := false, false
	for _, run := range runs {
		if !k.lasts(run.Started) {
			return false
		}
		for _, check := range run.Checks {
			if k.excuses(run.Edition, run.Started) && k.matches(asChecked(check)) {
				failed = failed || check.Verdict == result.Fail
				passed = passed || check.Verdict == result.Pass
			}
		}
	}
	return failed || !passed
}

func asChecked(c result.Check) suites.Check { return suites.Check{ID: c.ID, Clauses: c.Clauses} }

// WrittenKnown are the entries of the list that [WriteKnown] is to replace; none if there is no such file.
func WrittenKnown(path string) ([]Known, error) {
	all, err := ReadKnown(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}
