package deployment

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
)

// OwnTenant says whether the run has made its users.
func (d *target) OwnTenant() bool { return d.session.config.Tenants.Own() }

// Disposable is what the operator names of the check's kind.
func (d *target) Disposable() fixtures.Disposable {
	switch all := d.session.config.Disposable; d.check.Disposable {
	case fixtures.AMeeting:
		return fixtures.Disposable{Meetings: all.Meetings}
	case fixtures.ARecording:
		return fixtures.Disposable{Recordings: all.Recordings}
	default:
		return fixtures.Disposable{}
	}
}

// callerOf is who a check's caller is: its owner is the operator's own user if the check takes something of theirs.
func (d *target) callerOf(caller spec.Caller) spec.Caller {
	if caller == spec.Owner && d.session.config.Disposes(d.check) {
		return spec.Given
	}
	return caller
}
