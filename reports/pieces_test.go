package reports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestDiffering marks what lies between the common beginning and the common end, in whole words.
func TestDiffering(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		a, b        string
		left, right []piece
	}{
		"the same":          {"a b", "a b", []piece{{"a b", false}}, []piece{{"a b", false}}},
		"in the middle":     {"a b c d", "a x c d", []piece{{"a ", false}, {"b ", true}, {"c d", false}}, []piece{{"a ", false}, {"x ", true}, {"c d", false}}},
		"all of it":         {"a", "b", []piece{{"a", true}}, []piece{{"b", true}}},
		"one is longer":     {"a b", "a x b", []piece{{"a ", false}, {"b", false}}, []piece{{"a ", false}, {"x ", true}, {"b", false}}},
		"one begins both":   {"a a", "a a a", []piece{{"a ", false}, {"a", false}}, []piece{{"a ", false}, {"a ", true}, {"a", false}}},
		"the end differs":   {"a b", "a c", []piece{{"a ", false}, {"b", true}}, []piece{{"a ", false}, {"c", true}}},
		"nothing and a bit": {"", "a", nil, []piece{{"a", true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left, right := differing(row.a, row.b)
			assert.Equal(t, row.left, left)
			assert.Equal(t, row.right, right)
		})
	}
}

// TestSteady sets aside what differs from run to run, and leaves a status as it is.
func TestSteady(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`403 {"id": 17, "at": "2026-11-24T12:00:00.5Z"}`:            `403 {"id": NUMBER, "at": "TIME"}`,
		`"2026-11-24T12:00:00+01:00" and "2026-11-24T12:00:00"`:     `"TIME" and "TIME"`,
		`8e6f0a1c-1234-4abc-8def-0123456789ab of a.b+c@example.com`: `UUID of EMAIL`,
		`abc-defg-hij by $VEXA_API_KEY_BOT and $SECRET_12`:          `MEETING by SECRET and SECRET`,
		`Meeting not found`:     `Meeting not found`,
		`12345 and 1.5 and 429`: `NUMBER and NUMBER and 429`,
	} {
		assert.Equal(t, want, steady(text))
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []piece{{"the ", false}, {"detail", true}, {" is", false}}, code("the `detail` is"))
	assert.Equal(t, []piece{{"a", true}}, code("`a`"))
	assert.Equal(t, "ab…", cutText("abc", 2))
	assert.Equal(t, "äb", cutText("äb", 2))
}

func TestFew(t *testing.T) {
	t.Parallel()
	six := []string{"a", "b", "c", "d", "e", "f"}
	assert.Equal(t, "a, b, c, d, e, f", few(six))
	assert.Equal(t, "a, b, c, d, e, f and 1 more", few(append(six, "g")))
	assert.Empty(t, few(nil))
}

// TestWrap breaks between words, and never before the first one: a word that is too long gets a line of its own.
func TestWrap(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 50)
	for name, row := range map[string]struct{ indent, sentence, want string }{
		"short":            {"  ", "a b", "  a b\n"},
		"just fits":        {"  ", strings.Repeat("x", 36) + " b", "  " + strings.Repeat("x", 36) + " b\n"},
		"one too many":     {"  ", strings.Repeat("x", 37) + " b", "  " + strings.Repeat("x", 37) + "\n  b\n"},
		"a first long one": {"  ", long + " b", "  " + long + "\n  b\n"},
		"after a word":     {"Note: ", "a " + long, "Note: a\n      " + long + "\n"},
		"wide characters":  {"", strings.Repeat("é", 38) + " é", strings.Repeat("é", 38) + " é\n"},
	} {
		var b strings.Builder
		(&printer{w: &b, o: TerminalOptions{Width: 40}}).wrap(row.indent, row.sentence)
		assert.Equal(t, row.want, b.String(), name)
	}
}
