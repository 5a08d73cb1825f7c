package spec

import "net/http"

// Router finds the operation that a request asks for, judged or not; nil where the document has none.
func (c *Contract) Router() func(*http.Request) *Operation { return c.route() }

func (c *Contract) router() func(*http.Request) *Operation {
	routes := http.NewServeMux()
	byPattern := map[string]*Operation{}
	for _, op := range c.byID {
		pattern := op.Method + " " + op.Path
		routes.Handle(pattern, http.NotFoundHandler())
		byPattern[pattern] = op
	}
	return func(r *http.Request) *Operation {
		_, pattern := routes.Handler(r)
		return byPattern[pattern]
	}
}
