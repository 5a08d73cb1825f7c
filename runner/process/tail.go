package process

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Tail keeps the end of what a process prints.
type Tail struct {
	mu   sync.Mutex
	text []byte
}

// shownWords is how many characters of what a client printed are shown: its last lines.
const shownWords = 200

// Write keeps the last of it.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const kept = 4 << 10 // more than is shown, so that the cut does not fall into a character
	t.text = append(t.text, p...)
	if len(t.text) > kept {
		t.text = t.text[len(t.text)-kept:]
	}
	return len(p), nil
}

// Last is the last lines that are shown, in one: as many as there is room for, each whole. Of a last line that is
// longer, it is the end, from a word on.
func (t *Tail) Last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var shown []string
	room := shownWords
	lines := strings.Split(strings.ToValidUTF8(string(t.text), ""), "\n")
	for _, line := range slices.Backward(lines) {
		words := strings.Join(strings.Fields(line), " ")
		length := utf8.RuneCountInString(words)
		switch {
		case words == "":
			continue
		case length <= room:
			shown = append(shown, words)
			room -= length + len(lineBreak)
			continue
		case len(shown) == 0:
			runes := []rune(words)
			words = string(runes[length-shownWords:])
			if _, rest, found := strings.Cut(words, " "); found {
				words = rest
			}
			shown = append(shown, words)
		}
		shown = append(shown, "…") // more was printed before it
		break
	}
	slices.Reverse(shown)
	return strings.Join(shown, lineBreak)
}

// lineBreak stands between lines that are shown in one.
const lineBreak = " / "
