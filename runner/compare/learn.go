package compare

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/result"
	"vexa-conformance/spec"
)

// place is what a mask holds for: the answers of an operation with one status.
func place(what asked, r result.Response) string {
	return fmt.Sprintf("%s %d", what.operation, r.Status)
}

// learn finds what differs between the runs of a side. An answer that the other run has not is compared with the one there that
// differs at the fewest places.
func learn(runs []result.Run) map[string]spec.Mask {
	masks := map[string]spec.Mask{}
	add := func(what asked, some, others []result.Response) {
		for _, r := range some {
			masks[place(what, r)] = masks[place(what, r)].Union(nearest(r, others))
		}
	}
	first := responsesOf(runs[0])
	for _, run := range runs[1:] {
		again := responsesOf(run)
		for what, some := range first {
			add(what, some, again[what])
			add(what, again[what], some)
		}
	}
	return masks
}

// nearest are the places at which an answer differs from the one of its status that is most like it.
func nearest(r result.Response, others []result.Response) spec.Mask {
	var fewest spec.Mask
	for _, other := range others {
		if other.Status != r.Status {
			continue
		}
		one, another := alike(answerOf(r).Value(), answerOf(other).Value())
		if differs := spec.Volatile(gjson.Parse(one), gjson.Parse(another)); fewest == nil || len(differs) < len(fewest) {
			fewest = differs
		}
	}
	return fewest
}

// alike cuts lists to the length of the shorter one, so that their items are compared: how many there are does not count.
func alike(one, other gjson.Result) (string, string) {
	var some, others []string
	switch {
	case one.IsArray() && other.IsArray():
		items, more := one.Array(), other.Array()
		for i := range min(len(items), len(more)) {
			a, b := alike(items[i], more[i])
			some, others = append(some, a), append(others, b)
		}
		return "[" + strings.Join(some, ",") + "]", "[" + strings.Join(others, ",") + "]"
	case one.IsObject() && other.IsObject():
		members, more := one.Map(), other.Map()
		for name, value := range members {
			a := value.Raw
			if same, ok := more[name]; ok {
				var b string
				a, b = alike(value, same)
				more[name] = gjson.Parse(b)
			}
			some = append(some, quoted(name)+":"+a)
		}
		for name, value := range more {
			others = append(others, quoted(name)+":"+value.Raw)
		}
		return "{" + strings.Join(some, ",") + "}", "{" + strings.Join(others, ",") + "}"
	default:
		return one.Raw, other.Raw
	}
}

func quoted(name string) string { return string(gjson.AppendJSONString(nil, name)) }
