package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"vexa-conformance/runner/result"
)

// Shortest is what is looked for in texts: a shorter one would be found in every other word. The header that
// carries a credential is replaced whatever its length.
const Shortest = 6

// Redactor replaces secrets by the names of the variables that hold them.
type Redactor struct {
	names    map[string]string // secret → "$NAME"
	replacer *strings.Replacer
}

// forms are a secret as it stands in texts: as it is, in a URL, in JSON, in hex, and in base64, of which there are three
// wherever in a text it begins, since three bytes are four characters there. What it shares with its neighbours is left out.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted(secret), hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		padded := make([]byte, before, before+len(secret))
		padded = append(padded, secret...)
		from, to := (before*8+5)/6, len(padded)*8/6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if text := encoding.EncodeToString(padded); from < to {
				all = append(all, text[from:to])
			}
		}
	}
	return all
}

// New knows each secret in all its forms.
func New(secrets map[string]string) *Redactor {
	r := &Redactor{names: map[string]string{}}
	var known []string
	for name, secret := range secrets {
		r.names[secret] = name
		for _, form := range forms(secret) {
			if len(form) >= Shortest {
				r.names[form] = name
				known = append(known, form)
			}
		}
	}
	// The longest first, so that a secret that begins with another one is replaced as a whole.
	slices.SortFunc(known, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, form := range slices.Compact(known) {
		pairs = append(pairs, form, r.names[form])
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r
}

func quoted(secret string) string {
	b, err := json.Marshal(secret)
	if err != nil {
		return secret
	}
	return strings.Trim(string(b), `"`)
}

// Text replaces the secrets in a text.
func (r *Redactor) Text(s string) string { return r.replacer.Replace(s) }

// credential replaces a whole header value, however short.
func (r *Redactor) credential(value string) string {
	if name, ok := r.names[value]; ok {
		return name
	}
	return r.Text(value)
}

// Headers replaces the secrets in headers, and the whole value of those that carry credentials.
func (r *Redactor) Headers(from map[string][]string, credentials []string) result.Header {
	to := result.Header{}
	for name, values := range from {
		for _, value := range values {
			if slices.Contains(credentials, name) {
				value = r.credential(value)
			} else {
				value = r.Text(value)
			}
			to[name] = append(to[name], value)
		}
	}
	return to
}

// Curl is a command line that sends the request again, with its secrets in the variables that hold them.
func Curl(req result.Request) string {
	parts := []string{"curl", "-sS", "-i"}
	if req.Method != "GET" {
		parts = append(parts, "-X", req.Method)
	}
	parts = append(parts, strings.ReplaceAll(shell(req.URL), WebhookQuery, `'"`+WebhookQuery+`"'`)) // which the shell puts in
	signed := signedWebhook(req)
	names := make([]string, 0, len(req.Headers))
	for name := range req.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range req.Headers[name] {
			switch {
			case name == "User-Agent", signed && (name == webhookTimestamp || name == webhookSignature):
			case value == "":
				parts = append(parts, "-H", shell(name+";")) // curl's way to send a header without a value
			case strings.HasPrefix(strings.TrimPrefix(value, "Bearer "), "$VEXA_"):
				parts = append(parts, "-H", `"`+name+": "+value+`"`)
			default:
				parts = append(parts, "-H", shell(name+": "+value))
			}
		}
	}
	if signed {
		parts = append(parts, signAgain(req.Body)...)
	}
	if req.Body != "" {
		parts = append(parts, "--data-raw", shell(req.Body))
	}
	return strings.Join(parts, " ")
}

// WebhookQuery stands for the query of a receiver's URL.
const WebhookQuery = "$VEXA_WEBHOOK_QUERY"

// The headers that sign a webhook (surface.md, Webhooks).
const (
	webhookTimestamp = "X-Webhook-Timestamp"
	webhookSignature = "X-Webhook-Signature"
)

// signedWebhook says whether a request is signed with the secret of the run, and not with another.
func signedWebhook(req result.Request) bool {
	return len(req.Headers[webhookSignature]) == 1 && slices.Equal(req.Headers["Authorization"], []string{"Bearer $VEXA_WEBHOOK_SECRET"})
}

// signAgain has the shell sign a body as of the time at which it sends it: receivers refuse a signature that is minutes old.
func signAgain(body string) []string {
	return []string{
		"-H", `"` + webhookTimestamp + `: $((at=$(date +%s)))"`,
		"-H", `"` + webhookSignature + `: sha256=$(printf %s.%s "$at" ` + shell(body) + ` | openssl dgst -sha256 -hmac "$VEXA_WEBHOOK_SECRET" -r | cut -c1-64)"`,
	}
}

// shell quotes a text for sh, and for bash where it holds what cannot be printed.
func shell(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString("'")
	return b.String()
}

// Error takes secrets, by the names under which they are shown, out of an error's text; what it wraps stays.
func Error(err error, secrets map[string]string) error {
	return &hidden{err, New(secrets).Text(err.Error())}
}

type hidden struct {
	err  error
	text string
}

func (h *hidden) Error() string { return h.text }

func (h *hidden) Unwrap() error { return h.err }
