package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
	"vexa-conformance/spec"
)

const (
	overlayHead = "overlay: 1.0.0\ninfo: {title: House rules, version: 1.2.0}\nactions:\n"
	houseRules  = overlayHead + "  - target: $.components.examples['auth.missing-key'].value\n    update: {detail: 'no key, no service'}\n"
	// theFork has a route that Vexa does not have, which answers as the page says of all routes.
	theFork = overlayHead + `  - target: $.paths
    update:
      /summaries/{platform}/{native_meeting_id}:
        get:
          operationId: getSummary
          security: [{ApiKey: []}]
          x-scopes: [tx]
          parameters:
            - $ref: '#/components/parameters/platform'
            - $ref: '#/components/parameters/native_meeting_id'
          responses:
            '200': {description: the summary}
            '401': {$ref: '#/components/responses/Unauthorized'}
            '403': {$ref: '#/components/responses/Forbidden'}
            default: {$ref: '#/components/responses/Problem'}
`
)

func overlayFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestContract: the document of each edition is complete, as YAML and as JSON, and takes an overlay.
func TestContract(t *testing.T) {
	t.Parallel()
	own := overlayFile(t, houseRules)
	for _, r := range spec.Revisions() {
		for _, format := range []string{"yaml", "json"} {
			code, out, stderr := run(t, nil, "contract", "--edition", string(r.Edition), "--format", format, "--contract", own)
			require.Equal(t, 0, code, stderr)
			doc, err := openapi3.NewLoader().LoadFromData([]byte(out))
			require.NoError(t, err)
			assert.Equal(t, "3.0.3", doc.OpenAPI)
			assert.Equal(t, "Vexa, documented error contract "+string(r.Edition), doc.Info.Title)
			assert.Equal(t, format == "json", gjson.Valid(out))
			assert.Contains(t, out, "no key, no service")
		}
	}
	code, out, _ := run(t, nil, "contract", "--edition", "0.12.9")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "error contract v0.12.23")
}

// TestContractMistakes are one line each, and name the file and what in it is wrong.
func TestContractMistakes(t *testing.T) {
	t.Parallel()
	for says, text := range map[string]string{
		"begin it with overlay: 1.0.0": "a: b\n",
		"read the overlay":             "a: [",
		"has no actions":               "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions: []\n",
		"title must be defined":        "overlay: 1.0.0\nactions: []\n",
		"own.yaml to v0.12: apply the overlay: the target $.nowhere matches nothing": overlayHead + "  - {target: $.nowhere, remove: true}\n",
		"read the target $.paths[(":                             overlayHead + "  - {target: '$.paths[(', remove: true}\n",
		"validate the document of v0.12":                        overlayHead + "  - {target: $.info, remove: true}\n",
		`named after the clause "auth.mising-key"`:              overlayHead + "  - {target: \"$.components.responses.Unauthorized.content['application/json'].examples\", update: {auth.mising-key: {value: {detail: x}}}}\n",
		"getMe is x-unjudged and names clauses":                 overlayHead + "  - {target: \"$.paths['/auth/me'].get\", update: {x-unjudged: true}}\n",
		`there is no effect "nothing": use observe`:             overlayHead + "  - {target: \"$.paths['/bots'].post\", update: {x-effect: nothing}}\n",
		"it removes getMe (GET /auth/me), which checks request": overlayHead + "  - {target: \"$.paths['/auth/me']\", remove: true}\n",
	} {
		path := overlayFile(t, text)
		code, _, stderr := run(t, nil, "contract", "--edition", "v0.12", "--contract", path)
		assert.Equal(t, 2, code, stderr)
		assert.Contains(t, stderr, says)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	path := overlayFile(t, "a: b\n")
	for _, args := range [][]string{{"run"}, {"list"}, {"explain", "auth.missing-key"}} {
		code, _, stderr := run(t, nil, append(args, "--edition", "v0.12", "--contract", path)...)
		assert.Equal(t, 2, code, stderr)
		assert.Contains(t, stderr, "begin it with overlay: 1.0.0")
	}
	code, _, stderr := run(t, nil, "contract")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "name one edition with --edition: v0.10, v0.10.6")
	code, _, stderr = run(t, nil, "contract", "--edition", "v0.12", "--contract", filepath.Join(t.TempDir(), "absent.yaml"))
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "absent.yaml: no such file")
}

// TestOwnContract: a run judges by the operator's contract, and every report names it.
func TestOwnContract(t *testing.T) {
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12"})
	own := overlayFile(t, houseRules)
	folder := t.TempDir()
	args := []string{"run", "--target", d.BaseURL, "--only", "auth.missing-key", "--contract", own}
	for _, format := range []string{"json", "junit", "markdown", "html", "har"} {
		args = append(args, "--report", format+"="+filepath.Join(folder, format))
	}
	code, out, stderr := run(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken, "VEXA_ADMIN_URL=" + d.AdminURL, "VEXA_AGENT_URL=" + d.AgentURL}, args...)
	require.Equal(t, 1, code, out+stderr)
	flat := strings.Join(strings.Fields(out), " ")
	assert.Contains(t, flat, `changed by the contract own.yaml ("House rules" 1.2.0, sha256 `)
	assert.Contains(t, flat, `own.yaml changes what is expected: 401 {"detail": "no key, no service"}.`)
	for _, format := range []string{"json", "junit", "markdown", "html", "har"} {
		text, err := os.ReadFile(filepath.Join(folder, format))
		require.NoError(t, err)
		assert.Contains(t, string(text), "own.yaml", format)
		if format == "json" {
			keepsToSchema(t, text)
			assert.Equal(t, "House rules", gjson.GetBytes(text, "contract.title").String()+gjson.GetBytes(text, "runs.0.contract.title").String())
		}
	}
}

// TestContractOfAFork: the route of a fork gets the checks that hold of all routes, and is judged by its own document.
func TestContractOfAFork(t *testing.T) {
	t.Parallel()
	own := overlayFile(t, theFork)
	code, out, stderr := run(t, nil, "list", "--edition", "v0.12.23", "--contract", own)
	require.Equal(t, 0, code, stderr)
	for _, check := range []string{"auth/missing-key/getSummary", "auth/unknown-key/getSummary", "scope/denied/getSummary/bot", "scope/matrix/getSummary/tx"} {
		assert.Contains(t, out, check)
	}
	code, out, stderr = run(t, nil, "list", "--coverage", "--edition", "v0.12.23", "--contract", own)
	require.Equal(t, 0, code, stderr)
	assert.Regexp(t, `GET /summaries/\S+ +401 +auth.missing-key`, out)
	code, out, _ = run(t, nil, "run", "--edition", "v0.12.23", "--contract", own, "--only", "*getSummary*")
	assert.Equal(t, 4, code, out)
	assert.Contains(t, out, "not implemented here: GET /summaries/{platform}/{native_meeting_id}")
}

// TestContractForOtherTools: a validator and a generator of other makers take the document of each edition.
func TestContractForOtherTools(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.CommandContext(t.Context(), python, "-c", "import openapi_spec_validator, openapi_python_client").Run()
	}
	if err != nil {
		t.Skipf("no python3 with openapi-spec-validator and openapi-python-client: %v", err)
	}
	for _, r := range spec.Revisions() {
		t.Run(string(r.Edition), func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(t, nil, "contract", "--edition", string(r.Edition))
			require.Equal(t, 0, code, stderr)
			folder := t.TempDir()
			document := filepath.Join(folder, "vexa.yaml")
			require.NoError(t, os.WriteFile(document, []byte(out), 0o600))
			said, err := exec.CommandContext(t.Context(), python, "-m", "openapi_spec_validator", document).CombinedOutput()
			require.NoError(t, err, string(said))
			client := filepath.Join(folder, "client")
			said, err = exec.CommandContext(t.Context(), python, "-m", "openapi_python_client", "generate", "--meta", "none",
				"--path", document, "--output-path", client).CombinedOutput()
			require.NoError(t, err, string(said))
			calls, err := filepath.Glob(filepath.Join(client, "api", "*", "create_bot.py"))
			require.NoError(t, err)
			require.Len(t, calls, 1, string(said))
			byClient, err := os.ReadFile(calls[0])
			require.NoError(t, err)
			assert.Contains(t, string(byClient), `"method": "post"`)
			assert.Contains(t, string(byClient), `"url": "/bots"`)
		})
	}
}
