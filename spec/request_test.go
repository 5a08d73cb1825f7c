package spec_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"vexa-conformance/spec"
)

const rightUnit = `{"identity":{"subject":"s","launcher":"l"},"runner":"r","workspaces":[{"id":"w","mode":"ro"}],` +
	`"trigger":"message","start":{"entrypoint":{"inline":"go"}}}`

// TestBodiesOfUnitsAndEvents holds the schemas of unit.v1 and event.v1 against bodies whose one difference is named.
func TestBodiesOfUnitsAndEvents(t *testing.T) {
	t.Parallel()
	c, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		operation, body string
		want            []string
	}{
		"a unit": {"createInvocation", rightUnit, nil},
		"every optional member": {"createInvocation", `{"identity":{"subject":"s","launcher":"l","token":"t"},"runner":"r",
			"workspaces":[{"id":"w","mode":"rw"}],"trigger":"event","start":{"session":{"ref":"x"}},"tools":["a"],
			"context":{"kind":"meeting","meeting":{"id":1},"ref":"r"}}`, nil},
		"an unknown trigger": {"createInvocation", `{"identity":{"subject":"s","launcher":"l"},"runner":"r","workspaces":[{"id":"w","mode":"ro"}],
			"trigger":"manual","start":{"entrypoint":{"inline":"go"}}}`, []string{"body/trigger enum"}},
		"an unknown member": {"createInvocation", `{"identity":{"subject":"s","launcher":"l","x":1},"runner":"r","workspaces":[{"id":"w","mode":"ro"}],
			"trigger":"message","start":{"entrypoint":{"inline":"go"}}}`, []string{"body/identity properties"}},
		"two starts": {"createInvocation", `{"identity":{"subject":"s","launcher":"l"},"runner":"r","workspaces":[{"id":"w","mode":"ro"}],
			"trigger":"message","start":{"entrypoint":{"inline":"go"},"session":{"ref":"x"}}}`, []string{"body/start oneOf"}},
		"no start": {"createInvocation", `{"identity":{"subject":"s","launcher":"l"},"runner":"r","workspaces":[{"id":"w","mode":"ro"}],
			"trigger":"message","start":{}}`, []string{"body/start oneOf"}},
		"an empty entrypoint": {"createInvocation", `{"identity":{"subject":"s","launcher":"l"},"runner":"r","workspaces":[{"id":"w","mode":"ro"}],
			"trigger":"message","start":{"entrypoint":{}}}`, []string{"body/start/entrypoint minProperties"}},
		"no workspace": {"createInvocation", `{"identity":{"subject":"s","launcher":"l"},"runner":"r","workspaces":[],
			"trigger":"message","start":{"entrypoint":{"path":"go"}}}`, []string{"body/workspaces minItems"}},
		"no identity": {"createInvocation", `{"runner":"r","workspaces":[{"id":"w","mode":"ro"}],
			"trigger":"message","start":{"entrypoint":{"path":"go"}}}`, []string{"body/identity required"}},
		"an event":                {"createEvent", `{"name":"n","subject":"s","plan":{"prompt":"p"}}`, nil},
		"an event without a plan": {"createEvent", `{"name":"n","subject":"s"}`, nil},
		"a full event": {"createEvent", `{"name":"n","subject":"s","occurred_at":"2026-01-01T00:00:00Z","source":{"uri":"u","etag":"e"},
			"meeting":{"meeting_id":7,"session_uid":"s","platform":"p"},"plan":{"ref":"r"}}`, nil},
		"an unknown member of an event":      {"createEvent", `{"name":"n","subject":"s","extra":true}`, []string{"body properties"}},
		"a source that is a text":            {"createEvent", `{"name":"n","subject":"s","source":"here"}`, []string{"body/source type"}},
		"a meeting id of a teams form":       {"createBot", `{"platform":"google_meet","native_meeting_id":"1234567890"}`, []string{"body oneOf"}},
		"a teams meeting":                    {"createBot", `{"platform":"teams","native_meeting_id":"1234567890","passcode":"p"}`, nil},
		"a zoom meeting without its address": {"createBot", `{"platform":"zoom","native_meeting_id":"1234567890"}`, []string{"body oneOf"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, i := range c.ValidateRequest(spec.Call{Operation: row.operation, Body: []byte(row.body)}) {
				got = append(got, strings.Join(append([]string{i.In}, i.Path...), "/")+" "+i.Keyword)
			}
			assert.Equal(t, row.want, got)
		})
	}
}

// TestRequests holds parameters, and what is no JSON, against the document.
func TestRequests(t *testing.T) {
	t.Parallel()
	c, err := spec.Load(t.Context(), spec.V012)
	require.NoError(t, err)
	bot := map[string]string{"platform": "zoom", "native_meeting_id": "123456789"}
	for name, row := range map[string]struct {
		call spec.Call
		in   string
	}{
		"right path":              {spec.Call{Operation: "stopBot", Path: bot}, ""},
		"a missing parameter":     {spec.Call{Operation: "stopBot", Path: map[string]string{"platform": "zoom"}}, "path"},
		"an unknown platform":     {spec.Call{Operation: "stopBot", RawPath: "/bots/skype/123"}, "path"},
		"a raw path":              {spec.Call{Operation: "stopBot", RawPath: "/bots/zoom/12%2f3"}, ""},
		"a raw path of elsewhere": {spec.Call{Operation: "stopBot", RawPath: "/elsewhere"}, ""},
		"no number":               {spec.Call{Operation: "getUser", Path: map[string]string{"user_id": "abc"}}, "path"},
		"a page":                  {spec.Call{Operation: "listMeetings", Query: url.Values{"limit": {"50"}, "offset": {"0"}}}, ""},
		"a negative page":         {spec.Call{Operation: "listMeetings", RawQuery: "offset=-1"}, "query"},
		"a wanted query missing":  {spec.Call{Operation: "getWorkspaceFile"}, "query"},
		"an unknown scope":        {spec.Call{Operation: "mintToken", Path: map[string]string{"user_id": "1"}, Query: url.Values{"scopes": {"foo"}}}, "query"},
		"known scopes":            {spec.Call{Operation: "mintToken", Path: map[string]string{"user_id": "1"}, Query: url.Values{"scopes": {"bot,tx"}}}, ""},
		"an unknown scope inside": {spec.Call{Operation: "mintToken", Path: map[string]string{"user_id": "1"}, Body: []byte(`{"scopes":["foo"]}`)}, "body"},
		"no body":                 {spec.Call{Operation: "chat"}, "body"},
		"no JSON":                 {spec.Call{Operation: "chat", Body: []byte(`{"prompt"`)}, "body"},
		"no UTF-8":                {spec.Call{Operation: "chat", Body: []byte("{\"prompt\":\"\xff\"}")}, "body"},
		"another content type":    {spec.Call{Operation: "chat", Body: []byte(`{"prompt":"x"}`), ContentType: "text/plain"}, "body"},
		"no such operation":       {spec.Call{Operation: "none"}, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := c.ValidateRequest(row.call)
			if row.in == "" {
				assert.Empty(t, all)
				return
			}
			require.NotEmpty(t, all)
			assert.Equal(t, row.in, all[0].In, all[0].String())
		})
	}
}
