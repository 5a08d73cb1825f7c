package transport

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// What is in front of a deployment: headers that it asks for, and addresses that are reached in another way.

// addHeaders adds the operator's headers to a request that does not have them itself.
func (t *Transport) addHeaders(r *http.Request) {
	for name, values := range t.headers {
		if r.Header.Get(name) == "" {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
}

// Secrets are the values of the headers, and the password of basic authentication (RFC 7617), by the names under which they are
// shown.
func (o Options) Secrets() map[string]string {
	all := map[string]string{}
	for name, values := range o.Headers {
		variable := "$VEXA_HEADER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		for _, value := range values {
			all[variable] = value
			encoded, basic := strings.CutPrefix(value, "Basic ")
			if text, err := base64.StdEncoding.DecodeString(encoded); basic && err == nil {
				if _, password, ok := strings.Cut(string(text), ":"); ok && password != "" {
					all["$VEXA_BASIC_PASSWORD"] = password
				}
			}
		}
	}
	return all
}

type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// redirected dials another address, or a Unix socket, in the place of some.
func redirected(next dial, to map[string]string) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		other, ok := to[address]
		if !ok {
			return next(ctx, network, address)
		}
		if path, unix := strings.CutPrefix(other, "unix:"); unix {
			return next(ctx, "unix", path)
		}
		return next(ctx, network, other)
	}
}

// direct goes past the proxies of the environment where the operator says how an address is reached.
func direct(proxy func(*http.Request) (*url.URL, error), to map[string]string) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if _, ok := to[HostPort(r.URL)]; ok {
			return nil, nil
		}
		return proxy(r)
	}
}

// HostPort is the address of a URL, with the port of its scheme if it names none.
func HostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
