package suites

import "vexa-conformance/spec"

// Handler is a webhook receiver as a check sees it.
type Handler interface{}

func handlerAcks(*spec.Contract) []Check { return nil }

func handlerDedupes(*spec.Contract) []Check { return nil }
