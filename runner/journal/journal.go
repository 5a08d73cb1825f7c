package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

// Journal is what a run writes to the disk before it makes anything, so that a cleanup can find it after a kill: a file of
// JSON lines that only its owner can read, without a secret in it, and locked while the run lasts.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	next int
	// cleanup says that it is a cleanup that goes on with the journal of a run.
	cleanup bool
}

// journalHead is a journal's first line.
type journalHead struct {
	Edition spec.Edition     `json:"edition"`
	Target  transport.Target `json:"target"`
	Started time.Time        `json:"started"`
}

// journalLine is one of the others: a request before it is sent, and again with its answer.
type journalLine struct {
	N int `json:"n"`
	fixtures.Trace
}

const (
	journalSuffix = ".journal"
	// maxLine is the longest line of a journal that is read: no body that addresses something is nearly as long.
	maxLine = 1 << 20
	// private: what a run did to a deployment is its operator's affair.
	private, privateFolder = 0o600, 0o700
)

// DefaultFolder is the folder of the journals where nobody names one: $XDG_STATE_HOME/vexa-conformance, as the XDG base
// directory specification has it.
func DefaultFolder() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "vexa-conformance"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for the journal: %w; name one with --journal", err)
	}
	return filepath.Join(home, ".local", "state", "vexa-conformance"), nil
}

// Create begins a run's journal in a folder, which it makes. A folder that is empty has no journal.
func Create(folder string, c *spec.Contract, t transport.Target) (*Journal, error) {
	if folder == "" {
		return nil, nil
	}
	fail := func(err error) error {
		return fmt.Errorf("write the journal, without which nothing is made, in %s: %w; name another folder with --journal", folder, err)
	}
	if err := os.MkdirAll(folder, privateFolder); err != nil {
		return nil, fail(err)
	}
	file, err := os.CreateTemp(folder, time.Now().UTC().Format("20060102T150405")+"-*"+journalSuffix) // with mode 0600
	if err != nil {
		return nil, fail(err)
	}
	j := &Journal{file: file}
	if err := errors.Join(lock(file), j.write(journalHead{c.Edition(), t, time.Now().UTC()})); err != nil {
		return nil, fail(errors.Join(err, j.Discard()))
	}
	return j, nil
}

func (j *Journal) write(line any) error {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = j.file.Write(append(text, '\n'))
	}
	return err
}

// Before writes that a request is about to be sent. It returns what to call with the answer.
func (j *Journal) Before(c spec.Call) (after func(spec.Response), err error) {
	if !fixtures.Traced(c.Operation) {
		return func(spec.Response) {}, nil
	}
	trace := fixtures.NewTrace(c)
	trace.Cleanup = j.cleanup
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next++
	n := j.next
	if err := j.write(journalLine{n, trace}); err != nil {
		return nil, fmt.Errorf("write to the journal before %s: %w", c.Operation, err)
	}
	return func(a spec.Response) {
		j.mu.Lock()
		defer j.mu.Unlock()
		_ = j.write(journalLine{n, trace.With(a)}) // that it was sent is written, and enough to clean it up
	}, nil
}

// Path is the journal's file.
func (j *Journal) Path() string { return j.file.Name() }

// Discard removes the journal of a run that left nothing.
func (j *Journal) Discard() error {
	if j == nil {
		return nil
	}
	return remove(j.file)
}

// Keep leaves the journal for a later clean-up.
func (j *Journal) Keep() error {
	if j == nil {
		return nil
	}
	return release(j.file)
}

// Unfinished is what an ended run left in its journal. Without an edition the run ended before it sent anything.
type Unfinished struct {
	Path    string
	Edition spec.Edition
	Target  transport.Target
	Started time.Time
	Traces  []fixtures.Trace
	file    *os.File
	// next is the number of the last request, and size how much of the file are whole lines.
	next int
	size int64
}

// Find finds the journals in a folder whose runs have ended. One that still runs is left alone, and counted.
func Find(folder string) (all []Unfinished, running int, err error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*"+journalSuffix))
	if err != nil {
		return nil, 0, fmt.Errorf("look for journals in %s: %w", folder, err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		file, err := os.OpenFile(path, os.O_RDWR, private)
		if err != nil {
			return nil, 0, fmt.Errorf("read the journal: %w", err)
		}
		if lock(file) != nil {
			running++
			_ = file.Close() // it was not touched
			continue
		}
		u, err := readJournal(file)
		if err != nil {
			return nil, 0, errors.Join(fmt.Errorf("read the journal %s: %w", path, err), file.Close())
		}
		all = append(all, u)
	}
	return all, running, nil
}

func readJournal(file *os.File) (Unfinished, error) {
	u := Unfinished{Path: file.Name(), file: file}
	text, err := os.ReadFile(file.Name())
	text = text[:bytes.LastIndexByte(text, '\n')+1] // the kill came while the rest was written: what it says was not sent yet
	if u.size = int64(len(text)); err != nil || len(text) == 0 {
		return u, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLine)
	byNumber := map[int]int{}
	for first := true; lines.Scan(); first = false {
		var head journalHead
		var line journalLine
		switch {
		case first:
			if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
				return u, fmt.Errorf("its first line is no journal's: %w", err)
			}
			u.Edition, u.Target, u.Started = head.Edition, head.Target, head.Started
			continue
		case json.Unmarshal(lines.Bytes(), &line) != nil:
			return u, errors.New("one of its lines is no journal's")
		}
		u.next = max(u.next, line.N)
		if i, known := byNumber[line.N]; known {
			u.Traces[i] = line.Trace
		} else {
			byNumber[line.N] = len(u.Traces)
			u.Traces = append(u.Traces, line.Trace)
		}
	}
	return u, lines.Err()
}

// Resume goes on with the journal, for what a cleanup makes and removes. A journal that was not read from a file has none.
func (u Unfinished) Resume() (*Journal, error) {
	if u.file == nil {
		return nil, nil
	}
	fail := func(err error) error {
		return fmt.Errorf("write to the journal %s, without which no key is minted: %w", u.Path, err)
	}
	if err := u.file.Truncate(u.size); err != nil {
		return nil, fail(err)
	}
	if _, err := u.file.Seek(u.size, io.SeekStart); err != nil {
		return nil, fail(err)
	}
	return &Journal{file: u.file, next: u.next, cleanup: true}, nil
}

// Discard removes the journal once everything is cleaned up.
func (u Unfinished) Discard() error { return remove(u.file) }

// Keep leaves the journal for another try.
func (u Unfinished) Keep() error { return release(u.file) }
