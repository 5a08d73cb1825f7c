package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/tools/cover"
)

// outcome is what became of a mutant.
type outcome string

const (
	killed outcome = "killed"
	lived  outcome = "lived"
	// unreached is code that none of the tests runs.
	unreached outcome = "not reached"
	// timedOut ended no test in time. That is no kill: a slow machine looks the same.
	timedOut outcome = "timed out"
	// invalid does not compile, and is no mutant.
	invalid outcome = "invalid"
)

// test is a test of the package, whole: how long it takes, and what of the package it runs.
type test struct {
	name   string
	takes  time.Duration
	blocks []block
}

type block struct {
	file string
	cover.ProfileBlock
}

// laboratory is where the mutants of a package are tried.
type laboratory struct {
	scratch, folder string
	// tests are all of the package, the shortest first.
	tests []test

	mu sync.Mutex
	// killers are the tests that noticed something last, by function and by file: they often notice the next mistake too.
	killers map[string]string
}

// newLaboratory measures the tests of a package, one by one: how long each takes, and what of the package it runs. Those that are
// left out notice nothing.
func newLaboratory(ctx context.Context, scratch, folder string, leftOut func(test string) bool) (*laboratory, error) {
	l := &laboratory{scratch: scratch, folder: folder, killers: map[string]string{}}
	path := filepath.Join(scratch, "whole.test")
	if err := compile(ctx, path, folder, "-cover", "-coverpkg=./"+folder); err != nil {
		return nil, fmt.Errorf("build the tests of %s: %w", folder, err)
	}
	list := exec.CommandContext(ctx, path, "-test.list", "^(Test|Example|Fuzz)")
	list.Dir = folder
	names, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list the tests of %s: %w", folder, err)
	}
	for _, name := range slices.DeleteFunc(strings.Fields(string(names)), leftOut) {
		profile := filepath.Join(scratch, "profile")
		began := time.Now()
		const longest = 5 * time.Minute
		if why := execute(ctx, path, folder, name, longest, "-test.coverprofile="+profile); why != "" {
			return nil, fmt.Errorf("%s of %s does not pass (%s), so that it can notice nothing", name, folder, why)
		}
		t := test{name: name, takes: time.Since(began)}
		if t.blocks, err = readProfile(profile, folder); err != nil {
			return nil, err
		}
		l.tests = append(l.tests, t)
	}
	slices.SortStableFunc(l.tests, func(a, b test) int { return cmp.Compare(a.takes, b.takes) })
	return l, nil
}

func readProfile(path, folder string) ([]block, error) {
	profiles, err := cover.ParseProfiles(path)
	if err != nil {
		return nil, fmt.Errorf("read what a test runs: %w", err)
	}
	var all []block
	for _, p := range profiles {
		for _, b := range p.Blocks {
			all = append(all, block{filepath.Join(folder, filepath.Base(p.FileName)), b})
		}
	}
	return all, os.Remove(path)
}

// reaches says whether the test runs the code of a mutant. A profile has no blocks for the conditions of a switch and for what
// stands outside of functions: there, whatever runs the function, or any test, may notice.
func (t test) reaches(m *mutant) bool {
	inside := func(b block, line, column int) bool {
		begins := cmp.Or(cmp.Compare(b.StartLine, line), cmp.Compare(b.StartCol, column)) <= 0
		return begins && cmp.Or(cmp.Compare(b.EndLine, line), cmp.Compare(b.EndCol, column)) > 0
	}
	known, around := false, m.from == 0
	for _, b := range t.blocks {
		if b.file != m.file {
			continue
		}
		if inside(b, m.line, m.column) {
			known = true
			if b.Count > 0 {
				return true
			}
		}
		around = around || b.Count > 0 && m.from <= b.StartLine && b.EndLine <= m.to
	}
	return !known && around
}

// try builds the tests with the mistake and runs those that reach it, until one notices.
func (l *laboratory) try(ctx context.Context, m *mutant) {
	folder, err := os.MkdirTemp(l.scratch, "mutant-")
	if err != nil {
		panic(err) // a full disk: no verdict would be true
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "mutant.test")
	if m.compile(ctx, folder, path, l.folder) != nil {
		m.outcome = invalid
		return
	}
	m.outcome = unreached
	late := 0
	for _, t := range l.reaching(m) {
		const slack = 30 * time.Second // for a machine that is busy with the other mutants
		once := func() string { return execute(ctx, path, l.folder, t.name, 5*t.takes+slack) }
		why := once()
		if why != "" && why != string(timedOut) {
			why = once() // what fails once in a while, on a busy machine, has noticed nothing
		}
		switch why {
		case "":
			if late == 0 {
				m.outcome = lived
			}
		case string(timedOut):
			m.outcome, m.by = timedOut, t.name
			if late++; late == 2 {
				return // it is no accident
			}
		default:
			l.noticed(m, t.name)
			return
		}
	}
}

// reaching are the tests that run the code of a mutant: those that noticed its neighbours first, then the shortest.
func (l *laboratory) reaching(m *mutant) []test {
	l.mu.Lock()
	near, around := l.killers[m.In], l.killers[m.file]
	l.mu.Unlock()
	tests := slices.DeleteFunc(slices.Clone(l.tests), func(t test) bool { return !t.reaches(m) })
	rank := func(t test) int {
		switch t.name {
		case near:
			return 0
		case around:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(tests, func(a, b test) int { return cmp.Compare(rank(a), rank(b)) })
	return tests
}

func (l *laboratory) noticed(m *mutant, by string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m.outcome, m.by = killed, by
	l.killers[m.In], l.killers[m.file] = by, by
}

func (m *mutant) compile(ctx context.Context, folder, path, tested string) error {
	place, err := filepath.Abs(m.file)
	if err != nil {
		return err
	}
	wrong := filepath.Join(folder, "mutant.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{place: wrong}})
	if err != nil {
		return err
	}
	const private = 0o600
	list := filepath.Join(folder, "overlay.json")
	if err := errors.Join(os.WriteFile(wrong, m.text, private), os.WriteFile(list, overlay, private)); err != nil {
		panic(err) // as above
	}
	return compile(ctx, path, tested, "-overlay", list)
}

func compile(ctx context.Context, path, tested string, flags ...string) error {
	args := append([]string{"test", "-c", "-vet=off", "-o", path}, flags...)
	out, err := exec.CommandContext(ctx, "go", append(args, "./"+tested)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// execute runs one test, and says why it does not pass. What it started ends with it.
func execute(ctx context.Context, path, folder, name string, limit time.Duration, flags ...string) string {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-test.run", "^" + name + "$", "-test.failfast", "-test.parallel=16"}, flags...)...)
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return string(timedOut)
	case err != nil:
		return err.Error()
	default:
		return ""
	}
}
