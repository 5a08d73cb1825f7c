// Package textfile reads the files that people write by hand. Start with [Read].
package textfile

import (
	"bytes"
	"fmt"
	"os"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Read reads a text file as UTF-8 with LF at the ends of lines. It drops a byte order mark, and converts UTF-16 that begins with one,
// as Windows editors write it. It fails if the file is in no encoding of Unicode.
func Read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Decode(path, text)
}

// Decode is Read for a text that was read already. The name is for the error.
func Decode(name string, text []byte) ([]byte, error) {
	text, _, err := transform.Bytes(unicode.BOMOverride(encoding.Nop.NewDecoder()), text)
	if err != nil || !utf8.Valid(text) || bytes.ContainsRune(text, 0) {
		return nil, fmt.Errorf("%s is not UTF-8: save it as UTF-8 (UTF-16 needs a byte order mark)", name)
	}
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), nil
}
