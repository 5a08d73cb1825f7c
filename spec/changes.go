package spec

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
)

// Reading is a response to a request that was sent several times.
type Reading struct {
	Value gjson.Result
	// Between is how many requests of other operations were sent since the reading before, by the same user.
	Between int
}

// Fillers is how many other requests between two readings tell a counter of these readings from a counter of all requests. It is
// odd, so that what changes with every other request does not look like what changes with every other reading.
const Fillers = 3

// Changes are the places at which readings of one thing differ, by what that shows: see [Classify].
type Changes struct {
	// Volatile places differ by themselves. Nothing was changed.
	Volatile Mask
	// Counting places count how often they were read.
	Counting Mask
	// Changed places changed once. Another reading, a while later, shows whether they did so by themselves.
	Changed Mask
	// Growing says that an integer among the volatile places always moved in the same direction: it may count the readings, and others
	// have read the same meanwhile. More readings tell.
	Growing bool
}

// Classify tells what a reading changes from what is volatile. Pass the readings in order, at least seven, at an irregular pace, and
// some of them with a few requests of other operations in between:
//
//   - An integer, or the number of items in a list or of members in an object, that always moves in the same direction, and
//     whose shortest step comes again and also when requests of other operations were sent in between, counts the readings:
//     they change something. It need not be the same step each time, since other checks may read the same thing meanwhile. A number that
//     counts every request of the deployment, as request ids may, never makes a step then that is shorter than the number of requests,
//     and what grows with time makes longer ones.
//   - What has two values, strictly by turns, is toggled by the readings, which counts them as well.
//   - What changed exactly once and then stayed was changed, perhaps by the first reading: a flag, a new item.
//     Times (RFC 3339, HTTP dates, seconds and milliseconds since 1970 near now) are not compared at all, and addresses that
//     differ only in their query are signed anew: both are volatile. Anything else must be read again, twice, each time more
//     than a second later: a signature by the second then differs again, and so changed more than once.
//   - Everything else that differs is volatile: ids, cursors and signatures differ in each reading, the name of the server that
//     answered comes back.
//
// A place is the same for all items of a list. What counts in one item counts, and what is volatile in one item did not
// change only once in another.
func Classify(readings []Reading) Changes {
	c := Changes{Volatile: Mask{}, Counting: Mask{}, Changed: Mask{}}
	values, between := make([]gjson.Result, len(readings)), make([]int, len(readings))
	for i, r := range readings {
		values[i], between[i] = r.Value, r.Between
	}
	for _, s := range differing(values, nil) {
		switch s.sort(between) {
		case counting:
			maps.Copy(c.Counting, Mask{s.pattern: true})
		case changedOnce:
			maps.Copy(c.Changed, s.mask())
		case growing:
			c.Growing = true
			maps.Copy(c.Volatile, s.mask())
		default:
			maps.Copy(c.Volatile, s.mask())
		}
	}
	for place := range c.Counting {
		delete(c.Volatile, place)
		delete(c.Changed, place)
	}
	for place := range c.Volatile {
		delete(c.Changed, place)
	}
	return c
}

type changeSort int

const (
	volatileOne changeSort = iota
	growing
	changedOnce
	counting
)

// sort says what a series shows. Of a text of which only some words differ each word is a series, and the worst one counts.
func (s series) sort(between []int) changeSort {
	worst := volatileOne
	for _, word := range s.words() {
		if slices.ContainsFunc(word, func(w string) bool { return w != word[0] }) {
			worst = max(worst, sortOf(word, between))
		}
	}
	if worst > volatileOne || s.words() != nil {
		return worst
	}
	texts := make([]string, len(s.values))
	for i, v := range s.values {
		texts[i] = canonical(s.place, v, nil)
		if v.Type == gjson.String && !isTime(v) {
			texts[i] = v.Str
		}
	}
	return sortOf(texts, between)
}

func sortOf(values []string, between []int) changeSort {
	steps, oneWay := stepsOf(values)
	switch {
	case oneWay && counts(steps, between), toggles(values):
		return counting
	case moves(values) == 1 && !differInQuery(values):
		return changedOnce
	case oneWay:
		return growing
	default:
		return volatileOne
	}
}

func moves(values []string) (n int) {
	for i := 1; i < len(values); i++ {
		if values[i] != values[i-1] {
			n++
		}
	}
	return n
}

// stepsOf are the steps from each integer to the next one, and whether all of them go the same way.
func stepsOf(values []string) (steps []int64, oneWay bool) {
	for i := 1; i < len(values); i++ {
		was, errWas := strconv.ParseInt(values[i-1], 10, 64)
		is, errIs := strconv.ParseInt(values[i], 10, 64)
		if errWas != nil || errIs != nil || was == is || i > 1 && (is > was) != (steps[0] > 0) {
			return nil, false
		}
		steps = append(steps, is-was)
	}
	return steps, true
}

// counts says whether the steps of an integer are those of a counter of the readings: see [Classify]. Whatever other checks send
// meanwhile, a counter of all requests moves by at least one unit for each request between two readings, and one for the reading.
func counts(steps []int64, between []int) bool {
	const fewest = 4 // of fewer, the ids of a quiet deployment could make the same ones by chance
	shortest, unit := int64(math.MaxInt64), int64(0)
	for _, step := range steps {
		shortest = min(shortest, max(step, -step))
		unit = commonDivisor(unit, max(step, -step))
	}
	same, further := 0, 0
	for i, step := range steps {
		if max(step, -step) != shortest {
			continue
		}
		same++
		if n := between[i+1]; n >= Fillers && shortest < int64(n+1)*unit {
			further++
		}
	}
	return len(steps) >= fewest && same >= 3 && further >= 1
}

// commonDivisor is the greatest one, by Euclid.
func commonDivisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// toggles says whether there are two values by turns. Of two servers that answer by chance, so many seldom do.
func toggles(values []string) bool {
	const fewest = 8
	for i := range values {
		if values[i] != values[i%2] {
			return false
		}
	}
	return len(values) >= fewest && values[0] != values[1]
}

// differInQuery says whether all values are absolute URLs that are the same without their query.
func differInQuery(values []string) bool {
	var first string
	for i, value := range values {
		u, err := url.Parse(value)
		if err != nil || u.Host == "" {
			return false
		}
		u.RawQuery, u.Fragment = "", ""
		if i == 0 {
			first = u.String()
		}
		if u.String() != first {
			return false
		}
	}
	return true
}
