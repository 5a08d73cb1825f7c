package spec

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Mask is a set of places in JSON documents that no comparison looks at, because they differ between identical requests:
// request ids, cursors, signed URLs. [Volatile] learns one. A place is written as a JSON Pointer (RFC 6901) in which * is
// any item of a list: /meetings/*/request_id. Of a text of which only some words differ, the place is one word, counted from 0, of
// so many: /detail#3/4.
type Mask map[string]bool

// Union returns the places of all masks.
func (m Mask) Union(others ...Mask) Mask {
	all := Mask{}
	for _, mask := range append(others, m) {
		maps.Copy(all, mask)
	}
	return all
}

// Volatile returns the places at which responses to identical requests differ. Ask at least twice. It does not say why they
// differ: [Classify] says whether reading itself changed something.
func Volatile(responses ...gjson.Result) Mask {
	m := Mask{}
	for _, s := range differing(responses, nil) {
		maps.Copy(m, s.mask())
	}
	return m
}

// CanonicalJSON is a JSON value in a form that can be compared, without the places of a mask: members sorted, items of lists
// sorted (no page promises an order), numbers in one form (1, 1.0 and 1e0 are the same), and times as the word time.
// A deployment may tell the time of the answer, and a coarse clock need not differ between the requests from which a mask is
// learned, so that times are never compared.
func CanonicalJSON(v gjson.Result, m Mask) string { return canonical(place{}, v, m) }

// canonical writes a value that is at a place.
func canonical(at place, v gjson.Result, m Mask) string {
	if m[at.pattern] {
		return "masked"
	}
	switch {
	case !v.Exists():
		return "absent"
	case v.IsArray():
		var items []string
		for _, item := range v.Array() {
			items = append(items, canonical(at.item(""), item, m))
		}
		slices.Sort(items)
		return "[" + strings.Join(items, ",") + "]"
	case v.IsObject():
		members := v.Map()
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if inside := at.member(name); !m[inside.pattern] { // a masked member may also be absent
				parts = append(parts, strconv.Quote(name)+":"+canonical(inside, members[name], m))
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	case isTime(v):
		return "time"
	case v.Type == gjson.Number:
		return oneForm(v.Raw)
	case v.Type == gjson.String:
		return strconv.Quote(withoutWords(at, v.Str, m))
	default:
		return v.Raw
	}
}

// withoutWords takes the words that a mask names out of a text.
func withoutWords(at place, text string, m Mask) string {
	words := strings.Fields(text)
	masked := false
	for i := range words {
		if m[at.word(i, len(words))] {
			words[i], masked = "…", true
		}
	}
	if !masked {
		return text
	}
	return strings.Join(words, " ")
}

// oneForm writes equal JSON numbers (RFC 8259, section 6) in the same way, exactly and whatever their size: the digits
// without zeros at either end, and the power of ten that they are multiplied with.
func oneForm(number string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	integer, fraction, _ := strings.Cut(mantissa, ".")
	power, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
	if err != nil && exponent != "" {
		return number // an exponent beyond all bounds
	}
	digits := strings.TrimLeft(integer+fraction, "0")
	power -= len(fraction)
	if digits == "" {
		return "0"
	}
	short := strings.TrimRight(digits, "0")
	power += len(digits) - len(short)
	if negative {
		short = "-" + short
	}
	if power >= 0 && power < 20 { // any 64-bit id reads as it was sent
		return short + strings.Repeat("0", power)
	}
	return short + "e" + strconv.Itoa(power)
}

// place is where a value stands: path as it is shown, and pattern as a mask names it.
type place struct{ path, pattern string }

// member is the place of an object's member. What means something in a mask is escaped as RFC 6901, section 3, does it.
func (p place) member(name string) place {
	step := "/" + strings.NewReplacer("~", "~0", "/", "~1", "*", "~2", "#", "~3").Replace(name)
	return place{p.path + step, p.pattern + step}
}

// item is the place of a list's item.
func (p place) item(label string) place { return place{p.path + "/" + label, p.pattern + "/*"} }

// word is one word of a text, as a mask names it.
func (p place) word(i, of int) string {
	return p.pattern + "#" + strconv.Itoa(i) + "/" + strconv.Itoa(of)
}
