package sse_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gosse "github.com/tmaxmax/go-sse"

	"vexa-conformance/runner/sse"
)

// read gives all items in short: kind, id, type and text.
func read(t testing.TB, r io.Reader) []sse.Item {
	t.Helper()
	var items []sse.Item
	reader := sse.NewReader(r)
	for {
		item, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return items
		}
		require.NoError(t, err)
		item.At = time.Time{}
		items = append(items, item)
	}
}

func event(id string, own bool, text string) sse.Item {
	return sse.Item{Kind: sse.Event, ID: id, OwnID: own, Type: "message", Text: text}
}

func TestReader(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text string
		want []sse.Item
	}{
		"LF":                      {"data: a\n\n", []sse.Item{event("", false, "a")}},
		"CR":                      {"data: a\r\r", []sse.Item{event("", false, "a")}},
		"CRLF":                    {"data: a\r\n\r\n", []sse.Item{event("", false, "a")}},
		"mixed":                   {"data: a\r\n\rdata: b\n\r\n", []sse.Item{event("", false, "a"), event("", false, "b")}},
		"BOM":                     {"\xef\xbb\xbfdata: a\n\n", []sse.Item{event("", false, "a")}},
		"BOM only at the start":   {"data: a\n\n\xef\xbb\xbfdata: b\n\n", []sse.Item{event("", false, "a"), {Kind: sse.Strange, Text: "\ufeffdata: b"}}},
		"several data lines":      {"data: a\ndata:b\ndata\ndata: \n\n", []sse.Item{event("", false, "a\nb\n\n")}},
		"one space is stripped":   {"data:  a\n\n", []sse.Item{event("", false, " a")}},
		"no data, no event":       {"id: 1\nevent: x\n\ndata: a\n\n", []sse.Item{event("1", false, "a")}},
		"an empty data":           {"data\n\n", []sse.Item{event("", false, "")}},
		"ids stay in force":       {"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", []sse.Item{event("1", true, "a"), event("1", false, "b"), event("", true, "c")}},
		"an id with NUL":          {"id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", []sse.Item{event("1", true, "a"), event("1", false, "b")}},
		"opaque ids":              {"id: 17-0|$|0-0\ndata: a\n\n", []sse.Item{event("17-0|$|0-0", true, "a")}},
		"a type":                  {"event: x\ndata: a\n\n", []sse.Item{{Kind: sse.Event, Type: "x", Text: "a"}}},
		"comments":                {": keepalive\n\n:\n", []sse.Item{{Kind: sse.Comment, Text: "keepalive"}, {Kind: sse.Comment}}},
		"retry":                   {"retry: 1500\nretry: 1s\nretry: +5\n", []sse.Item{{Kind: sse.Retry, Wait: 1500 * time.Millisecond}}},
		"an unfinished event":     {"data: a\n\ndata: b\n", []sse.Item{event("", false, "a")}},
		"an unfinished line":      {"data: a\n\ndata: b", []sse.Item{event("", false, "a")}},
		"no SSE at all":           {"{\"detail\":\"x\"}\n", []sse.Item{{Kind: sse.Strange, Text: `{"detail":"x"}`}}},
		"bytes that are no UTF-8": {"data: \xff\n\n", []sse.Item{event("", false, "\uFFFD")}},
		"nothing":                 {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, read(t, strings.NewReader(row.text)))
			assert.Equal(t, row.want, read(t, iotest.OneByteReader(strings.NewReader(row.text))), "byte by byte")
		})
	}
}

// TestAnEventIsHandedOverAtItsCR does not ask for what might follow.
func TestAnEventIsHandedOverAtItsCR(t *testing.T) {
	t.Parallel()
	asked := errors.New("more was asked for")
	item, err := sse.NewReader(io.MultiReader(strings.NewReader("data: a\r\r"), iotest.ErrReader(asked))).Next()
	require.NoError(t, err)
	assert.Equal(t, "a", item.Text)
}

// TestTheLongestEvent is read; one byte more is too long.
func TestTheLongestEvent(t *testing.T) {
	t.Parallel()
	longest := "data: " + strings.Repeat("x", sse.MaxEvent-len("data: \n\n")) + "\n\n"
	require.Len(t, longest, sse.MaxEvent)
	assert.Len(t, read(t, strings.NewReader(longest+longest)), 2)
	_, err := sse.NewReader(strings.NewReader("data: x" + strings.TrimPrefix(longest, "data: "))).Next()
	assert.ErrorIs(t, err, sse.ErrTooLong)
}

// TestBreak gives up a reader inside of the next event, and tells if there is none.
func TestBreak(t *testing.T) {
	t.Parallel()
	reader := sse.NewReader(strings.NewReader("id: 1\ndata: a\n\nid: 22\n"))
	_, err := reader.Next()
	require.NoError(t, err)
	require.NoError(t, reader.Break())
	assert.Equal(t, "1", reader.LastID(), "what was not read whole is not in force")
	assert.ErrorIs(t, reader.Break(), io.EOF)
}

func TestAnEventWithoutAnEnd(t *testing.T) {
	t.Parallel()
	_, err := sse.NewReader(strings.NewReader("data: " + strings.Repeat("x", sse.MaxEvent))).Next()
	assert.ErrorIs(t, err, sse.ErrTooLong)
	many := strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n\n", 2*sse.MaxEvent/1000)
	assert.Len(t, read(t, strings.NewReader(many)), 2*sse.MaxEvent/1000, "many short ones are none")
}

func TestItemsAreTimed(t *testing.T) {
	t.Parallel()
	before := time.Now()
	item, err := sse.NewReader(strings.NewReader("data: a\n\n")).Next()
	require.NoError(t, err)
	assert.False(t, item.At.Before(before))
}

// FuzzReader compares what is dispatched with an independent reader, whole and byte by byte.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"data: a\n\n", "id: 1\rdata: a\r\r", "\xef\xbb\xbfdata: a\r\n\r\n", "id: 1\x00\ndata: b\n\n", ": c\n\nevent: x\ndata\n\n", "retry: 5\ndata: a\ndata: b\n\n", "data: a\n\ndata: b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items := read(t, strings.NewReader(text))
		assert.Equal(t, items, read(t, iotest.OneByteReader(strings.NewReader(text))))
		if strings.Contains(text, "\xef\xbb\xbf") || strings.ToValidUTF8(text, "") != text {
			return // the other one leaves bytes that are no UTF-8, and later marks, to its caller
		}
		var theirs []sse.Item
		for e, err := range gosse.Read(strings.NewReader(text), nil) {
			if err != nil {
				break // at an unfinished event it errs where the standard drops it
			}
			if e.Data != "" { // it dispatches events without data too, which the standard does not
				theirs = append(theirs, sse.Item{Kind: sse.Event, ID: e.LastEventID, Type: e.Type, Text: e.Data})
			}
		}
		var ours []sse.Item
		for _, item := range items {
			if item.Kind == sse.Event && item.Text != "" {
				item.OwnID = false
				if item.Type == "message" {
					item.Type = ""
				}
				ours = append(ours, item)
			}
		}
		assert.Equal(t, theirs, ours, "%q", text)
	})
}
