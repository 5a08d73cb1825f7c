package runner

import (
	"vexa-conformance/fixtures"
	"vexa-conformance/spec"
	"vexa-conformance/suites"
)

// disposes says whether a check takes something of the operator's that may be deleted.
func (c Config) disposes(check suites.Check) bool {
	return check.Disposable != "" && c.Disposable.Has(check.Disposable)
}

// dispose is a check as it is with what is disposable: it starts no bot, and what it uses up no other check may need meanwhile.
func (c Config) dispose(check suites.Check) suites.Check {
	if c.disposes(check) {
		check.Effect, check.Alone = spec.Write, check.Alone || check.UsesUp
	}
	return check
}

// Disposes says whether a check of the plan takes something of a kind that the operator named, and whether it is gone then.
func (p Plan) Disposes(c Config, kind fixtures.Thing) (used, usedUp bool) {
	for _, check := range p.Checks {
		if check.Skip == "" && check.Disposable == kind && c.disposes(check.Check) {
			used, usedUp = true, usedUp || check.UsesUp
		}
	}
	return used, usedUp
}

// OwnTenant says whether the run has made its users.
func (d *deployment) OwnTenant() bool { return d.session.config.Tenants.Own() }

// Disposable is what the operator names of the check's kind.
func (d *deployment) Disposable() fixtures.Disposable {
	switch all := d.session.config.Disposable; d.check.Disposable {
	case fixtures.AMeeting:
		return fixtures.Disposable{Meetings: all.Meetings}
	case fixtures.ARecording:
		return fixtures.Disposable{Recordings: all.Recordings}
	default:
		return fixtures.Disposable{}
	}
}

// asks is who a check's caller is: its owner is the operator's own user where the check takes something of theirs.
func (d *deployment) asks(caller spec.Caller) spec.Caller {
	if caller == spec.Owner && d.session.config.disposes(d.check) {
		return spec.Given
	}
	return caller
}
