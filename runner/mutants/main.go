// Command mutants puts small mistakes into packages, one at a time, and asks how many of them the packages' tests notice. What
// they do not notice must stand in mutants.yaml with a reason, or the command fails.
//
// It is no gremlins, which was tried first, for three reasons: that one takes a mutant which does not compile for one that was
// killed, since go test exits with 1 for both; it takes the conditions of a switch for code that no test reaches; and it runs all
// tests of a package for each mutant, which for those of runner takes hours. This one builds first, and then runs the tests that
// reach the mistake, the shortest first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"

	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	in := flags.String("in", "", "only the functions in whose name, as in spec/call.go Answer.String, this stands")
	verbose := flags.Bool("verbose", false, "name what was killed too, and by which test")
	without := flags.String("without", "", "leave out the tests in whose name this regular expression matches: what only they would notice lives")
	workers := flags.Int("parallel", 2, "how many mutants at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	slow, err := regexp.Compile(*without)
	if err != nil {
		return fmt.Errorf("read -without: %w", err)
	}
	reasons, err := readReasons()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return fmt.Errorf("make a folder for the mutants: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if flags.NArg() == 0 {
		return errors.New("name packages, as ./spec, or files of them")
	}
	unexplained := 0
	for _, path := range flags.Args() {
		path = filepath.Clean(path)
		all, err := find(path, *in)
		if err != nil {
			return err
		}
		folder := path
		if filepath.Ext(path) == ".go" {
			folder = filepath.Dir(path)
		}
		lab, err := newLaboratory(ctx, scratch, folder, func(test string) bool { return *without != "" && slow.MatchString(test) })
		if err != nil {
			return err
		}
		tryAll(ctx, all, *workers, func(m *mutant) { lab.try(ctx, m) }, func(m *mutant) {
			if *verbose || m.outcome != killed && m.outcome != invalid {
				fmt.Fprintf(out, "%-11s %s (line %d): %s %s\n", m.outcome, m.In, m.line, m.Change, m.by)
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		unexplained += conclude(out, path, all, reasons, *in == "")
	}
	if unexplained > 0 {
		return fmt.Errorf("%d mutants live, or entries of mutants.yaml excuse nothing", unexplained)
	}
	return nil
}

// tryAll tries the mutants, several at once, and tells of each as it is done.
func tryAll(ctx context.Context, all []*mutant, workers int, try, tell func(*mutant)) {
	var (
		mu sync.Mutex
		g  errgroup.Group
	)
	g.SetLimit(workers)
	for _, m := range all {
		g.Go(func() error {
			if ctx.Err() == nil {
				try(m)
				mu.Lock()
				defer mu.Unlock()
				tell(m)
			}
			return nil
		})
	}
	_ = g.Wait() // none of them fails
}
