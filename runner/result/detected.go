package result

import (
	"fmt"
	"strings"
)

// Confidence is how sure a detection is.
type Confidence string

// The confidences.
const (
	HighConfidence   Confidence = "high"
	MediumConfidence Confidence = "medium"
	LowConfidence    Confidence = "low"
)

// Detected is how the edition of a target was found out.
type Detected struct {
	Edition    string     `json:"edition"`
	Confidence Confidence `json:"confidence"`
	// Also are older editions of the same line that fit as well: nothing without a credential tells them apart.
	Also []string `json:"also,omitempty"`
	// Evidence is what was seen that speaks for some editions and not for others, the most telling first. Some of it
	// may speak against the edition.
	Evidence []Evidence `json:"evidence"`
}

// Evidence is one thing that was seen of a target without a credential.
type Evidence struct {
	Request  string `json:"request"`
	Response string `json:"response"`
	// Editions are those for which it speaks, and Weight is how much.
	Editions []string `json:"editions"`
	Weight   int      `json:"weight"`
}

// String is the evidence as people read it.
func (e Evidence) String() string {
	return fmt.Sprintf("%s: %s, as in %s", e.Request, e.Response, strings.Join(e.Editions, " and "))
}

// String says what was found out, how sure it is, and why.
func (d Detected) String() string {
	text := fmt.Sprintf("%s, found out with %s confidence: %s", d.Edition, d.Confidence, Explain(d.Evidence))
	if len(d.Also) > 0 {
		text += fmt.Sprintf(". %s fits as well, and is older: name it with --edition", strings.Join(d.Also, " or "))
	}
	return text
}

// Explain is evidence as people read it.
func Explain(all []Evidence) string {
	if len(all) == 0 {
		return "nothing was seen that only one edition has"
	}
	parts := make([]string, len(all))
	for i, e := range all {
		parts[i] = e.String()
	}
	return strings.Join(parts, "; ")
}
