package runner

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/suites"
)

// lend puts the operator's meetings where checks take them from.
func lend(all []fixtures.OwnMeeting) chan fixtures.OwnMeeting {
	free := make(chan fixtures.OwnMeeting, len(all))
	for _, own := range all {
		free <- own
	}
	return free
}

// OwnMeeting waits for one of the operator's meetings, which the check then has to itself until it ends.
func (d *deployment) OwnMeeting(t suites.T) fixtures.OwnMeeting {
	t.Helper()
	if d.own != nil || len(d.session.config.Meetings) == 0 {
		return d.own
	}
	select {
	case d.own = <-d.session.free:
	case <-t.Context().Done():
		t.Blocked("the run was interrupted before one of the operator's meetings was free")
	}
	return d.own
}

// leaveOwn lets other checks have the meeting.
func (d *deployment) leaveOwn() {
	if d.own != nil {
		d.session.free <- d.own
	}
}
