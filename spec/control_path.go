package spec

import "strings"

// At is the operation at another path, which may have the same parameters.
func (o *Operation) At(path string) *Operation {
	moved := *o
	moved.Path = path
	return &moved
}

// ControlPath is a path that no deployment has, for a control request of the operation: under the same prefix, because
// a catch-all may answer for everything below it. The word makes it one that nobody else chose; it stands in place of
// the last segment, or after it if that is a parameter.
func (c *Contract) ControlPath(o *Operation, word string) string {
	segments := strings.Split(o.Path, "/")
	if last := len(segments) - 1; strings.HasPrefix(segments[last], "{") {
		segments = append(segments, word)
	} else {
		segments[last] = word
	}
	for c.documentsPath(segments) {
		segments = append(segments, word)
	}
	return strings.Join(segments, "/")
}

// documentsPath says whether a path template of the document matches the segments, whatever its method is.
func (c *Contract) documentsPath(segments []string) bool {
	for _, op := range c.operations {
		template := strings.Split(op.Path, "/")
		matches := len(template) == len(segments)
		for i := 0; matches && i < len(template); i++ {
			matches = template[i] == segments[i] || strings.HasPrefix(template[i], "{")
		}
		if matches {
			return true
		}
	}
	return false
}
