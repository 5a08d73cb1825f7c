package spec_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"vexa-conformance/spec"
)

func TestCanonicalJSON(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, row := range map[string]struct {
		one, other string
		mask       spec.Mask
		same       bool
	}{
		"order of members":        {`{"a":1,"b":[{"c":2,"d":3}]}`, `{"b":[{"d":3,"c":2}],"a":1}`, nil, true},
		"order of items":          {`["bot","tx"]`, `["tx","bot"]`, nil, true},
		"forms of a number":       {`[1,10,0.5,1e2,-0,1.50]`, `[1.0,1e1,5e-1,100,0,15E-1]`, nil, true},
		"numbers beyond a float":  {`12345678901234567890`, `12345678901234567891`, nil, false},
		"exponents beyond bounds": {`1e99999999999999999999`, `1e99999999999999999998`, nil, false},
		"escapes":                 {`"\u0061/"`, `"a\/"`, nil, true},
		"a number and a text":     {`{"a":1}`, `{"a":"1"}`, nil, false},
		"null and nothing":        {`{"a":null}`, `{}`, nil, false},
		"another text":            {`{"a":"b"}`, `{"a":"c"}`, nil, false},
		"times": {
			`["2026-11-25T18:00:00Z","2026-11-25T18:00:00.5","2026-11-25 18:00:00","Wed, 25 Nov 2026 18:00:00 GMT"]`,
			`["2027-11-25T18:00:00+02:00","2026-11-25T18:00:01","2026-11-25 18:00:01","Wed, 25 Nov 2026 18:00:01 GMT"]`, nil, true,
		},
		"seconds since 1970":      {fmt.Sprint(now.Unix()), fmt.Sprint(now.Unix() + 7), nil, true},
		"milliseconds since 1970": {fmt.Sprint(now.UnixMilli()), fmt.Sprintf("%d.25", now.UnixMilli()+7), nil, true},
		"no time of ours":         {`4102444800`, `4102444801`, nil, false},
		"a masked member":         {`{"a":1,"id":2}`, `{"a":1}`, spec.Mask{"/id": true}, true},
		"a masked item's member":  {`{"l":[{"a":1,"id":2}]}`, `{"l":[{"a":1,"id":3}]}`, spec.Mask{"/l/*/id": true}, true},
		"a mask of elsewhere":     {`{"id":2}`, `{"id":3}`, spec.Mask{"/l/*/id": true}, false},
		"a member called *":       {`{"*":2}`, `{"*":3}`, spec.Mask{"/*": true}, false},
		"a masked word":           {`{"d":"not found (a1)"}`, `{"d":"not found (b2)"}`, spec.Mask{"/d#2/3": true}, true},
		"the words beside it":     {`{"d":"not found (a1)"}`, `{"d":"not yours (b2)"}`, spec.Mask{"/d#2/3": true}, false},
		"all of it":               {`"a"`, `{}`, spec.Mask{"": true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := gjson.Parse(row.one), gjson.Parse(row.other)
			assert.Equal(t, row.same, spec.CanonicalJSON(one, row.mask) == spec.CanonicalJSON(other, row.mask),
				"%s\n%s", spec.CanonicalJSON(one, row.mask), spec.CanonicalJSON(other, row.mask))
			assert.Equal(t, row.same, spec.Difference(one, other, row.mask) == "", spec.Difference(one, other, row.mask))
		})
	}
}

func TestVolatile(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		responses []string
		want      spec.Mask
	}{
		"nothing":                      {[]string{`{"a":1}`, `{"a":1.0}`}, spec.Mask{}},
		"one asking":                   {[]string{`{"a":1}`}, spec.Mask{}},
		"a request id":                 {[]string{`{"a":1,"request_id":"x"}`, `{"a":1,"request_id":"y"}`}, spec.Mask{"/request_id": true}},
		"in a list, by its ids":        {[]string{`[{"id":1,"u":"a"},{"id":2,"u":"b"}]`, `[{"id":2,"u":"c"},{"id":1,"u":"d"}]`}, spec.Mask{"/*/u": true}},
		"in a list, by place":          {[]string{`{"l":[{"u":"a","v":1}]}`, `{"l":[{"u":"b","v":1}]}`}, spec.Mask{"/l/*/u": true}},
		"a list in a list":             {[]string{`[[{"u":1}]]`, `[[{"u":2}]]`}, spec.Mask{"/*/*/u": true}},
		"a list's length":              {[]string{`{"l":[1]}`, `{"l":[1,2]}`}, spec.Mask{"/l": true}},
		"a member that comes and goes": {[]string{`{"a":1}`, `{"a":1,"b":2}`}, spec.Mask{"/b": true}},
		"members of random names":      {[]string{`{"m":{"x":1}}`, `{"m":{"y":1}}`}, spec.Mask{"/m": true}},
		"a word":                       {[]string{`{"d":"Not found (a)"}`, `{"d":"Not found (b)"}`}, spec.Mask{"/d#2/3": true}},
		"another number of words":      {[]string{`{"d":"a b"}`, `{"d":"a b c"}`}, spec.Mask{"/d": true}},
		"a time":                       {[]string{`{"at":"2026-11-25T18:00:00Z"}`, `{"at":"2026-11-25T18:00:01Z"}`}, spec.Mask{}},
		"another type":                 {[]string{`{"a":1}`, `{"a":{"b":1}}`}, spec.Mask{"/a": true}},
		"only the third asking shows":  {[]string{`{"a":1}`, `{"a":1}`, `{"a":2}`}, spec.Mask{"/a": true}},
		"names with the mask's own signs": {[]string{`{"a/b":{"*":1,"#":1,"~":1}}`, `{"a/b":{"*":2,"#":2,"~":2}}`},
			spec.Mask{"/a~1b/~2": true, "/a~1b/~3": true, "/a~1b/~0": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parsed []gjson.Result
			for _, r := range row.responses {
				parsed = append(parsed, gjson.Parse(r))
			}
			m := spec.Volatile(parsed...)
			assert.Equal(t, row.want, m)
			for _, v := range parsed {
				assert.Equal(t, spec.CanonicalJSON(parsed[0], m), spec.CanonicalJSON(v, m))
			}
		})
	}
	assert.Equal(t, spec.Mask{"/a": true, "/b": true}, spec.Mask{"/a": true}.Union(spec.Mask{"/b": true}, nil))
}

// document draws a JSON value of any nesting.
func document(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.IntRange(-3, 100).AsAny(), rapid.Float64Range(-1e6, 1e6).AsAny(),
		rapid.StringMatching(`[a-c ~/*#"é]{0,6}`).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(document(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(rapid.StringMatching(`[a-c/*#~]{1,2}`), document(depth-1), 0, 4).AsAny(),
	)...)
}

func written(t require.TestingT, v any) gjson.Result {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return gjson.ParseBytes(b)
}

// otherwise writes the same value with the members of objects and the items of lists in another order, and space between.
func otherwise(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for name, value := range v { // in Go's random order
			quoted, _ := json.Marshal(name)
			parts = append(parts, string(quoted)+" : "+otherwise(value))
		}
		return "{ " + strings.Join(parts, " , ") + " }"
	case []any:
		var parts []string
		for _, value := range v {
			parts = append(parts, otherwise(value))
		}
		rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		return "[ " + strings.Join(parts, " , ") + " ]"
	default:
		b, _ := json.Marshal(v)
		return string(b)
	}
}

// withNonces puts a member that differs each time into every object.
func withNonces(v any, nonce *int) any {
	switch v := v.(type) {
	case map[string]any:
		object := map[string]any{}
		for name, value := range v {
			object[name] = withNonces(value, nonce)
		}
		*nonce++
		object["request_id"] = fmt.Sprintf("r%x", *nonce*2654435761)
		return object
	case []any:
		var list []any
		for _, value := range v {
			list = append(list, withNonces(value, nonce))
		}
		return list
	default:
		return v
	}
}

func TestTheFormDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		v := document(3).Draw(r, "document")
		one, other := written(r, v), gjson.Parse(otherwise(v))
		assert.Equal(r, spec.CanonicalJSON(one, nil), spec.CanonicalJSON(other, nil))
		assert.Empty(r, spec.Difference(one, other, nil))
		assert.Empty(r, spec.Volatile(one, other))
	})
}

// TestWhatIsLearnedHidesNothingElse: ids in every object, learned from two askings, hide no change of another scalar.
func TestWhatIsLearnedHidesNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		v := map[string]any{"l": rapid.SliceOfN(document(2), 0, 3).Draw(r, "list"), "o": map[string]any{"status": "active"}}
		nonce := 0
		ask := func() gjson.Result { return written(r, withNonces(v, &nonce)) }
		m := spec.Volatile(ask(), ask())
		before := ask()
		assert.Equal(r, spec.CanonicalJSON(before, m), spec.CanonicalJSON(ask(), m))
		assert.Empty(r, spec.Difference(before, ask(), m))
		v["o"] = map[string]any{"status": "stopping"}
		assert.NotEqual(r, spec.CanonicalJSON(before, m), spec.CanonicalJSON(ask(), m))
		assert.Equal(r, `/o/status: "active" → "stopping"`, spec.Difference(before, ask(), m))
	})
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ was, is, want string }{
		"a member":          {`{"a":{"b":1}}`, `{"a":{"b":2}}`, `/a/b: 1 → 2`},
		"a new member":      {`{"a":1}`, `{"a":1,"b":[]}`, `/b: absent → []`},
		"an item":           {`{"l":[{"id":1,"s":"x"},{"id":2,"s":"x"}]}`, `{"l":[{"id":2,"s":"y"},{"id":1,"s":"x"}]}`, `/l/1/s: "x" → "y"`},
		"a length":          {`{"l":[]}`, `{"l":[1]}`, `/l: 0 items → 1 items`},
		"the first three":   {`{"a":1,"b":1,"c":1,"d":1,"e":1}`, `{"a":2,"b":2,"c":2,"d":2,"e":2}`, `/a: 1 → 2; /b: 1 → 2; /c: 1 → 2; and 2 more`},
		"no JSON":           {``, `{"a":1}`, `the body: absent → {"a":1}`},
		"other members":     {`{"detail":1}`, `{"error":1}`, `the body: {"detail":1} → {"error":1}`},
		"what is long":      {`"` + strings.Repeat("é", 100) + `"`, `1`, `the body: "` + strings.Repeat("é", 39) + `… → 1`},
		"a time and none":   {`{"seen_at":null}`, `{"seen_at":"2026-11-25T18:00:00Z"}`, `/seen_at: null → "2026-11-25T18:00:00Z"`},
		"one time, another": {`{"seen_at":"2026-11-25T18:00:00Z"}`, `{"seen_at":"2026-11-25T18:00:01Z"}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, spec.Difference(gjson.Parse(row.was), gjson.Parse(row.is), nil))
		})
	}
}

// TestRenamed: what repeats its own request's id says the same, and nothing else does.
func TestRenamed(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		was, is string
		same    bool
	}{
		"a number":                      {`{"id":3}`, `{"id":915}`, true},
		"a text":                        {`{"id":"3"}`, `{"id":"915"}`, true},
		"in words":                      {`"Meeting 3 not found."`, `"Meeting 915 not found."`, true},
		"in a path":                     {`"GET /meetings/3"`, `"GET /meetings/915"`, true},
		"a whole path":                  {`"no http://h:80/meetings/7x here"`, `"no http://h:80/nowhere here"`, true},
		"beside a colon":                {`"id:3"`, `"id:915"`, true},
		"another number that is the id": {`{"id":3,"code":3}`, `{"id":915,"code":3}`, true},
		"a date that holds the id":      {`"3 not found at 2026-11-3"`, `"915 not found at 2026-11-3"`, true},
		"inside of a number":            {`{"n":13}`, `{"n":1915}`, false},
		"a number of the same digits":   {`{"n":33}`, `{"n":915915}`, false},
		"another's id":                  {`{"id":3}`, `{"id":916}`, false},
		"only one of them":              {`"3 not found"`, `"not found"`, false},
		"other words":                   {`"3 not found"`, `"915 not yours"`, false},
		"the ids the wrong way round":   {`{"id":915}`, `{"id":3}`, false},
		"other signs between":           {`"a/3"`, `"a?915"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := spec.Comparison{Renamed: map[string]string{"3": "915", "": "x", "/meetings/7x": "/nowhere"}}
			assert.Equal(t, row.same, c.Difference(gjson.Parse(row.was), gjson.Parse(row.is)) == "")
		})
	}
}

func TestTheValueOfAnAnswer(t *testing.T) {
	t.Parallel()
	value := func(body string) gjson.Result { return spec.Response{Body: []byte(body)}.Value() }
	assert.Equal(t, "x", value(`{"detail":"x"}`).Get("detail").String())
	first, second := value("Not found, trace 17"), value("Not found, trace 18")
	assert.Equal(t, `the body: "Not found, trace 17" → "Not found, trace 18"`, spec.Difference(first, second, nil))
	assert.Equal(t, spec.Mask{"#3/4": true}, spec.Volatile(first, second))
	assert.Empty(t, spec.Difference(value(""), value(""), nil))
}
