package command

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode"

	"vexa-conformance/runner/transport"

	"github.com/alecthomas/kong"
	"golang.org/x/net/http/httpguts"
)

// cleanEnvironment reads the variables of the program kindly: a CI passes a secret that it does not have as an empty variable, and a
// Windows .env leaves a carriage return. An empty one is unset. VEXA_BASE_URL is the exception: without a target the reference is
// tested, which passes, so an empty target must be an error.
func cleanEnvironment() error {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		trimmed := strings.TrimSpace(value)
		if !strings.HasPrefix(name, "VEXA_") {
			continue
		}
		if trimmed == "" && name != "VEXA_BASE_URL" {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		} else if trimmed != value {
			if err := os.Setenv(name, trimmed); err != nil {
				return err
			}
		}
	}
	return nil
}

// list is a flag of several values: separated by commas or lines, with spaces around them, or given again. Empty ones are left out.
type list []string

// Decode adds the values of one flag, variable or key.
func (l *list) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("list", &text); err != nil {
		return err
	}
	for item := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if item = strings.TrimSpace(item); item != "" {
			*l = append(*l, item)
		}
	}
	return nil
}

// checkURL cleans a base URL, and finds what cannot be meant. It takes away what people leave around it: spaces, and a ? or # with
// nothing after it. No error shows a user or a password.
func checkURL(flag string, given *string) error {
	*given = strings.TrimRight(strings.TrimSpace(*given), "?#")
	for _, r := range *given {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return mistake("%s contains %q, which is not allowed in a URL: remove it", flag, r)
		}
	}
	if path, ok := strings.CutPrefix(*given, "unix://"); ok || *given == "" {
		if ok && !strings.HasPrefix(path, "/") {
			return mistake("%s %s: give the absolute path of the socket, as in unix:///run/vexa.sock", flag, *given)
		}
		return nil
	}
	bare, _ := splitUser(*given)
	u, err := url.Parse(bare)
	switch {
	case strings.Contains(bare, "@"): // also if it is not a URL otherwise, since errors show it
		return mistake("%s contains an @ outside of user:password@: write it as %%40", flag)
	case strings.Count(bare, ":") > 2 && !strings.Contains(bare, "["):
		return mistake("%s %s is not a URL: put an IPv6 address in brackets, as in http://[::1]:18056", flag, shown(bare))
	case err != nil:
		return mistake("%s is not a URL: give it as http://host:port", flag) // the error itself repeats it, and what it may hold
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return mistake("%s %s is not the URL of a deployment: give it with http:// or https:// and a host", flag, shown(bare))
	case u.RawQuery != "" || u.Fragment != "":
		return mistake("%s has a query or a fragment, which may hold a key: give only the base URL", flag)
	}
	return nil
}

// splitUser takes user:password@ out of a base URL.
func splitUser(given string) (string, *url.Userinfo) {
	u, err := url.Parse(given)
	if err != nil || u.User == nil {
		return given, nil
	}
	user := u.User
	u.User = nil
	return u.String(), user
}

// readTarget is the target that the options name. What its URLs say of users becomes a header of the file's.
func (o *options) readTarget(f *file) (transport.Target, error) {
	t := transport.Target{Hosted: o.Hosted, Dial: map[string]string{}}
	if err := f.readHeaders(); err != nil {
		return t, err
	}
	for _, given := range []struct {
		flag, host, url string
		into            *string
	}{{"--target", "vexa", o.Target, &t.BaseURL}, {"--admin-url", "admin", o.AdminURL, &t.AdminURL}, {"--agent-url", "agent", o.AgentURL, &t.AgentURL}} {
		if path, ok := strings.CutPrefix(given.url, "unix://"); ok {
			host := given.host + ".localhost" // which no name server knows (RFC 6761, section 6.3)
			*given.into, t.Dial[host+":80"] = "http://"+host, "unix:"+path
			if given.flag == "--target" {
				t.Name = given.url
			}
			continue
		}
		bare, user := splitUser(given.url)
		if *given.into = bare; user != nil {
			if err := f.authenticate(given.flag, user); err != nil {
				return t, err
			}
		}
	}
	for _, one := range o.Resolve {
		parts := strings.SplitN(one, ":", 3)
		if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			return t, mistake("--resolve %s: give it as HOST:PORT:ADDR, such as vexa.example.com:443:10.0.0.7", one)
		}
		t.Dial[net.JoinHostPort(parts[0], parts[1])] = net.JoinHostPort(strings.Trim(parts[2], "[]"), parts[1])
	}
	return t, nil
}

const headerVariable = "VEXA_HEADER_"

// readHeaders reads the headers of the file and the environment, which wins.
func (f *file) readHeaders() error {
	f.headers = http.Header{}
	for name, value := range f.extra.Headers {
		f.headers.Set(name, strings.TrimSpace(value))
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if name, ok := strings.CutPrefix(name, headerVariable); ok && name != "" {
			f.headers.Set(strings.ReplaceAll(name, "_", "-"), value)
		}
	}
	for name, values := range f.headers {
		switch {
		case name == "X-Api-Key" || name == "X-Admin-Api-Key":
			return mistake("headers: %s is a credential of the deployment: set VEXA_API_KEY or VEXA_ADMIN_TOKEN", name)
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(values[0]):
			return mistake("headers: %q is not an HTTP header, or its value contains a control character", name)
		}
	}
	return nil
}

// authenticate adds the header of basic authentication.
func (f *file) authenticate(flag string, user *url.Userinfo) error {
	password, _ := user.Password()
	request := http.Request{Header: http.Header{}}
	request.SetBasicAuth(user.Username(), password)
	header := request.Header.Get("Authorization")
	if other := f.headers.Get("Authorization"); other != "" && other != header {
		return mistake("%s names a user, and another one or the header Authorization is given too: give one", flag)
	}
	f.headers.Set("Authorization", header)
	return nil
}
