package spec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// Comparison says what is left out when two values are compared.
type Comparison struct {
	Mask Mask
	// Renamed are the ids of two requests that otherwise ask for the same: by the first one's id, the second one's. What repeats its
	// own request's id says the same, as a whole value or as whole words of a text, never as a part of another number or of a date.
	Renamed map[string]string
}

// Difference says where two values differ, places of the mask and times aside: "/path: was → is" for the first three
// places, each value cut short; and nothing where they do not differ.
func Difference(was, is gjson.Result, m Mask) string { return Comparison{Mask: m}.Difference(was, is) }

// shownDifferences is how many places are shown: enough to see what kind of difference it is.
const shownDifferences = 3

// Difference says where two values differ: see [Difference].
func (c Comparison) Difference(was, is gjson.Result) string {
	var shown []string
	more := 0
	for _, s := range differing([]gjson.Result{was, is}, c.Mask) {
		if s.kind == ofMemberCounts || s.kind == ofValues && c.renamed(s.values[0], s.values[1]) {
			continue // members that come and go are places themselves
		}
		if len(shown) == shownDifferences {
			more++
			continue
		}
		shown = append(shown, fmt.Sprintf("%s: %s → %s", s.shownPath(), s.shownValue(0), s.shownValue(1)))
	}
	if more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(shown, "; ")
}

func (s series) shownPath() string {
	if s.path == "" {
		return "the body"
	}
	return s.path
}

func (s series) shownValue(i int) string {
	v := s.values[i]
	switch {
	case s.kind == ofLengths:
		return fmt.Sprintf("%d items", v.Int())
	case !v.Exists():
		return "absent"
	}
	const most = 80 // as much as a line holds of a value beside its path and the other one
	return shorten(strings.Join(strings.Fields(v.Raw), " "), most)
}

// shorten cuts a text to a number of bytes, and says so.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

// renamed says whether two values differ only in that each repeats its own request's ids. A text is compared word by word
// first, so that an id which happens to be a part of a date changes nothing in dates that are the same.
func (c Comparison) renamed(was, is gjson.Result) bool {
	if len(c.Renamed) == 0 {
		return false
	}
	one, other := was.String(), is.String()
	if c.same(one, other) {
		return true
	}
	if was.Type != gjson.String || is.Type != gjson.String {
		return false
	}
	words, others := strings.FieldsFunc(one, separates), strings.FieldsFunc(other, separates)
	if len(words) != len(others) {
		return false
	}
	for i := range words {
		if !c.same(words[i], others[i]) {
			return false
		}
	}
	return strings.Map(separatorsOnly, one) == strings.Map(separatorsOnly, other)
}

// same says whether two texts are equal, or become so once each one's ids are replaced where they stand as whole tokens.
func (c Comparison) same(was, is string) bool {
	if was == is {
		return true
	}
	for id, other := range c.Renamed {
		was, is = replaceToken(was, id, "{id}"), replaceToken(is, other, "{id}")
	}
	return was == is
}

// SameResponse says whether two answers have the same status and the same body.
func (c Comparison) SameResponse(was, is Response) bool {
	return was.Status == is.Status && c.Difference(was.Value(), is.Value()) == ""
}

// separates says whether a character stands between words: dates, times, numbers and ids are words.
func separates(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_:.+-", r)
}

func separatorsOnly(r rune) rune {
	if separates(r) {
		return r
	}
	return -1
}

// replaceToken replaces a token where it does not go on in a letter or digit on either side.
func replaceToken(text, token, by string) string {
	if token == "" {
		return text
	}
	goesOn := func(inside, outside rune) bool { return !separatesTokens(inside) && !separatesTokens(outside) }
	first, _ := utf8.DecodeRuneInString(token)
	last, _ := utf8.DecodeLastRuneInString(token)
	var b strings.Builder
	done := 0
	for {
		i := strings.Index(text[done:], token)
		if i < 0 {
			return b.String() + text[done:]
		}
		begin, end := done+i, done+i+len(token)
		before, _ := utf8.DecodeLastRuneInString(text[:begin])
		after, _ := utf8.DecodeRuneInString(text[end:])
		b.WriteString(text[done:begin])
		if goesOn(first, before) || goesOn(last, after) {
			b.WriteString(token)
		} else {
			b.WriteString(by)
		}
		done = end
	}
}

func separatesTokens(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
