package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allowedImports are the packages of this module that each package may import: data flows one way, from the contract to the
// reports. docs/architecture.md draws it.
func allowedImports() map[string]string {
	return map[string]string{
		".":                                "runner/command",
		"spec":                             "",
		"fixtures":                         "spec",
		"fixtures/clients":                 "",
		"fixtures/clients/caller":          "fixtures/clients",
		"fixtures/clients/receiver":        "fixtures/clients",
		"fixtures/clients/retryablehttp":   "",
		"fixtures/clients/clientstest":     "runner/result",
		"fixtures/reference":               "spec",
		"fixtures/reference/referencetest": "fixtures/reference spec",
		"fixtures/script":                  "fixtures fixtures/reference spec",
		"fixtures/wire":                    "spec",
		"suites":                           "fixtures fixtures/script spec",
		"reports":                          "runner/result",
		"runner/result":                    "",
		"runner/sse":                       "",
		"runner/parallel":                  "",
		"runner/process":                   "",
		"runner/textfile":                  "",
		"runner/redact":                    "runner/result",
		"runner/cause":                     "runner/result",
		"runner/transport":                 "runner/parallel spec",
		"runner/transport/transporttest":   "",
		"runner/journal":                   "fixtures runner/transport spec",
		"runner/plan":                      "fixtures runner/cause runner/result runner/textfile spec suites",
		"runner/record":                    "fixtures runner/plan runner/redact runner/result runner/transport spec suites",
		"runner":                           "runner/cause runner/parallel runner/plan runner/record runner/redact runner/result spec suites",
		"runner/deployment":                adapter + " runner/journal runner/sse",
		"runner/client":                    adapter + " fixtures/script",
		"runner/webhook":                   adapter,
		"runner/detect":                    "fixtures runner/deployment runner/result runner/transport spec",
		"runner/doctor":                    "fixtures runner/deployment runner/parallel runner/result runner/sse runner/transport spec",
		"runner/gotest":                    "fixtures runner/deployment runner/detect runner/plan runner/transport spec suites",
		"runner/prove":                     "fixtures fixtures/reference fixtures/wire runner/deployment runner/parallel runner/plan runner/result runner/transport spec suites",
		"runner/command":                   "*",
	}
}

// adapter is what the packages of those who are judged import.
const adapter = "fixtures runner runner/parallel runner/plan runner/process runner/record runner/redact runner/result runner/transport spec suites"

// TestLayout: no package imports one that the flow does not allow.
func TestLayout(t *testing.T) {
	t.Parallel()
	const module = "vexa-conformance"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(strings.TrimPrefix(words[0], module), "/")
		if name == "" {
			name = "."
		}
		allowed, ok := allowedImports()[name]
		assert.True(t, ok, "%s is a new package: say here and in docs/architecture.md what it imports", name)
		for _, path := range words[1:] {
			own, inModule := strings.CutPrefix(path, module+"/")
			if inModule && allowed != "*" {
				assert.True(t, slices.Contains(strings.Fields(allowed), own), "%s must not import %s", name, own)
			}
		}
	}
}
