package command

import (
	"fmt"
	"math"
	"strings"

	"github.com/dustin/go-humanize"
)

// byteSize is a number of bytes: 1048576, or with a unit 16MiB, 16 MiB, 16MB.
type byteSize int64

// UnmarshalText reads a size that is more than nothing.
func (s *byteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(strings.TrimSpace(string(text)))
	if err != nil || n == 0 || n > math.MaxInt64/2 {
		return fmt.Errorf("%q is not a size: give bytes, such as 1048576, or a unit, such as 16MiB", text)
	}
	*s = byteSize(n)
	return nil
}
