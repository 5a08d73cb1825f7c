package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"vexa-conformance/runner/result"
	"vexa-conformance/runner/textfile"
	"vexa-conformance/suites"

	"vexa-conformance/spec"
)

// Known is a failure that is known and excused.
type Known struct {
	// ID is a pattern of check or clause ids, as --only has it.
	ID string `yaml:"id"`
	// Actual is a pattern (* any) of what the check got: the entry excuses these failures only, so that the same check
	// fails for anything else. Empty excuses each failure of the check.
	Actual string `yaml:"actual,omitempty"`
	// Edition is the one that it excuses, and those based on it that promise the same; empty is each.
	Edition string `yaml:"edition,omitempty"`
	Reason  string `yaml:"reason"`
	Link    string `yaml:"link,omitempty"`
	// Until is the last day on which it excuses, as 2006-01-02; empty is for ever.
	Until string `yaml:"until,omitempty"`
	// Release is the release from whose list the entry is; empty for the operator's own.
	Release string `yaml:"-"`
}

// ReadKnown reads a list of known failures. It fails, with the line, where a key is misspelt, a reason is missing, or a date
// is none.
func ReadKnown(path string) ([]Known, error) {
	text, err := textfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("read the known failures: %w", err)
	}
	var all []Known
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the known failures %s: %s", path, yaml.FormatError(err, false, false))
	}
	for i, k := range all {
		_, err := time.Parse(time.DateOnly, k.Until)
		switch {
		case k.ID == "":
			return nil, fmt.Errorf("read the known failures %s: entry %d has no id", path, i+1)
		case strings.TrimSpace(k.Reason) == "":
			return nil, fmt.Errorf("read the known failures %s: %s has no reason", path, k.ID)
		case k.Until != "" && err != nil:
			return nil, fmt.Errorf("read the known failures %s: %s is excused until %q: give a day such as 2026-12-31", path, k.ID, k.Until)
		case k.Edition != "" && !spec.Documented(spec.Edition(k.Edition)):
			return nil, fmt.Errorf("read the known failures %s: %s is of the edition %q: use %s", path, k.ID, k.Edition, spec.EditionNames())
		}
	}
	return all, nil
}

// CheckKnown fails with [*UnknownPattern] where an entry excuses nothing that any of the jobs could judge. The entries of
// a release's list are no exception of the operator's to mistype: they may be about another edition.
func CheckKnown(known []Known, checks map[string][]suites.Check) error {
	for _, k := range known {
		if k.Release != "" {
			continue
		}
		var ids []string
		matched := false
		for edition, all := range checks {
			ids = append(ids, IDs(all)...)
			matched = matched || k.isOf(spec.Edition(edition)) && slices.ContainsFunc(all, k.matches)
		}
		if !matched && (k.Edition == "" || checks[k.Edition] != nil) {
			return &UnknownPattern{Flag: strings.TrimSpace("--known: " + k.Edition), Pattern: k.ID, Of: "no check and no clause", Nearest: Nearest(k.ID, ids)}
		}
	}
	return nil
}

func (k Known) matches(c suites.Check) bool { return Matches(k.ID, c) }

// excuses says whether the entry still excuses in an edition on a day.
func (k Known) excuses(edition string, day time.Time) bool {
	return k.isOf(spec.Edition(edition)) && k.lasts(day)
}

// isOf says whether the entry is of each edition, of this one, or of one that this is based on and whose promise it does not change.
func (k Known) isOf(e spec.Edition) bool {
	of := spec.Edition(k.Edition)
	return of == "" || e == of || e.BasedOn(of) && !e.Redefines(k.ID, of)
}

func (k Known) lasts(day time.Time) bool {
	until, err := time.Parse(time.DateOnly, k.Until)
	return k.Until == "" || err == nil && day.Before(until.AddDate(0, 0, 1))
}

func (k Known) text() string {
	text := k.Reason
	if k.Release != "" {
		text = k.Release + " itself: " + text
	}
	if k.Link != "" {
		text += " (" + k.Link + ")"
	}
	if k.Until != "" {
		text += ", until " + k.Until
	}
	return text
}

// expire marks the failures that an entry excused until its day was over, and that no other one excuses.
func expire(r *result.Run, k Known) {
	if !k.isOf(spec.Edition(r.Edition)) {
		return
	}
	for i := range r.Checks {
		check := &r.Checks[i]
		if check.Verdict == result.Fail && check.Known+check.Expired == "" && k.matches(asChecked(*check)) && len(k.failures(check)) > 0 {
			check.Expired = k.text()
		}
	}
}
