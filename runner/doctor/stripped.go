package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"vexa-conformance/runner/parallel"
	"vexa-conformance/runner/sse"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

const (
	// replay is how long a meeting that is over may take to tell its first events again: they are all there already.
	replay = 3 * time.Second
	// meetingsTried is how many of the user's latest meetings are looked at for one with events.
	meetingsTried = 3
)

// resumption opens the stream of a meeting that the user had, and opens it again with the id of its first event: it goes on
// behind that one, or the header Last-Event-ID has not arrived.
func (p *patient) resumption(ctx context.Context, direct *transport.Transport) {
	op, there := p.contract.Operation("streamMeeting")
	list, listed := p.contract.Operation("listMeetings")
	if !there || !listed || p.key(op) == "" || p.key(list) == "" {
		return // streams has said why
	}
	rows := p.send(ctx, spec.Call{Operation: list.ID, Caller: spec.Owner}, p.key(list)).Response.JSON().Get("meetings").Array()
	rows = slices.DeleteFunc(rows, func(row gjson.Result) bool {
		return !slices.Contains([]string{"active", "stopping", "completed", "failed"}, row.Get("status").String()) // others had no bot in them
	})
	for _, row := range rows[:min(meetingsTried, len(rows))] {
		call := spec.Call{Operation: op.ID, Caller: spec.Owner, Query: url.Values{
			"meeting_id": {row.Get("id").Raw}, "session_uid": {row.Get("id").Raw},
		}}
		ids := p.eventIDs(ctx, p.transport, call, 2)
		if len(ids) < 2 {
			continue
		}
		call.Header = http.Header{}
		call.Header.Set("Last-Event-ID", ids[0])
		heeded := func(t *transport.Transport) bool {
			again := p.eventIDs(ctx, t, call, 1)
			return len(again) == 1 && again[0] == ids[1]
		}
		switch through := heeded(p.transport); {
		case through:
			p.find(Fine, "resumption", "a stream that is opened again with Last-Event-ID goes on with the next event", "")
		case direct != nil && heeded(direct):
			p.find(Problem, "hops", "Last-Event-ID is lost between here and "+p.Direct+": a stream opened again with it goes on behind, and begins anew in front",
				"have what is in between pass the header on (nginx does unless proxy_set_header takes it away)")
		case direct != nil:
			p.find(Problem, "resumption", "a stream that is opened again with Last-Event-ID begins anew, behind what is in between as well", "the deployment itself does not heed it: see stream.resume")
		default:
			p.find(Problem, "resumption", "a stream that is opened again with Last-Event-ID begins anew: the deployment does not heed it, or something in between takes it away",
				"with --direct the hop is named")
		}
		return
	}
	p.find(Note, "resumption", "whether Last-Event-ID arrives is not seen: the key's user has had no meeting with events lately", "give a key of a user who has")
}

// eventIDs are those of a stream's first events.
func (p *patient) eventIDs(ctx context.Context, t *transport.Transport, call spec.Call, n int) []string {
	op, _ := p.contract.Operation(call.Operation)
	ctx, cancel := context.WithTimeout(ctx, min(replay, p.Quiet))
	defer cancel()
	sent, body := t.Stream(ctx, request(call, p.key(op)), transport.Observer{})
	if body == nil {
		return nil
	}
	defer func() { _ = body.Close() }() // what more would come is not wanted
	if !sent.Response.Success() {
		return nil
	}
	var ids []string
	for reader := sse.NewReader(body); len(ids) < n; {
		item, err := reader.Next()
		if err != nil {
			break
		}
		if item.Kind == sse.Event && item.OwnID {
			ids = append(ids, item.ID)
		}
	}
	return ids
}

const (
	// untilRefused and inFlight are as the checks about limits have them: above every limit in the field.
	untilRefused, inFlight = 1536, 64
)

// refusals sends until it is refused, with the operator's permission, and looks at what the refusal says. In the field a proxy
// may have limits of its own, or take the header of the deployment's away.
func (p *patient) refusals(ctx context.Context, direct *transport.Transport) {
	key := ""
	for _, one := range p.keys {
		key = one
	}
	switch {
	case !p.Exhaust:
		p.find(Note, "limits", "whether a refusal says how long to wait is not seen without being refused", "--exhaust sends until it is")
		return
	case key == "":
		p.find(Note, "limits", "not exhausted: there is no key", "")
		return
	}
	refusal, after := p.refused(ctx, p.transport, key)
	wait := refusal.Header.Get("Retry-After")
	if after == 0 {
		p.find(Note, "limits", fmt.Sprintf("%d readings, %d at a time, are not refused: there is no limit to be seen", untilRefused, inFlight), "")
		return
	}
	var behind spec.Response
	if direct != nil {
		behind, _ = p.refused(ctx, direct, key)
	}
	switch known := behind.Header.Get("Retry-After"); {
	case wait != "":
		p.find(Fine, "limits", fmt.Sprintf("about %d readings at once are let through; then a refusal says Retry-After: %s", after, wait), "")
	case known != "":
		p.find(Problem, "hops", fmt.Sprintf("Retry-After is lost between here and %s: a refusal behind says %s, and one in front says nothing", p.Direct, known),
			"have what is in between pass the header on")
	case strings.Contains(refusal.MediaType(), "html"):
		p.find(Problem, "limits", fmt.Sprintf("after about %d readings one is refused in HTML, without Retry-After: something in between refuses for the deployment", after),
			"have its limits answer in the envelope, with Retry-After, or lift them")
	default:
		p.find(Problem, "limits", fmt.Sprintf("after about %d readings one is refused without Retry-After: the deployment does not say it, or something in between takes it away", after),
			"--direct names the hop; clients do not learn how long to wait")
	}
}

// refused sends in waves until an answer is 429, and says after how many; 0 is never.
func (p *patient) refused(ctx context.Context, t *transport.Transport, key string) (refusal spec.Response, after int) {
	for after = 0; after < untilRefused && ctx.Err() == nil; after += inFlight {
		answers := make([]spec.Response, inFlight)
		var wave parallel.Group
		for i := range answers {
			wave.Go(func() {
				answers[i] = t.Send(ctx, request(spec.Call{Operation: "getMe", Caller: spec.Owner, Unretried: true}, key)).Response
			})
		}
		wave.Wait()
		for i, a := range answers {
			if a.Throttled() {
				return a, max(1, after+i)
			}
		}
	}
	return spec.Response{}, 0
}
