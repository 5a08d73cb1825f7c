package result

// Deviation is a request that two deployments answer in different ways.
type Deviation struct {
	Check     string `json:"check"`
	Operation string `json:"operation"`
	Caller    string `json:"caller"`
	// A and B are the kinds of answers that only one of them gave, without what differs from one asking to the next.
	A []string `json:"a"`
	B []string `json:"b"`
}
