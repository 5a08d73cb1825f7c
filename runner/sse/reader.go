// Package sse reads Server-Sent Events as the HTML standard (WHATWG, section 9.2, "Server-sent events") has a browser
// read them, and tells besides what a browser keeps to itself: comments, times of arrival, and lines that are no part of
// the format. A harness that judges a stream must see all of it.
package sse

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// MaxEvent is the longest event that is read, in bytes, if a [Reader] has no bound of its own: far above any documented frame,
// and a bound for a stream whose event has no end.
const MaxEvent = 1 << 20

// ErrTooLong says that an event is longer than the bound.
var ErrTooLong = errors.New("an event of the stream is longer than what is read of one, or has no end")

// Kind says what an item of a stream is.
type Kind int

// The kinds of items.
const (
	// Event is what a browser dispatches.
	Event Kind = iota
	// Comment is a line that begins with a colon.
	Comment
	// Retry sets the reconnection time.
	Retry
	// Strange is a line whose field name the format does not have: what is no Server-Sent Events shows as this.
	Strange
)

// Item is one thing that came over a stream.
type Item struct {
	Kind Kind
	// ID is the last event id in force; OwnID says that the event itself set it.
	ID    string
	OwnID bool
	// Type is the event's, "message" unless it says otherwise.
	Type string
	// Text is an event's data, a comment, or a strange line.
	Text string
	// Wait is the reconnection time of a Retry.
	Wait time.Duration
	// At is when the item was complete.
	At time.Time
}

// Reader reads a stream item by item. It is for one goroutine.
type Reader struct {
	// MaxEvent is the longest event that is read, in bytes; 0 is the constant.
	MaxEvent int64

	in      *bufio.Reader
	begun   bool
	afterCR bool
	size    int64

	lastID    string
	ownID     bool
	eventType string
	data      bytes.Buffer
	hasData   bool
}

// NewReader returns a reader. It hands over each event as soon as its blank line is there, also where that line ends in
// a CR and what follows has not come yet.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReader(r)}
}

// LastID is the last event id in force: what a browser would send as Last-Event-ID.
func (r *Reader) LastID() string { return r.lastID }

// Next returns the next item. At the end of the stream it returns io.EOF; an event that was not finished by then is
// dropped, as the standard has it.
func (r *Reader) Next() (Item, error) {
	for {
		line, err := r.line()
		if err != nil {
			return Item{}, err
		}
		if item, ok := r.take(line); ok {
			item.At = time.Now()
			return item, nil
		}
	}
}

// Break reads a few bytes into the next item and gives them up: a reader that is cut off inside of it.
func (r *Reader) Break() error {
	const inside = 5 // into "id: …", the shortest way in that an event in the field has
	if _, err := r.in.Discard(inside); err != nil {
		return fmt.Errorf("read into the next event: %w", err)
	}
	return nil
}

// line reads up to a CR, an LF or both. A line that the stream's end cuts short is no line.
func (r *Reader) line() (string, error) {
	var line []byte
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return "", err
		}
		if r.size++; r.size > cmp.Or(r.MaxEvent, MaxEvent) {
			return "", ErrTooLong
		}
		skip := r.afterCR && b == '\n'
		r.afterCR = b == '\r'
		switch {
		case skip:
		case b == '\r' || b == '\n':
			return r.decoded(line), nil
		default:
			line = append(line, b)
		}
	}
}

// decoded is the line as UTF-8, without the byte order mark that may begin the stream.
func (r *Reader) decoded(line []byte) string {
	if !r.begun {
		r.begun = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return strings.ToValidUTF8(string(line), "\uFFFD")
}

// take processes a line; ok says that an item is complete.
func (r *Reader) take(line string) (item Item, ok bool) {
	if line == "" {
		return r.dispatch()
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "":
		return Item{Kind: Comment, Text: value}, true
	case "data":
		r.hasData = true
		r.data.WriteString(value)
		r.data.WriteByte('\n')
	case "id":
		if !strings.ContainsRune(value, 0) {
			r.lastID, r.ownID = value, true
		}
	case "event":
		r.eventType = value
	case "retry":
		if ms, err := strconv.ParseUint(value, 10, 32); err == nil && !strings.HasPrefix(value, "+") {
			return Item{Kind: Retry, Wait: time.Duration(ms) * time.Millisecond}, true
		}
	default:
		return Item{Kind: Strange, Text: line}, true
	}
	return Item{}, false
}

// dispatch ends an event at its blank line. One without data is not dispatched.
func (r *Reader) dispatch() (Item, bool) {
	item := Item{Kind: Event, ID: r.lastID, OwnID: r.ownID, Type: "message", Text: strings.TrimSuffix(r.data.String(), "\n")}
	if r.eventType != "" {
		item.Type = r.eventType
	}
	dispatched := r.hasData
	r.data.Reset()
	r.eventType, r.hasData, r.ownID, r.size = "", false, false, 0
	return item, dispatched
}

// String is the item in one line for people.
func (i Item) String() string {
	switch i.Kind {
	case Comment:
		return ": " + i.Text
	case Retry:
		return fmt.Sprintf("retry: %d", i.Wait.Milliseconds())
	case Strange:
		return i.Text
	default:
		return "id: " + i.ID + " data: " + i.Text
	}
}
