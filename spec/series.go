package spec

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// series is what stands at one place in each of several values.
type series struct {
	place
	values []gjson.Result
	kind   seriesKind
}

type seriesKind int

// The kinds: the values themselves, or how many items or members each of them has.
const (
	ofValues seriesKind = iota
	ofLengths
	ofMemberCounts
)

// differing are the series whose values are not all the same. Lists are aligned by the items' ids where these are
// the same in each value, and otherwise item by item; of lists that differ in length only the length is compared. Objects each of
// which has members that another lacks are compared as a whole, since their members are then named by something volatile.
func differing(values []gjson.Result, m Mask) []series {
	var found []series
	walk(place{}, values, m, func(s series) {
		first := canonical(s.place, s.values[0], m)
		if slices.ContainsFunc(s.values[1:], func(v gjson.Result) bool { return canonical(s.place, v, m) != first }) {
			found = append(found, s)
		}
	})
	return found
}

func walk(at place, values []gjson.Result, m Mask, visit func(series)) {
	switch {
	case m[at.pattern]:
	case all(values, gjson.Result.IsObject):
		walkMembers(at, values, m, visit)
	case all(values, gjson.Result.IsArray):
		walkItems(at, values, m, visit)
	default:
		visit(series{place: at, values: values})
	}
}

func walkMembers(at place, values []gjson.Result, m Mask, visit func(series)) {
	objects := make([]map[string]gjson.Result, len(values))
	counts := make([]int, len(values))
	names := map[string]int{}
	for i, v := range values {
		objects[i] = v.Map()
		for name := range objects[i] {
			if !m[at.member(name).pattern] {
				names[name]++
				counts[i]++
			}
		}
	}
	if !nested(objects, names) {
		visit(series{place: at, values: values})
		return
	}
	if slices.Min(counts) < slices.Max(counts) {
		visit(lengths(at, ofMemberCounts, counts))
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		members := make([]gjson.Result, len(values))
		for i := range objects {
			members[i] = objects[i][name]
		}
		walk(at.member(name), members, m, visit)
	}
}

// nested says whether of any two objects one has all members of the other.
func nested(objects []map[string]gjson.Result, names map[string]int) bool {
	for i, one := range objects {
		for _, other := range objects[:i] {
			more, less := false, false
			for name := range names {
				more = more || one[name].Exists() && !other[name].Exists()
				less = less || !one[name].Exists() && other[name].Exists()
			}
			if more && less {
				return false
			}
		}
	}
	return true
}

func walkItems(at place, values []gjson.Result, m Mask, visit func(series)) {
	lists := make([][]gjson.Result, len(values))
	counts := make([]int, len(values))
	for i, v := range values {
		lists[i] = v.Array()
		counts[i] = len(lists[i])
	}
	if slices.Min(counts) < slices.Max(counts) {
		visit(lengths(at, ofLengths, counts))
		return
	}
	first := canonical(at, values[0], m)
	if all(values, func(v gjson.Result) bool { return canonical(at, v, m) == first }) {
		return // the same items, in whichever order
	}
	lists = byIDs(lists)
	for i := range counts[0] {
		items := make([]gjson.Result, len(lists))
		for j := range lists {
			items[j] = lists[j][i]
		}
		walk(at.item(strconv.Itoa(i)), items, m, visit)
	}
}

// byIDs puts the items of lists of one length into the order of the first list, by their ids. Where not every list has
// the same ids, each once, the lists stay as they are.
func byIDs(lists [][]gjson.Result) [][]gjson.Result {
	sorted := make([][]gjson.Result, len(lists))
	for i, list := range lists {
		at := map[string]gjson.Result{}
		for _, item := range list {
			if id := item.Get("id"); item.IsObject() && id.Exists() {
				at[id.Raw] = item
			}
		}
		for _, item := range lists[0] {
			if same, ok := at[item.Get("id").Raw]; ok {
				sorted[i] = append(sorted[i], same)
			}
		}
		if len(at) != len(list) || len(sorted[i]) != len(list) {
			return lists
		}
	}
	return sorted
}

func lengths(at place, kind seriesKind, counts []int) series {
	s := series{place: at, kind: kind}
	for _, n := range counts {
		s.values = append(s.values, gjson.Parse(strconv.Itoa(n)))
	}
	return s
}

// mask is the place, or those of the words that differ, of a series whose values are not all the same. A different number of
// members needs none of its own: the members that come and go are places themselves.
func (s series) mask() Mask {
	m := Mask{}
	words := s.words()
	for i, word := range words {
		if slices.ContainsFunc(word, func(w string) bool { return w != word[0] }) {
			m[s.word(i, len(words))] = true
		}
	}
	if words == nil && s.kind != ofMemberCounts {
		m[s.pattern] = true
	}
	return m
}

// words are the series of each word, where all values are texts of the same number of words, and some word is the same in all
// of them. Texts that are times have none.
func (s series) words() [][]string {
	if s.kind != ofValues {
		return nil
	}
	var words [][]string
	for i, v := range s.values {
		if v.Type != gjson.String || isTime(v) {
			return nil
		}
		fields := strings.Fields(v.Str)
		if i == 0 {
			words = make([][]string, len(fields))
		}
		if len(fields) != len(words) {
			return nil
		}
		for j, field := range fields {
			words[j] = append(words[j], field)
		}
	}
	for _, word := range words {
		if !slices.ContainsFunc(word, func(w string) bool { return w != word[0] }) {
			return words
		}
	}
	return nil
}

func all[E any](s []E, is func(E) bool) bool {
	return !slices.ContainsFunc(s, func(e E) bool { return !is(e) })
}
