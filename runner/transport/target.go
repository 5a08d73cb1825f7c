package transport

import (
	"strings"

	"vexa-conformance/spec"
)

// Target is where a deployment is. The admin and agent URLs may be empty: they default to the base URL.
type Target struct {
	// Name is how people call it; empty is the base URL.
	Name                        string
	BaseURL, AdminURL, AgentURL string
	// Dial maps addresses (host:port) that are reached in another way: to another address, or to a Unix socket (unix:/path).
	Dial map[string]string `json:",omitempty"`
	// Hosted says that plan limits apply.
	Hosted bool
	// Reference says that it is the harness's own deployment.
	Reference bool
}

// URL is the base URL of a surface.
func (t Target) URL(s spec.Surface) string {
	switch {
	case s == spec.AdminSurface && t.AdminURL != "":
		return t.AdminURL
	case s == spec.AgentSurface && t.AgentURL != "":
		return t.AgentURL
	default:
		return t.BaseURL
	}
}

// Internal says whether the operator gave the surface a base URL of its own.
func (t Target) Internal(s spec.Surface) bool {
	return strings.TrimSuffix(t.URL(s), "/") != strings.TrimSuffix(t.BaseURL, "/")
}
