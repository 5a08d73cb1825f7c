package transport

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// identity asks for bodies as they are: what is judged is then what was sent. Some proxies compress all the same.
const identity = "identity"

// decode has the body of a response read decoded, as its Content-Encoding says (RFC 9110, section 8.4). The header stays as it came.
func decode(res *http.Response) {
	var codings []string
	for name := range strings.SplitSeq(strings.Join(res.Header.Values("Content-Encoding"), ","), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != identity {
			codings = append(codings, name)
		}
	}
	for _, coding := range slices.Backward(codings) { // they are listed in the order in which they were applied
		res.Body = &decoded{coding: coding, encoded: &source{in: bufio.NewReader(res.Body)}, body: res.Body}
	}
}

// decoded is a body that is decoded while it is read, so that what a server flushes is there at once.
type decoded struct {
	coding  string
	encoded *source
	body    io.Closer
	decoder io.Reader
	release func()
}

// undecodable says that a body is not what its Content-Encoding says. It hides the cause, which would look like a lost connection
// where the body is cut short.
type undecodable struct{ coding, why string }

func (e *undecodable) Error() string {
	return fmt.Sprintf("the body has Content-Encoding: %s and cannot be decoded: %s", e.coding, e.why)
}

// Read decodes on. It reports what the network did to the body.
func (d *decoded) Read(p []byte) (int, error) {
	if d.decoder == nil {
		if _, err := d.encoded.in.Peek(1); err != nil {
			return 0, err // a body without a byte has nothing to decode
		}
		if err := d.open(); err != nil {
			return 0, d.failure(err)
		}
	}
	n, err := d.decoder.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = d.failure(err)
	}
	return n, err
}

func (d *decoded) failure(err error) error {
	if d.encoded.err != nil && !errors.Is(d.encoded.err, io.EOF) {
		return d.encoded.err
	}
	return &undecodable{d.coding, err.Error()}
}

// open makes the decoder once the first byte is there: some read ahead.
func (d *decoded) open() (err error) {
	d.release = func() {}
	switch d.coding {
	case "gzip", "x-gzip":
		d.decoder, err = gzip.NewReader(d.encoded)
	case "deflate":
		d.decoder, err = inflate(d.encoded)
	case "br":
		d.decoder = brotli.NewReader(d.encoded)
	case "zstd":
		// One goroutine, so that each block is there as soon as it has come; the window is the largest that RFC 9659 allows.
		var z *zstd.Decoder
		if z, err = zstd.NewReader(d.encoded, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20)); err == nil {
			d.decoder, d.release = z, z.Close
		}
	default:
		err = errors.New("this coding is not known")
	}
	return err
}

// inflate reads deflate as RFC 9110, section 8.4.1.2 has it, in the zlib format, and without, as some servers send it.
func inflate(in *source) (io.Reader, error) {
	head, err := in.in.Peek(2)
	const method, multiple = 8, 31 // RFC 1950, section 2.2: CM, and FCHECK
	if err == nil && head[0]&0x0f == method && (int(head[0])<<8|int(head[1]))%multiple == 0 {
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// Close closes the body.
func (d *decoded) Close() error {
	if d.release != nil {
		d.release()
		d.release = nil
	}
	return d.body.Close()
}

// source is an encoded body, which remembers how it ended. It is an [io.ByteReader], so that no decoder reads ahead more than
// has come.
type source struct {
	in  *bufio.Reader
	err error
}

// Read reads what has come.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	return n, s.rememberError(err)
}

// ReadByte reads a byte.
func (s *source) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	return b, s.rememberError(err)
}

func (s *source) rememberError(err error) error {
	if err != nil {
		s.err = err
	}
	return err
}
