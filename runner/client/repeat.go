package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vexa-conformance/runner/result"
)

// Repeat tests a client n times, one run after the other, as [Run] does. It returns the run with the worst exit code, with a
// note on each check whose verdict changed from run to run: what a client does by chance is not what a gate should rest on.
// An interrupt ends it after the run that it interrupts.
func Repeat(ctx context.Context, c Config, n int) (result.Run, error) {
	var runs []result.Run
	for range max(1, n) {
		run, err := Run(ctx, c)
		if err != nil {
			return run, err
		}
		if runs = append(runs, run); run.Interrupted {
			break
		}
	}
	code := result.WorstExit(runs)
	worst := runs[slices.IndexFunc(runs, func(run result.Run) bool { return run.ExitCode == code })]
	if len(runs) > 1 {
		worst.Notes = append(worst.Notes, stability(runs)...)
	}
	return worst, nil
}

// stability says of each check whose verdict changed how often it had which one.
func stability(runs []result.Run) []string {
	var changed []string
	for i, check := range runs[0].Checks {
		counts := map[result.Verdict]int{}
		for _, run := range runs {
			counts[run.Checks[i].Verdict]++
		}
		if len(counts) == 1 {
			continue
		}
		var parts []string
		for _, v := range result.Verdicts() {
			if counts[v] > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", v, counts[v]))
			}
		}
		changed = append(changed, fmt.Sprintf("%s changed in %d runs: %s", check.ID, len(runs), strings.Join(parts, ", ")))
	}
	if changed == nil {
		return []string{fmt.Sprintf("all %d runs gave each check the same verdict", len(runs))}
	}
	return changed
}
