package cause

import (
	"slices"
	"strings"
)

// crashesJoined puts the groups together that are the same server error of several operations to bad input. A group of
// which the operations' own promises are broken too, or whose responses differ, stays as it is.
func crashesJoined(groups map[signature][]failed) map[signature][]failed {
	joined := map[signature][]failed{}
	for name, group := range groups {
		if says, ok := crash(group); ok && name.rank == rankServerError && name.family != "" {
			name.family = ""
			name.difference = serverError + " " + occasion(badInput) + ": " + says
			name.word = name.shape + " " + occasion(badInput)
		}
		joined[name] = append(joined[name], group...)
	}
	return joined
}

// crash is what the server errors of a group say, if they say the same and all of them came of bad input.
func crash(group []failed) (says string, ok bool) {
	for _, f := range group {
		switch {
		case f.Clause != badInput && !formOfErrors(f.Clause), f.root == nil, f.root.Response == nil:
			return "", false
		case !ok:
			says, ok = content(f.root), true
		case says != content(f.root):
			return "", false
		}
	}
	return says, ok && slices.ContainsFunc(group, func(f failed) bool { return f.Clause == badInput })
}

// maxBody is the longest body of a response that stands in a sentence.
const maxBody = 40

// bodyText is the body of an error in plain text, if it is short and each failure of the group shows the same one.
func bodyText(group []failed) string {
	text := ""
	for i, f := range group {
		if f.root == nil || f.root.Response == nil || f.root != f.shown {
			continue
		}
		body := strings.TrimSpace(f.root.Response.Body)
		if mediaTypeOf(*f.root.Response) != "text/plain" || body == "" || len(body) > maxBody || i > 0 && text != "" && body != text {
			return ""
		}
		text = body
	}
	return text
}
