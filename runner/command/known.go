package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// ofRelease is what --known takes beside files: what the release is known to break, or the named one.
const ofRelease = "release"

// knownLists are what --known names: files of the operator's, and the list of a release.
type knownLists struct {
	own []plan.Known
	// release says that a release's list was wanted, and name which one; empty leaves that to the edition.
	release bool
	name    string
}

// readKnown reads the lists that --known names.
func readKnown(given []string) (knownLists, error) {
	var lists knownLists
	for _, one := range given {
		name, named := strings.CutPrefix(strings.TrimSpace(one), ofRelease+"=")
		switch {
		case named || name == ofRelease:
			if named {
				if _, err := plan.KnownOfRelease(name); err != nil {
					return lists, mistake("--known %s: %w", one, err)
				}
				if lists.name != "" && lists.name != name {
					return lists, mistake("--known %s: %s is named too, and a target is of one release", one, lists.name)
				}
				lists.name = name
			}
			lists.release = true
		case name != "":
			own, err := plan.ReadKnown(kong.ExpandPath(name))
			if err != nil {
				return lists, usage{err}
			}
			lists.own = append(lists.own, own...)
		}
	}
	return lists, nil
}

// forEdition are the entries for an edition: the operator's own first, since they say more about the deployment.
func (l knownLists) forEdition(edition string) ([]plan.Known, error) {
	if !l.release {
		return l.own, nil
	}
	of, name := plan.KnownOfEdition, edition
	if l.name != "" {
		of, name = plan.KnownOfRelease, l.name
	}
	release, err := of(name)
	if err != nil {
		return nil, mistake("--known release: %w", err)
	}
	return slices.Concat(l.own, release), nil
}

// addKnown gives the jobs the known failures that --known names.
func addKnown(jobs []job, given []string) error {
	lists, err := readKnown(given)
	if err != nil {
		return err
	}
	checks := map[string][]suites.Check{}
	for i := range jobs {
		edition := string(jobs[i].Contract.Edition())
		if jobs[i].Known, err = lists.forEdition(edition); err != nil {
			return err
		}
		checks[edition] = jobs[i].checks
		if lists.release && !slices.ContainsFunc(jobs[i].Known, func(k plan.Known) bool {
			return k.Release != "" && slices.ContainsFunc(jobs[i].checks, func(c suites.Check) bool { return plan.Matches(k.ID, c) })
		}) {
			return mistake("--known release: a release's list is about deployments, which this command does not judge")
		}
	}
	return plan.CheckKnown(lists.own, checks)
}

// markKnownIn marks the known failures of a report as --known would have marked them in the run.
func markKnownIn(ctx context.Context, report *result.Report, given []string) error {
	if len(given) == 0 {
		return nil
	}
	lists, err := readKnown(given)
	if err != nil {
		return err
	}
	checks := map[string][]suites.Check{}
	for i, run := range report.Runs {
		if spec.Documented(spec.Edition(run.Edition)) { // another version of this program may know more editions
			contract, err := spec.Load(ctx, spec.Edition(run.Edition))
			if err != nil {
				return fmt.Errorf("load the contract of the report: %w", err)
			}
			checks[run.Edition] = suites.Of(contract, spec.Party(cmp.Or(run.Binds, string(spec.Server))))
		}
		known := lists.own
		if run.Binds == "" {
			if known, err = lists.forEdition(run.Edition); err != nil {
				return err
			}
		}
		report.Runs[i] = plan.Excuse(run, known)
	}
	report.ExitCode = result.WorstExit(report.Runs)
	return plan.CheckKnown(lists.own, checks)
}
