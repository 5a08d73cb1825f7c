package spec

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// LongestRetryAfter is what [RetryAfter] returns for a number of seconds that a Duration cannot hold, about 292 years.
const LongestRetryAfter = time.Duration(math.MaxInt64)

// RetryAfter reads the header Retry-After (RFC 9110, section 10.2.3) as a wait, which is 0 for a date that has passed. A date
// is relative to the response's own Date header, so that a server's clock may be wrong; if there is none, it is relative to
// the time at which the response was received. Given is false if there is no such header. Any 1*DIGIT is a valid number of
// seconds; one that is beyond a Duration is [LongestRetryAfter]. Several lines must agree.
func RetryAfter(h http.Header, received time.Time) (wait time.Duration, given bool, err error) {
	values := h.Values("Retry-After")
	if len(values) == 0 {
		return 0, false, nil
	}
	now := received
	if date, ok := httpDate(h.Get("Date"), received); ok {
		now = date
	}
	for i, value := range values {
		this, err := retryAfter(value, now)
		if err != nil {
			return 0, true, err
		}
		if i > 0 && this != wait {
			return 0, true, fmt.Errorf("read Retry-After: its lines contradict each other: %s", strings.Join(values, " and "))
		}
		wait = this
	}
	return wait, true, nil
}

// RetryAfter is the wait that the response asks for: see [RetryAfter].
func (a Response) RetryAfter() (wait time.Duration, given bool, err error) {
	return RetryAfter(a.Header, a.Received)
}

// retryAfter reads one line of the header.
func retryAfter(value string, now time.Time) (time.Duration, error) {
	value = strings.Trim(value, " \t") // optional whitespace is not part of the value (RFC 9110, section 5.5)
	if isDigits(value) {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if errors.Is(err, strconv.ErrRange) || seconds > int64(LongestRetryAfter/time.Second) {
			return LongestRetryAfter, nil
		}
		return time.Duration(seconds) * time.Second, err
	}
	at, ok := httpDate(value, now)
	if !ok {
		return 0, fmt.Errorf("read Retry-After %q: it is neither a number of seconds nor an HTTP date", value)
	}
	return max(0, at.Sub(now)), nil
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// httpDate reads a date in one of the three forms of RFC 9110, section 5.6.7. The name of the day is not compared with the date.
// A year of two digits that appears to be more than 50 years in the future is that of the century before.
func httpDate(value string, now time.Time) (at time.Time, ok bool) {
	const rfc850 = "Monday, 02-Jan-06 15:04:05 GMT"
	for _, form := range []string{http.TimeFormat, rfc850, time.ANSIC} {
		at, err := time.Parse(form, value)
		// time.Parse also takes fractions of a second and days of one digit, which the RFC does not.
		if err != nil || afterDay(at.Format(form)) != afterDay(value) {
			continue
		}
		if form == rfc850 {
			at = inCentury(at, now)
		}
		return at, true
	}
	return time.Time{}, false
}

// inCentury moves a date whose year has two digits to the century in which it is at most 50 years after now.
func inCentury(at, now time.Time) time.Time {
	for at.AddDate(100, 0, 0).Before(now.AddDate(50, 0, 1)) {
		at = at.AddDate(100, 0, 0)
	}
	for at.After(now.AddDate(50, 0, 1)) {
		at = at.AddDate(-100, 0, 0)
	}
	return at
}

// afterDay is a date without the name of its day.
func afterDay(date string) string {
	_, rest, _ := strings.Cut(date, " ")
	return rest
}
