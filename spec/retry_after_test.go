package spec_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/spec"
)

// noon is when the responses of these tests are received.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestRetryAfter: the forms of RFC 9110, sections 5.6.7 and 10.2.3, and what is none of them.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, row := range map[string]struct {
		wait time.Duration
		bad  bool
	}{
		"0": {0, false}, "9": {9 * time.Second, false}, "09": {9 * time.Second, false}, "120": {2 * time.Minute, false},
		" 3\t": {3 * time.Second, false}, "2147483648": {2147483648 * time.Second, false}, "9223372036": {9223372036 * time.Second, false},
		"9223372037": {spec.LongestRetryAfter, false}, "9223372036854775807": {spec.LongestRetryAfter, false},
		"99999999999999999999999999": {spec.LongestRetryAfter, false},

		"Tue, 24 Nov 2026 12:00:30 GMT":   {30 * time.Second, false},
		"Tue, 24 Nov 2026 11:59:00 GMT":   {0, false},
		"Tuesday, 24-Nov-26 12:00:05 GMT": {5 * time.Second, false},
		"Sunday, 06-Nov-94 08:49:37 GMT":  {0, false},
		"Tuesday, 24-Nov-70 12:00:00 GMT": {noon.AddDate(44, 0, 0).Sub(noon), false},
		"Tuesday, 24-Nov-77 12:00:00 GMT": {0, false},
		"Tue Nov 24 12:00:07 2026":        {7 * time.Second, false},
		"Sun Dec  6 12:00:00 2026":        {12 * 24 * time.Hour, false},

		"-1": {0, true}, "+1": {0, true}, "1.5": {0, true}, "": {0, true}, " ": {0, true}, "soon": {0, true}, "1s": {0, true}, "1:": {0, true},
		"/1": {0, true}, "1, 1": {0, true}, "0x10": {0, true}, "1e3": {0, true}, "٣": {0, true},
		"2026-11-24T12:00:30Z": {0, true}, "Tue, 24 Nov 2026 12:00:30 +0000": {0, true}, "Tue, 24 Nov 2026 12:00:30 EST": {0, true},
		"Tue, 24 Nov 2026 12:00:30.5 GMT": {0, true}, "Tuesday, 24-Nov-26 12:00:05 EST": {0, true}, "Sun Dec 6 12:00:00 2026": {0, true},
		"Tue, 31 Nov 2026 12:00:30 GMT": {0, true}, "24 Nov 2026 12:00:30 GMT": {0, true},
	} {
		wait, given, err := spec.RetryAfter(http.Header{"Retry-After": {value}}, noon)
		assert.True(t, given, value)
		assert.Equal(t, row.wait, wait, value)
		assert.Equal(t, row.bad, err != nil, value)
	}
	_, given, err := spec.RetryAfter(http.Header{}, noon)
	assert.False(t, given)
	assert.NoError(t, err)
}

// TestRetryAfterByTheServersClock: a date counts from the response's Date, whatever the harness's own clock says.
func TestRetryAfterByTheServersClock(t *testing.T) {
	t.Parallel()
	const wait = 30 * time.Second
	for _, off := range []time.Duration{0, 10 * time.Second, -10 * time.Second, time.Hour, -time.Hour} {
		for _, form := range []string{http.TimeFormat, "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
			sent := noon.Add(off)
			for _, dateForm := range []string{form, http.TimeFormat} {
				h := http.Header{"Date": {sent.Format(dateForm)}, "Retry-After": {sent.Add(wait).Format(form)}}
				got, _, err := spec.RetryAfter(h, noon)
				assert.NoError(t, err)
				assert.Equal(t, wait, got, "a clock that is %s off, in the form %s", off, form)
			}
			h := http.Header{"Date": {sent.Format(form)}, "Retry-After": {"30"}}
			got, _, err := spec.RetryAfter(h, noon)
			assert.NoError(t, err)
			assert.Equal(t, wait, got, "seconds need no clock")
		}
	}
	for _, date := range []string{"", "yesterday"} { // without a Date that can be read, the time of receipt counts
		got, _, err := spec.RetryAfter(http.Header{"Date": {date}, "Retry-After": {noon.Add(wait).Format(http.TimeFormat)}}, noon)
		assert.NoError(t, err)
		assert.Equal(t, wait, got)
	}
}

// TestRetryAfterTwice: lines that agree are fine, in whatever forms; lines that contradict each other are broken.
func TestRetryAfterTwice(t *testing.T) {
	t.Parallel()
	date := noon.Add(5 * time.Second).Format(http.TimeFormat)
	for _, row := range []struct {
		lines []string
		wait  time.Duration
		says  string
	}{
		{[]string{"5", "5"}, 5 * time.Second, ""},
		{[]string{"5", "05"}, 5 * time.Second, ""},
		{[]string{"5", date}, 5 * time.Second, ""},
		{[]string{"5", "6"}, 0, "contradict each other: 5 and 6"},
		{[]string{"5", "5", "60"}, 0, "contradict each other"},
		{[]string{"5", "soon"}, 0, "neither a number of seconds nor an HTTP date"},
		{[]string{"soon", "5"}, 0, "neither a number of seconds nor an HTTP date"},
	} {
		wait, given, err := spec.Response{Header: http.Header{"Retry-After": row.lines}, Received: noon}.RetryAfter()
		assert.True(t, given)
		assert.Equal(t, row.wait, wait, row.lines)
		if row.says == "" {
			assert.NoError(t, err, row.lines)
		} else {
			assert.ErrorContains(t, err, row.says, row.lines)
		}
	}
}
