package spec_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"vexa-conformance/spec"
)

// pace is how many other requests come before each of eight readings.
func pace() []int { return []int{0, 0, 3, 0, 3, 0, 3, 0} }

// readingsOf makes readings whose bodies are made by their number.
func readingsOf(body func(n int) string) []spec.Reading {
	var all []spec.Reading
	for n, between := range pace() {
		all = append(all, spec.Reading{Value: gjson.Parse(body(n)), Between: between})
	}
	return all
}

// requests is how many requests a deployment has answered by each reading.
func requests(n int) (all int) {
	for _, between := range pace()[:n+1] {
		all += 1 + between
	}
	return all
}

func TestClassify(t *testing.T) {
	t.Parallel()
	once := func(before, after string) func(int) string {
		return func(n int) string {
			if n == 0 {
				return before
			}
			return after
		}
	}
	list := func(n int) string {
		text := ""
		for i := range n {
			text += fmt.Sprintf(`,{"at":%d}`, i)
		}
		return "[" + text[min(1, len(text)):] + "]"
	}
	now := time.Now()
	for name, row := range map[string]struct {
		body                        func(n int) string
		volatile, counting, changed spec.Mask
		growing                     bool
	}{
		"all the same":       {body: func(int) string { return `{"a":1}` }},
		"a random id":        {body: func(n int) string { return fmt.Sprintf(`{"id":"%x"}`, n*2654435761) }, volatile: spec.Mask{"/id": true}},
		"a random number":    {body: func(n int) string { return fmt.Sprintf(`{"id":%d}`, n*2654435761%1000) }, volatile: spec.Mask{"/id": true}},
		"ids of all items":   {body: func(n int) string { return fmt.Sprintf(`[{"r":"%x"},{"r":"%x"}]`, n*2654435761, n*40503) }, volatile: spec.Mask{"/*/r": true}},
		"one of two servers": {body: func(n int) string { return fmt.Sprintf(`{"by":"%c"}`, "abbabaab"[n]) }, volatile: spec.Mask{"/by": true}},
		"times": {body: func(n int) string {
			at := now.Add(time.Duration(n) * time.Second)
			return fmt.Sprintf(`["%s","%s",%d,%d]`, at.Format(time.RFC3339), at.UTC().Format(http.TimeFormat), at.Unix(), at.UnixMilli())
		}},
		"a coarse time":                 {body: once(`{"at":"2026-11-25T18:00:00Z"}`, `{"at":"2026-11-25T18:00:01Z"}`)},
		"requests of all":               {body: func(n int) string { return fmt.Sprintf(`{"n":%d}`, 7*requests(n)) }, volatile: spec.Mask{"/n": true}, growing: true},
		"a budget of all requests":      {body: func(n int) string { return fmt.Sprintf(`{"n":%d}`, 120-requests(n)) }, volatile: spec.Mask{"/n": true}, growing: true},
		"milliseconds since it started": {body: func(n int) string { return fmt.Sprintf(`{"up":%d}`, 5000+requests(n)*3+n*n) }, volatile: spec.Mask{"/up": true}, growing: true},
		"a signed address":              {body: once(`{"u":"https://s3.test/a?sig=1"}`, `{"u":"https://s3.test/a?sig=2"}`), volatile: spec.Mask{"/u": true}},
		"a word of a text":              {body: func(n int) string { return fmt.Sprintf(`{"d":"not found (%x)"}`, n*2654435761) }, volatile: spec.Mask{"/d#2/3": true}},
		"members of random names":       {body: func(n int) string { return fmt.Sprintf(`{"m":{"%x":1}}`, n*2654435761) }, volatile: spec.Mask{"/m": true}},

		"readings":               {body: func(n int) string { return fmt.Sprintf(`{"n":%d}`, n) }, counting: spec.Mask{"/n": true}},
		"readings by tens":       {body: func(n int) string { return fmt.Sprintf(`{"n":%d}`, 10*n) }, counting: spec.Mask{"/n": true}},
		"readings left":          {body: func(n int) string { return fmt.Sprintf(`{"n":%d}`, 3-n) }, counting: spec.Mask{"/n": true}},
		"readings as text":       {body: func(n int) string { return fmt.Sprintf(`{"n":"%d"}`, n) }, counting: spec.Mask{"/n": true}},
		"readings in a text":     {body: func(n int) string { return fmt.Sprintf(`{"d":"read %d times"}`, n) }, counting: spec.Mask{"/d": true}},
		"readings of each item":  {body: func(n int) string { return fmt.Sprintf(`{"l":[{"n":%d},{"n":%d}]}`, n, 5+n) }, counting: spec.Mask{"/l/*/n": true}},
		"readings of others too": {body: func(n int) string { return fmt.Sprintf(`{"n":%d}`, []int{1, 2, 5, 6, 7, 9, 10, 11}[n]) }, counting: spec.Mask{"/n": true}},
		"readings beside an id": {body: func(n int) string { return fmt.Sprintf(`{"n":%d,"id":"%x"}`, n, n*2654435761) },
			counting: spec.Mask{"/n": true}, volatile: spec.Mask{"/id": true}},
		"every other reading": {body: func(n int) string { return fmt.Sprintf(`{"url":"%s"}`, []string{"https://a.test", ""}[n%2]) }, counting: spec.Mask{"/url": true}},
		"every other request": {body: func(n int) string { return fmt.Sprintf(`{"by":%d}`, requests(n)/2%2) }, volatile: spec.Mask{"/by": true}},
		"a list of readings":  {body: func(n int) string { return `{"l":` + list(n) + `}` }, counting: spec.Mask{"/l": true}},

		"a flag":                {body: once(`{"new":true}`, `{"new":false}`), changed: spec.Mask{"/new": true}},
		"the time of a reading": {body: once(`{"read_at":null}`, `{"read_at":"2026-11-25T18:00:00Z"}`), changed: spec.Mask{"/read_at": true}},
		"a new item":            {body: once(`{"l":[]}`, `{"l":[1]}`), changed: spec.Mask{"/l": true}},
		"a new member":          {body: once(`{}`, `{"seen":true}`), changed: spec.Mask{"/seen": true}},
		"a flag of each item":   {body: once(`[{"id":1,"new":true}]`, `[{"id":1,"new":false}]`), changed: spec.Mask{"/*/new": true}},
		"another address":       {body: once(`{"u":"https://s3.test/a"}`, `{"u":"https://s3.test/b"}`), changed: spec.Mask{"/u": true}},
		"a flag beside an id": {body: func(n int) string { return fmt.Sprintf(`{"new":%t,"id":"%x"}`, n == 0, n*2654435761) },
			changed: spec.Mask{"/new": true}, volatile: spec.Mask{"/id": true}},
		"a flag that one item changed once, and another one often": {body: func(n int) string { return fmt.Sprintf(`[{"by":%t},{"by":%t}]`, n == 0, n%3 == 0) },
			volatile: spec.Mask{"/*/by": true}},
		"a word that changed once": {body: once(`{"d":"seen: no"}`, `{"d":"seen: yes"}`), changed: spec.Mask{"/d#1/2": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := spec.Classify(readingsOf(row.body))
			want := spec.Changes{
				Volatile: row.volatile.Union(), Counting: row.counting.Union(), Changed: row.changed.Union(), Growing: row.growing,
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestASignatureByTheSecond changed once while it was read fast, and once more at each slow reading; a flag did not.
func TestASignatureByTheSecond(t *testing.T) {
	t.Parallel()
	fast := func(n int) string { return fmt.Sprintf(`{"sig":"%d","new":%t}`, 1+min(n, 1), n == 0) }
	readings := readingsOf(fast)
	assert.Equal(t, spec.Mask{"/sig": true, "/new": true}, spec.Classify(readings).Changed)
	for _, slow := range []string{`{"sig":"3","new":false}`, `{"sig":"4","new":false}`} {
		readings = append(readings, spec.Reading{Value: gjson.Parse(slow)})
	}
	got := spec.Classify(readings)
	assert.Equal(t, spec.Mask{"/sig": true}, got.Volatile)
	assert.Equal(t, spec.Mask{"/new": true}, got.Changed)
}

// TestFewReadingsCountNothing: ids of a quiet deployment may follow each other.
func TestFewReadingsCountNothing(t *testing.T) {
	t.Parallel()
	counted := readingsOf(func(n int) string { return fmt.Sprint(n) })
	assert.Empty(t, spec.Classify(counted[:4]).Counting)
	for i := range counted {
		counted[i].Between = 0
	}
	assert.Empty(t, spec.Classify(counted).Counting, "nothing was sent in between")
}

// TestACounterIsFoundAnywhere: in a document of any nesting with ids in every object, whichever step it makes and whatever it began with.
func TestACounterIsFoundAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		v := document(2).Draw(r, "document")
		step, begin := rapid.Int64Range(1, 50).Draw(r, "step"), rapid.Int64Range(-9, 1e6).Draw(r, "begin")
		ofAll := rapid.Bool().Draw(r, "of all requests")
		nonce := 0
		got := spec.Classify(readingsOf(func(n int) string {
			count := begin + step*int64(n)
			if ofAll {
				count = begin + step*int64(requests(n))
			}
			return written(r, withNonces(map[string]any{"document": v, "count": count}, &nonce)).Raw
		}))
		require.Empty(r, got.Changed)
		if ofAll {
			assert.Empty(r, got.Counting)
			assert.True(r, got.Volatile["/count"])
		} else {
			assert.Equal(r, spec.Mask{"/count": true}, got.Counting)
		}
	})
}

// TestACounterOfAllRequestsCountsNothing: whatever other checks send between the readings, and however much the number moves by each
// request, it is not taken for a counter of the readings.
func TestACounterOfAllRequestsCountsNothing(t *testing.T) {
	t.Parallel()
	measured := []int{627, 632, 636, 650, 710, 723, 746, 750, 785, 789} // of a run with eight checks at once
	between := []int{0, 0, 0, 3, 0, 3, 0, 3, 0, 3}
	var readings []spec.Reading
	for i, n := range measured {
		readings = append(readings, spec.Reading{Value: gjson.Parse(fmt.Sprintf(`{"request_no":%d}`, n)), Between: between[i]})
	}
	assert.Empty(t, spec.Classify(readings).Counting)
	rapid.Check(t, func(r *rapid.T) {
		step, n := rapid.Int64Range(1, 50).Draw(r, "step"), rapid.Int64Range(-9, 1e6).Draw(r, "begin")
		most := rapid.IntRange(0, 9).Draw(r, "most requests of others at once")
		var readings []spec.Reading
		for _, between := range slices.Concat(pace(), pace(), pace()) {
			n += step * int64(1+between+rapid.IntRange(0, most).Draw(r, "others"))
			readings = append(readings, spec.Reading{Value: gjson.Parse(fmt.Sprintf(`{"n":%d}`, n)), Between: between})
		}
		got := spec.Classify(readings)
		assert.Empty(r, got.Counting)
		assert.True(r, got.Growing)
	})
}
