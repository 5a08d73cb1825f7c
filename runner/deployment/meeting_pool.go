package deployment

import (
	"context"

	"vexa-conformance/fixtures"
	"vexa-conformance/suites"
)

// meetingPool has the operator's meetings that no check uses.
type meetingPool chan fixtures.OwnMeeting

func newMeetingPool(all []fixtures.OwnMeeting) meetingPool {
	p := make(meetingPool, len(all))
	for _, own := range all {
		p <- own
	}
	return p
}

// acquire waits for a meeting. It fails if ctx ends before.
func (p meetingPool) acquire(ctx context.Context) (fixtures.OwnMeeting, error) {
	select {
	case own := <-p:
		return own, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// release lets other checks have a meeting.
func (p meetingPool) release(own fixtures.OwnMeeting) { p <- own }

// OwnMeeting waits for one of the operator's meetings, which the check then has to itself until it ends.
func (d *target) OwnMeeting(t suites.T) fixtures.OwnMeeting {
	t.Helper()
	if d.own != nil || len(d.session.config.Meetings) == 0 {
		return d.own
	}
	own, err := d.session.meetings.acquire(t.Context())
	if err != nil {
		t.Blocked("the run was interrupted before one of the operator's meetings was free")
	}
	d.own = own
	return own
}
