package spec

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/tidwall/gjson"
)

// Caller is who asks. The header of the credential follows from the operation's guard, its value from the caller.
type Caller string

// The callers.
const (
	// Nobody sends no credential.
	Nobody Caller = "no key"
	// Empty sends the header without a value.
	Empty Caller = "empty key"
	// Unknown sends a credential that was never given out.
	Unknown Caller = "unknown key"
	// Revoked sends a key whose token was deleted.
	Revoked Caller = "revoked key"
	// BotKey, TxKey and BrowserKey send the owner's key of that one scope.
	BotKey     Caller = "bot key"
	TxKey      Caller = "tx key"
	BrowserKey Caller = "browser key"
	// Owner is the run's user, with whichever of its keys has the operation's scope.
	Owner Caller = "owner"
	// Minted sends a key that the check has minted itself: see [Call.Key].
	Minted Caller = "minted key"
	// Given is the operator's own user, whose disposable things a check may use.
	Given Caller = "operator's user"
	// Fresh sends a key of the owner, with the scopes bot and tx, that nothing else is sent with: what a deployment caches with a key it
	// has not cached yet.
	Fresh Caller = "fresh key"
	// Other is another user.
	Other Caller = "other user"
	// Admin sends the admin token.
	Admin Caller = "admin"
)

// KeyOf is the caller with a key of one scope.
func KeyOf(s Scope) Caller { return Caller(s) + " key" }

// Authorized is the caller who has what the operation's guard wants.
func (o *Operation) Authorized() Caller {
	if o.Guard == AdminGuard {
		return Admin
	}
	return Owner
}

// Call is one request of a documented operation.
type Call struct {
	Operation string
	Caller    Caller
	// Path and Query are the values of the operation's parameters.
	Path  map[string]string
	Query url.Values
	// Header is sent besides the credential.
	Header http.Header
	Body   []byte
	// ContentType is application/json if there is a body and nothing else is said.
	ContentType string
	// At is the surface whose base URL is asked; empty is the operation's own.
	At Surface
	// RawPath, where it is set, is sent in place of the operation's path, as it is; RawQuery is added to the query.
	RawPath, RawQuery string
	// HeadOnly leaves the body of a stream unread.
	HeadOnly bool
	// Unretried has an answer 429, or a gateway's error that no 5xx before it explains, returned where it would be sent again.
	Unretried bool
	// Repeatable says that the request may be sent again where its answer was lost, whatever its method is: it does nothing that
	// lasts, or nothing more the second time.
	Repeatable bool
	// GatewayErrors has an answer 502, 503 or 504 to a GET returned at once, where it would be sent again: the call looks for one.
	GatewayErrors bool
	// LookFirst has a loss returned where the request would be sent again without looking: the caller looks whether it arrived.
	LookFirst bool
	// CutAfter has a stream cut after so many events, pings aside; 0 reads on to its end. CutInside cuts it only once some
	// bytes of the next event have come.
	CutAfter  int
	CutInside bool
	// Nowhere says that the call asks for a path that does not exist, whose answer nobody promised anything about.
	Nowhere bool
	// Key is what [Minted] sends.
	Key string
	// Wrong says what in the call's body or parameters the document does not allow; empty is a call that it allows. Who sends
	// it, and whether what it addresses exists, are another matter.
	Wrong string
	// Fuzz says that it is only looked at whether the deployment survives the call, which the document may allow or not.
	Fuzz bool
}

// Response is what came back for a call.
type Response struct {
	// Operation is the id of the call's.
	Operation string
	Status    int
	Header    http.Header
	Body      []byte
	// Proto is what it came by, such as HTTP/2.0.
	Proto string
	// Truncated says that the body is longer than what is read of it: Body is the first part.
	Truncated bool
	// Incomplete, if set, is called when JSON is asked of a truncated body. A run has it end the check, which then has no verdict.
	Incomplete func()
	Elapsed    time.Duration
	// Received is when the answer had come.
	Received time.Time
	// Lost says that the request met a connection that the server had closed after a 5xx, so that the answer, if any, says nothing.
	Lost bool
	// Seq is the number of the exchange in the record of its run, 0 if there is none.
	Seq int
}

// ErrNotSent is the error of a request that never went out, so that it can have had no effect.
var ErrNotSent = errors.New("the request was not sent")

// JSON is the body parsed, and nothing where it is no JSON. The first part of a longer body is no JSON: see Incomplete.
func (a Response) JSON() gjson.Result {
	if a.Truncated && a.Incomplete != nil {
		a.Incomplete()
	}
	if a.Truncated || !gjson.ValidBytes(a.Body) {
		return gjson.Result{}
	}
	return gjson.ParseBytes(a.Body)
}

// Value is the body parsed, or as one text where it is no JSON, so that two bodies can be compared whatever they are.
func (a Response) Value() gjson.Result {
	if v := a.JSON(); v.Exists() {
		return v
	}
	text := string(a.Body)
	return gjson.Result{Type: gjson.String, Str: text, Raw: strconv.Quote(text)}
}

// MediaType is the Content-Type without its parameters, in lower case (RFC 9110, section 8.3.1).
func (a Response) MediaType() string {
	mediaType, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

// Success is any 2xx (RFC 9110, section 15.3).
func (a Response) Success() bool { return a.Status/100 == 2 }

// Redirect is any 3xx (RFC 9110, section 15.4).
func (a Response) Redirect() bool { return a.Status/100 == 3 }

// ClientError is any 4xx (RFC 9110, section 15.5).
func (a Response) ClientError() bool { return a.Status/100 == 4 }

// ServerError is any 5xx (RFC 9110, section 15.6).
func (a Response) ServerError() bool { return a.Status/100 == 5 }

// GatewayError is what a gateway answers for a backend that is down or busy, which says nothing of the request.
func (a Response) GatewayError() bool {
	return a.Status == http.StatusBadGateway || a.Status == http.StatusServiceUnavailable || a.Status == http.StatusGatewayTimeout
}

// Throttled is 429 (RFC 6585, section 4).
func (a Response) Throttled() bool { return a.Status == http.StatusTooManyRequests }

// Unauthorized says that the credential was refused.
func (a Response) Unauthorized() bool {
	return a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden
}

// shownBody is how much of a body stands in one line for people: enough for a detail and its beginning.
const shownBody = 300

// shownText is the beginning of a body in one line.
func shownText(body []byte) string {
	text := strings.Join(strings.Fields(string(body)), " ")
	if len(text) <= shownBody {
		return text
	}
	cut := shownBody
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// String is the answer in one line for people.
func (a Response) String() string {
	body := shownText(a.Body)
	text := fmt.Sprint(a.Status)
	if mediaType := a.MediaType(); mediaType != "" && mediaType != "application/json" {
		text += " " + mediaType
	}
	switch {
	case a.Truncated:
		return text + " " + a.TooLarge() + ": " + body
	case body == "":
		return text + " with no body"
	default:
		return text + " " + body
	}
}

// TooLarge says that the body is longer than what is read of it.
func (a Response) TooLarge() string { return "the body is " + LargerThan(int64(len(a.Body))) }

// LargerThan says that something is longer than what is read of a response.
func LargerThan(bound int64) string {
	return "larger than " + humanize.IBytes(uint64(bound)) + " (--max-body)"
}
