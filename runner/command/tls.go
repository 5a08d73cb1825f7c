package command

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"slices"

	"vexa-conformance/runner/plan"
	"vexa-conformance/spec"
)

// trust are the flags for a target with a private authority, or one that its name does not lead to.
type trust struct {
	Resolve    list   `env:"VEXA_RESOLVE" placeholder:"HOST:PORT:ADDR" help:"Connect to ADDR in place of HOST:PORT; repeatable."`
	CA         string `name:"ca" env:"VEXA_CA" type:"path" placeholder:"FILE" help:"Certificates (PEM) of the authorities to trust."`
	ClientCert string `name:"client-cert" env:"VEXA_CLIENT_CERT" type:"path" placeholder:"FILE" help:"Client certificate to present (PEM, with its key)."`
}

// tls is how the target's certificate is checked, and which one is shown to it; nil is the system's way.
func (o *trust) tls() (*tls.Config, error) {
	if o.CA == "" && o.ClientCert == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		text, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, mistake("--ca: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool() // a system without any: the file's are all there are
		}
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, mistake("--ca %s: contains no certificate (PEM)", o.CA)
		}
	}
	if o.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(o.ClientCert, o.ClientCert)
		if err != nil {
			return nil, mistake("--client-cert %s: give one PEM file with the certificate and its key: %w", o.ClientCert, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// checkHas refuses a claim of what no edition has.
func checkHas(has []string, contracts []*spec.Contract) error {
	var known []string
	for _, contract := range contracts {
		known = append(known, contract.Capabilities()...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, name := range has {
		if !slices.Contains(known, name) {
			return mistake("has: no edition knows %q%s", name, plan.Suggestion(name, known))
		}
	}
	return nil
}
