package redact

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestEveryFormOfASecret: what a deployment gives back of a key in another form hides it no less.
func TestEveryFormOfASecret(t *testing.T) {
	t.Parallel()
	const secret = "vxa_bot_s3cret/with+signs?"
	r := New(map[string]string{"$KEY": secret})
	for name, form := range map[string]string{
		"itself": secret, "in a query": url.QueryEscape(secret), "in a path": url.PathEscape(secret), "in JSON": quoted(secret),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64 for URLs": base64.URLEncoding.EncodeToString([]byte(secret)),
		"base64, unpadded": base64.RawStdEncoding.EncodeToString([]byte(secret)), "hex": hex.EncodeToString([]byte(secret)),
		"basic": base64.StdEncoding.EncodeToString([]byte("user:" + secret)), "base64 in the midst": base64.StdEncoding.EncodeToString([]byte("ab" + secret + "cd")),
	} {
		said := r.Text("before " + form + " after")
		assert.NotContains(t, said, form[4:len(form)-4], name)
		assert.Contains(t, said, "$KEY", name)
		assert.Regexp(t, "^before .*after$", said, name)
	}
}
