package command

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateConfiguration = flag.Bool("update", false, "rewrite the tables of docs/configuration.md")

const configurationPage = "../../docs/configuration.md"

// generated is a part of the page that stands between its marks.
var generated = regexp.MustCompile(`(?s)(<!-- generated: (\w+) -->\n).*?(<!-- end -->)`)

// TestConfigurationPage: docs/configuration.md lists every flag, variable and key as the structs declare them.
func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	s := &env{stdout: &output{to: io.Discard}, stderr: io.Discard}
	parser, err := s.parser(t.Context())
	require.NoError(t, err)
	parts := map[string]string{"file": keysTable(reflect.TypeFor[extra]())}
	for _, command := range parser.Model.Children {
		parts[command.Name] = flagsTable(command)
	}
	is, err := os.ReadFile(configurationPage)
	require.NoError(t, err)
	used := map[string]bool{}
	want := generated.ReplaceAllStringFunc(string(is), func(part string) string {
		found := generated.FindStringSubmatch(part)
		used[found[2]] = true
		return found[1] + parts[found[2]] + found[3]
	})
	for name, part := range parts {
		assert.True(t, used[name] || part == "", "the page has no part for %s", name)
	}
	if *updateConfiguration {
		require.NoError(t, os.WriteFile(configurationPage, []byte(want), 0o644))
	}
	assert.Equal(t, want, string(is), "docs/configuration.md is not current: run this test with -update")
}

// flagsTable has a row for each flag of a command.
func flagsTable(command *kong.Node) string {
	var b strings.Builder
	for _, f := range command.Flags {
		if f.Name == "help" || f.Name == "version" {
			continue
		}
		name := "`--" + f.Name + "`"
		if f.Short != 0 {
			name += ", `-" + string(f.Short) + "`"
		}
		variables := ""
		if len(f.Envs) > 0 {
			variables = "`" + strings.Join(f.Envs, "`, `") + "`"
		}
		row(&b, name, variables, f.Help)
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n| flag | variable | what it does |\n|---|---|---|\n" + b.String() + "\n"
}

// keysTable has a row for each key that only the file has.
func keysTable(t reflect.Type) string {
	var b strings.Builder
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous || strings.Contains(f.Tag.Get("yaml"), "inline") {
				add(f.Type)
				continue
			}
			variable := ""
			if env := f.Tag.Get("env"); env != "" {
				variable = "`" + env + "`"
			}
			row(&b, "`"+f.Tag.Get("yaml")+"`", variable, f.Tag.Get("doc"))
		}
	}
	add(t)
	return "\n| key | variable | what it is |\n|---|---|---|\n" + b.String() + "\n"
}

func row(b *strings.Builder, cells ...string) {
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// TestConfigurationExamples reads each YAML example of the documents as a file for --config.
func TestConfigurationExamples(t *testing.T) {
	t.Parallel()
	s := &env{stdout: &output{to: io.Discard}, stderr: io.Discard}
	parser, err := s.parser(t.Context())
	require.NoError(t, err)
	text, err := os.ReadFile(configurationPage)
	require.NoError(t, err)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	assert.NotEmpty(t, examples)
	for _, example := range examples {
		path := filepath.Join(t.TempDir(), "vexa.yaml")
		require.NoError(t, os.WriteFile(path, []byte(example[1]), 0o600))
		assert.NoError(t, new(file).load(parser.Model, []string{"--config", path}), example[1])
	}
}

// TestEveryFlagHasHelp, and every key of the file has its text.
func TestEveryFlagHasHelp(t *testing.T) {
	t.Parallel()
	s := &env{stdout: &output{to: io.Discard}, stderr: io.Discard}
	parser, err := s.parser(t.Context())
	require.NoError(t, err)
	for _, command := range parser.Model.Children {
		assert.NotEmpty(t, command.Help, command.Name)
		for _, f := range command.Flags {
			assert.True(t, strings.HasSuffix(f.Help, "."), "%s --%s: %q", command.Name, f.Name, f.Help)
		}
	}
	keys := keysTable(reflect.TypeFor[extra]())
	assert.False(t, slices.ContainsFunc(strings.Split(keys, "\n"), func(line string) bool { return strings.HasSuffix(line, "|  |") }), keys)
}
