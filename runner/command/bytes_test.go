package command

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestByteSize: bytes, or a number with a unit, of which there is more than nothing.
func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]byteSize{
		"1048576": 1 << 20, "16MiB": 16 << 20, " 16 MiB ": 16 << 20, "1KiB": 1 << 10, "2GiB": 2 << 30, "1MB": 1_000_000, "1.5KiB": 1536,
		"": 0, "0": 0, "-1": 0, "much": 0, "16 MiX": 0, "99999999EiB": 0, "16EiB": 0,
	} {
		var size byteSize
		err := size.UnmarshalText([]byte(text))
		assert.Equal(t, want, size, text)
		assert.Equal(t, want == 0, err != nil, text)
	}
}
