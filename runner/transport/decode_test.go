package transport

import (
	"bytes"
	"compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/runner/sse"
	"vexa-conformance/spec"
)

// encoder is a writer that can send what it has.
type encoder interface {
	io.WriteCloser
	Flush() error
}

func encoders(t *testing.T) map[string]func(io.Writer) encoder {
	t.Helper()
	return map[string]func(io.Writer) encoder{
		"gzip":    func(w io.Writer) encoder { return gzip.NewWriter(w) },
		"x-gzip":  func(w io.Writer) encoder { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) encoder { return zlib.NewWriter(w) },
		"Deflate": func(w io.Writer) encoder { // raw, as some servers send it
			e, err := flate.NewWriter(w, flate.BestSpeed)
			require.NoError(t, err)
			return e
		},
		"br": func(w io.Writer) encoder { return brotli.NewWriter(w) },
		"zstd": func(w io.Writer) encoder {
			e, err := zstd.NewWriter(w)
			require.NoError(t, err)
			return e
		},
	}
}

func encode(t *testing.T, coding, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	e := encoders(t)[coding](&b)
	_, err := io.WriteString(e, text)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	return b.Bytes()
}

// serving is a transport to a server.
func serving(t *testing.T, h http.HandlerFunc) *Transport {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s := New(referencetest.Contract(t, spec.V012), Options{Target: Target{BaseURL: server.URL}, Timeout: 5 * time.Second, MaxBody: 1 << 20})
	t.Cleanup(s.Close)
	return s
}

// TestCompression: no coding is asked for; what comes in one all the same is decoded, and what is none is said to be so.
func TestCompression(t *testing.T) {
	t.Parallel()
	const text = `{"detail":"Meeting not found"}`
	gz := encode(t, "gzip", text)
	twice := func() []byte { return encode(t, "br", string(gz)) }
	type row struct {
		codings []string
		body    []byte
		want    string
		says    string
	}
	rows := map[string]row{
		"none":                     {nil, []byte(text), text, ""},
		"identity":                 {[]string{"identity"}, []byte(text), text, ""},
		"two, in a list":           {[]string{"gzip, br"}, twice(), text, ""},
		"two, in lines":            {[]string{"GZIP", "br"}, twice(), text, ""},
		"gzip without a body":      {[]string{"gzip"}, nil, "", ""},
		"gzip that is none":        {[]string{"gzip"}, []byte(text), "", "the body has Content-Encoding: gzip and cannot be decoded"},
		"gzip cut short":           {[]string{"gzip"}, gz[:len(gz)/2], "", "the body has Content-Encoding: gzip and cannot be decoded"},
		"deflate that is none":     {[]string{"deflate"}, []byte(text), "", "the body has Content-Encoding: deflate and cannot be decoded"},
		"br that is none":          {[]string{"br"}, []byte(text), "", "the body has Content-Encoding: br and cannot be decoded"},
		"zstd that is none":        {[]string{"zstd"}, []byte(text), "", "the body has Content-Encoding: zstd and cannot be decoded"},
		"a coding that nobody has": {[]string{"compress"}, []byte(text), "", "the body has Content-Encoding: compress and cannot be decoded: this coding is not known"},
	}
	for coding := range encoders(t) {
		rows[coding] = row{[]string{coding}, encode(t, coding, text), text, ""}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			s := serving(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				assert.Equal(t, []string{"identity"}, r.Header["Accept-Encoding"])
				w.Header()["Content-Encoding"] = row.codings
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(row.body)
			})
			e := s.Do(t.Context(), Request{Call: spec.Call{Operation: "getMe", Fuzz: true}, Check: "auth/a", Credential: "key"}, Observer{})
			a, err := e.Response, e.Err
			if row.says != "" {
				require.ErrorContains(t, err, row.says)
				assert.Equal(t, 1, asked, "the network lost nothing")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, string(a.Body))
			assert.Equal(t, strings.Join(row.codings, "\n"), strings.Join(a.Header.Values("Content-Encoding"), "\n"), "what was sent is seen")
		})
	}
}

// TestDecodedBodiesAreBounded: --max-body counts what a body decodes to.
func TestDecodedBodiesAreBounded(t *testing.T) {
	t.Parallel()
	for coding := range encoders(t) {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			bomb := encode(t, coding, strings.Repeat("0", 4<<20))
			require.Less(t, len(bomb), 64<<10)
			s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				_, _ = w.Write(bomb)
			})
			e := s.Do(t.Context(), Request{Call: spec.Call{Operation: "getMe", Fuzz: true}, Check: "auth/a", Credential: "key"}, Observer{})
			a, err := e.Response, e.Err
			require.NoError(t, err)
			assert.True(t, a.Truncated)
			assert.Len(t, a.Body, 1<<20)
		})
	}
}

// TestCompressedStreams: each event is there once the server has flushed it, before the next one is sent.
func TestCompressedStreams(t *testing.T) {
	t.Parallel()
	for coding, encode := range encoders(t) {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			seen := make(chan struct{})
			s := serving(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				w.Header().Set("Content-Type", "text/event-stream")
				e := encode(w)
				for range 3 {
					_, err := io.WriteString(e, "data: {}\n\n")
					assert.NoError(t, err)
					assert.NoError(t, e.Flush())
					assert.NoError(t, http.NewResponseController(w).Flush())
					select {
					case <-seen:
					case <-r.Context().Done():
						return
					case <-time.After(5 * time.Second):
						t.Error("what was flushed is not seen")
						return
					}
				}
				assert.NoError(t, e.Close())
			})
			sent, body := s.Stream(t.Context(), Request{Call: spec.Call{Operation: "getMe"}, Check: "stream/a", Credential: "key"}, Observer{})
			require.NoError(t, sent.Err)
			defer func() { assert.NoError(t, body.Close()) }()
			events := sse.NewReader(body)
			for range 3 {
				item, err := events.Next()
				require.NoError(t, err)
				assert.Equal(t, "{}", item.Text)
				seen <- struct{}{}
			}
			_, err := events.Next()
			assert.ErrorIs(t, err, io.EOF)
		})
	}
}
