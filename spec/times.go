package spec

import (
	"math"
	"net/http"
	"time"

	"github.com/tidwall/gjson"
)

// isTime says whether a value is a time: RFC 3339, the same without a zone or with a space in place of the T, as v0.10
// deployments and databases write it, an HTTP date (RFC 9110, section 5.6.7), or a number of seconds, milliseconds, microseconds or
// nanoseconds since 1970 that is within a year of now.
func isTime(v gjson.Result) bool {
	switch v.Type {
	case gjson.String:
		return isTimeText(v.Str)
	case gjson.Number:
		const year = 365 * 24 * 60 * 60
		for _, unit := range []float64{1, 1e3, 1e6, 1e9} {
			if math.Abs(v.Num/unit-float64(time.Now().Unix())) < year {
				return true
			}
		}
	}
	return false
}

func isTimeText(s string) bool {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700",
		"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	_, err := http.ParseTime(s)
	return err == nil
}
