package suites

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"vexa-conformance/spec"
)

// TestRepeats: a repeat has the keys of the refused delivery, and is waited for past other events; what has other keys breaks the promise
// only if it surely is the repeat.
func TestRepeats(t *testing.T) {
	t.Parallel()
	const (
		joining = `{"event_type":"meeting.status_change","meeting":{"id":5,"status":"joining"},"status_change":{"from":"requested","to":"joining","timestamp":"2026-11-25T10:00:00Z"}}`
		active  = `{"event_type":"meeting.status_change","meeting":{"id":5,"status":"active"},"status_change":{"from":"joining","to":"active","timestamp":"2026-11-25T10:00:01Z"}}`
		otherID = `{"event_type":"meeting.status_change","meeting":{"id":6,"status":"joining"},"status_change":{"from":"requested","to":"joining","timestamp":"2026-11-25T10:00:00Z"}}`
		renamed = `{"event_type":"meeting.changed","meeting":{"id":5,"status":"joining"},"status_change":{"from":"requested","to":"joining","timestamp":"2026-11-25T10:00:00Z"}}`
		sibling = `{"event_type":"meeting.changed","meeting":{"id":5,"status":"active"},"status_change":{"from":"joining","to":"active","timestamp":"2026-11-25T10:00:01Z"}}`
		later   = `{"event_type":"meeting.changed","meeting":{"id":5,"status":"joining"},"status_change":{"from":"requested","to":"joining","timestamp":"2026-11-25T10:00:09Z"}}`
		bare    = `{"event_type":"meeting.started","meeting":{"id":5,"status":"active"}}`
		alias   = `{"event_type":"meeting.ready","meeting":{"id":5,"status":"active"}}`

		wrapped      = `{"event_id":"e1","event_type":"meeting.status_change","created_at":"x","data":{"meeting":{"id":5,"status":"joining"},"status_change":{"to":"joining"}}}`
		wrappedOther = `{"event_id":"e2","event_type":"meeting.status_change","created_at":"x","data":{"meeting":{"id":5,"status":"joining"},"status_change":{"to":"joining"}}}`
		wrappedType  = `{"event_id":"e1","event_type":"meeting.changed","created_at":"x","data":{"meeting":{"id":5,"status":"joining"},"status_change":{"to":"joining"}}}`
		wrappedID    = `{"event_id":"e1","event_type":"meeting.status_change","created_at":"y","data":{"meeting":{"id":6,"status":"joining"},"status_change":{"to":"joining"}}}`
		attempt      = `{"event_id":"e1","event_type":"meeting.status_change","created_at":"x","attempt":2,"data":{"meeting":{"id":5,"status":"active"},"status_change":{"to":"joining"}}}`

		recording      = `{"event_type":"recording.completed","recording":{"id":7,"session_uid":"s"}}`
		otherRecording = `{"event_type":"recording.completed","recording":{"id":8,"session_uid":"r"}}`
	)
	for name, row := range map[string]struct {
		refused   string
		others    []string
		again     string
		otherwise string
	}{
		"at once":                               {joining, []string{joining, active}, joining, ""},
		"past other events":                     {joining, []string{active, joining}, joining, ""},
		"another event of the type is none":     {joining, []string{active}, "", ""},
		"with another id":                       {joining, []string{otherID, active}, "", otherID},
		"with another id, later":                {joining, []string{active, otherID}, "", otherID},
		"as another type":                       {joining, []string{active, renamed}, "", renamed},
		"one change is two types of events":     {joining, []string{renamed, active, sibling}, "", ""},
		"another type at another time":          {joining, []string{later}, "", ""},
		"two types without a change":            {bare, []string{alias}, "", ""},
		"right in the end":                      {joining, []string{renamed, joining}, joining, ""},
		"wrapped":                               {wrapped, []string{wrappedOther, wrapped}, wrapped, ""},
		"wrapped, other event of the same type": {wrapped, []string{wrappedOther}, "", ""},
		"wrapped, as another type":              {wrapped, []string{wrappedOther, wrappedType}, "", wrappedType},
		"wrapped, with another id":              {wrapped, []string{wrappedID}, "", wrappedID},
		"wrapped, counted":                      {wrapped, []string{attempt}, attempt, ""},
		"wrapped only later":                    {joining, []string{wrapped}, "", ""},
		"a recording":                           {recording, []string{otherRecording, recording}, recording, ""},
		"another recording":                     {recording, []string{otherRecording}, "", ""},
		"nothing":                               {joining, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			came := []spec.Delivery{{Body: []byte(active)}, {Body: []byte(row.refused), Refused: true}}
			for _, one := range row.others {
				came = append(came, spec.Delivery{Body: []byte(one)})
			}
			refused, again := repeated(came)
			assert.Same(t, &came[1], refused)
			assert.Equal(t, row.again, text(again))
			if again == nil {
				assert.Equal(t, row.otherwise, text(repeatedOtherwise(came, refused)))
			}
		})
	}
	refused, again := repeated([]spec.Delivery{{Body: []byte(joining)}, {Body: []byte(joining)}})
	assert.Nil(t, refused)
	assert.Nil(t, again)
}

func text(d *spec.Delivery) string {
	if d == nil {
		return ""
	}
	return string(d.Body)
}

func TestPrivateReceivers(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]bool{
		"http://127.0.0.1:9099/x": true, "http://localhost:9099": true, "http://[::1]:1": true, "http://10.0.0.7:9099": true,
		"http://192.168.1.2": true, "http://169.254.0.1": true, "https://hooks.example.com": false, "http://8.8.8.8": false, "http://%": false,
	} {
		assert.Equal(t, want, private(link), link)
	}
}
