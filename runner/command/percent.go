package command

import (
	"fmt"
	"strconv"
	"strings"
)

// percent is a share as people write it: 90% or 90.
type percent float64

// UnmarshalText satisfies [encoding.TextUnmarshaler]. A share up to 1 without a sign may be meant as one of one, and is
// refused.
func (p *percent) UnmarshalText(text []byte) error {
	number, sign := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(value >= 0 && value <= 100) || !sign && value > 0 && value <= 1 {
		return fmt.Errorf("%q is not a share: give one from 0%% to 100%%, such as 90%%", text)
	}
	*p = percent(value)
	return nil
}
