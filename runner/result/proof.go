package result

import (
	"slices"
	"time"
)

// ProofSchema names the form of a JSON proof.
const ProofSchema = "vexa-conformance/proof/v1"

// Proof is what became of every fault against every check: the measure of what a verdict of the harness is worth.
type Proof struct {
	Schema   string       `json:"schema"`
	Tool     Tool         `json:"tool"`
	Started  time.Time    `json:"started"`
	Finished time.Time    `json:"finished"`
	ExitCode int          `json:"exit_code"`
	Summary  ProofSummary `json:"summary"`
	// Deployments are the kinds of the reference that were broken.
	Deployments []Proven `json:"deployments"`
	// Problems are what makes the proof fail, in words; empty where it holds.
	Problems []string `json:"problems"`
}

// ProofSummary are the figures of a proof.
type ProofSummary struct {
	// Faults is how many were tried, Caught how many of them a check caught, Untold how many no check can tell for a reason
	// that is given, Missed the rest.
	Faults       int `json:"faults"`
	Caught       int `json:"caught"`
	Undetectable int `json:"untold"`
	Missed       int `json:"missed"`
	// Alarms is how many faults and variations turned a check red whose clause they do not break.
	Alarms int `json:"alarms"`
	// Variations is how many legal ways to differ were tried.
	Variations int `json:"variations"`
	// Checks is how many there are, Idle how many of them caught nothing.
	Checks int `json:"checks"`
	Idle   int `json:"idle"`
	// ByKind counts the faults by how they come about.
	ByKind map[FaultKind]int `json:"by_kind"`
	// Sorts count the faults by what goes wrong.
	Sorts []FaultSort `json:"sorts"`
}

// FaultSort is how many faults there are of one sort, and what became of them.
type FaultSort struct {
	Sort         string `json:"sort"`
	Faults       int    `json:"faults"`
	Caught       int    `json:"caught"`
	Undetectable int    `json:"untold"`
}

// FaultKind is how a fault comes about.
type FaultKind string

// The kinds of faults: written beside the behaviour that they break, or made from the document.
const (
	Written   FaultKind = "written"
	Generated FaultKind = "generated"
	// Variation is no fault: a legal way to differ.
	Variation FaultKind = "variation"
)

// Proven is one kind of deployment, whole and broken.
type Proven struct {
	Edition string        `json:"edition"`
	Hosted  bool          `json:"hosted"`
	Faults  []ProvenFault `json:"faults"`
	// Variations are legal, so that nothing may turn red.
	Variations []ProvenFault `json:"variations"`
	// Checks are all of the edition, and how many faults each caught.
	Checks []ProvenCheck `json:"checks"`
}

// ProvenFault is one row of the matrix.
type ProvenFault struct {
	Name string    `json:"name"`
	Kind FaultKind `json:"kind"`
	// Sort is what goes wrong, in a few words; empty for a variation.
	Sort    string   `json:"sort,omitempty"`
	Breaks  string   `json:"breaks"`
	Clauses []string `json:"clauses"`
	Why     string   `json:"why,omitempty"`
	Outcome Outcome  `json:"outcome"`
	// Reason says why no check can tell, or what went wrong.
	Reason string `json:"reason,omitempty"`
	// Red are the checks that failed, Blocked those that could not be judged for it, Judged how many were run: those that get
	// an answer which the fault can change.
	Red     []string `json:"red"`
	Blocked []string `json:"blocked"`
	Judged  int      `json:"judged"`
}

// Outcome is what became of a fault.
type Outcome string

// String is the outcome as people read it. In JSON an undetectable fault has the outcome "untold", as ever.
func (o Outcome) String() string {
	if o == Undetectable {
		return "undetectable"
	}
	return string(o)
}

// The outcomes. Only Missed and Alarm fail the proof.
const (
	Caught Outcome = "caught"
	// Missed is a fault that turned none of the checks of its clauses red.
	Missed Outcome = "missed"
	// Undetectable is one that no check can tell, for a reason that stands in the repository.
	Undetectable Outcome = "untold"
	// Alarm is one that turned a check red whose clause it does not break.
	Alarm Outcome = "alarm"
	// Quiet is what a legal variation should come to: nothing red, nothing without a verdict.
	Quiet Outcome = "quiet"
)

// ProvenCheck is one column of the matrix.
type ProvenCheck struct {
	ID      string   `json:"id"`
	Clauses []string `json:"clauses"`
	Catches int      `json:"catches"`
}

// Count adds a fault or a variation to the figures.
func (s *ProofSummary) Count(f ProvenFault) {
	s.ByKind[f.Kind]++
	if f.Outcome == Alarm {
		s.Alarms++
	}
	if f.Kind == Variation {
		s.Variations++
		return
	}
	sort := s.sort(f.Sort)
	s.Faults++
	sort.Faults++
	switch f.Outcome {
	case Caught:
		s.Caught++
		sort.Caught++
	case Missed:
		s.Missed++
	case Undetectable:
		s.Undetectable++
		sort.Undetectable++
	}
}

func (s *ProofSummary) sort(name string) *FaultSort {
	i := slices.IndexFunc(s.Sorts, func(one FaultSort) bool { return one.Sort == name })
	if i < 0 {
		i = len(s.Sorts)
		s.Sorts = append(s.Sorts, FaultSort{Sort: name})
	}
	return &s.Sorts[i]
}
