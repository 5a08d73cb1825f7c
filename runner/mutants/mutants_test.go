package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/match"
	"golang.org/x/tools/cover"
)

const code = `package p

type T struct{}

const limit = 2 * 3

func (t *T) Grow(n int) int {
	for i := 0; i < n; i++ {
		if n == 7 || -n > limit {
			continue
		}
	}
	return n
}

func Text(a, b string) string { return a + b }
`

// TestMistakes: each operator has its mistakes, named by the function and marked in its expression.
func TestMistakes(t *testing.T) {
	t.Parallel()
	all, err := findIn("p/p.go", []byte(code))
	require.NoError(t, err)
	var got []string
	for _, m := range all {
		got = append(got, m.In+": "+m.Change)
	}
	slices.Sort(got)
	assert.Equal(t, []string{
		"p/p.go T.Grow: -n [> → <=] limit", "p/p.go T.Grow: -n [> → >=] limit", "p/p.go T.Grow: [- →] n", "p/p.go T.Grow: [continue → break]",
		"p/p.go T.Grow: i [++ → --]", "p/p.go T.Grow: i [< → <=] n", "p/p.go T.Grow: i [< → >=] n", "p/p.go T.Grow: n == 7 [|| → &&] -n > limit",
		"p/p.go T.Grow: n [== → !=] 7", "p/p.go Text: a [+ → -] b", "p/p.go: 2 [* → /] 3",
	}, got)
	i := slices.IndexFunc(all, func(m *mutant) bool { return m.Change == "[continue → break]" })
	assert.Equal(t, string(bytes.Replace([]byte(code), []byte("continue"), []byte("break"), 1)), string(all[i].text), "one mistake and nothing else")
	assert.Equal(t, 10, all[i].line)
	_, err = findIn("p/p.go", []byte("no Go"))
	assert.Error(t, err)
}

// TestReached: code in a block that was run; a condition of a switch, which has no block, in a function that was run.
func TestReached(t *testing.T) {
	t.Parallel()
	blocks := []block{
		{"p/p.go", cover.ProfileBlock{StartLine: 10, StartCol: 2, EndLine: 12, EndCol: 3, Count: 1}},
		{"p/p.go", cover.ProfileBlock{StartLine: 14, StartCol: 2, EndLine: 15, EndCol: 3, Count: 0}},
	}
	for name, row := range map[string]struct {
		m    mutant
		want bool
	}{
		"in a block":             {mutant{file: "p/p.go", from: 9, to: 20, line: 11, column: 1}, true},
		"at its first column":    {mutant{file: "p/p.go", from: 9, to: 20, line: 10, column: 2}, true},
		"in one that is not run": {mutant{file: "p/p.go", from: 9, to: 20, line: 14, column: 9}, false},
		"between blocks":         {mutant{file: "p/p.go", from: 9, to: 20, line: 13, column: 7}, true},
		"in another function":    {mutant{file: "p/p.go", from: 21, to: 30, line: 25, column: 7}, false},
		"in another file":        {mutant{file: "p/q.go", from: 9, to: 20, line: 11, column: 1}, false},
		"outside of functions":   {mutant{file: "p/q.go", line: 11, column: 1}, true},
	} {
		assert.Equal(t, row.want, test{blocks: blocks}.reaches(&row.m), name)
	}
}

// TestOrder: what noticed a mistake in the same function is asked first, then what did in the same file, then the shortest.
func TestOrder(t *testing.T) {
	t.Parallel()
	l := &laboratory{killers: map[string]string{}, tests: []test{{name: "TestShort"}, {name: "TestLong"}, {name: "TestLonger"}}}
	l.noticed(&mutant{In: "p/p.go F", file: "p/p.go"}, "TestLong")
	l.noticed(&mutant{In: "p/p.go G", file: "p/p.go"}, "TestLonger")
	for in, want := range map[string][]string{
		"p/p.go F": {"TestLong", "TestLonger", "TestShort"}, "p/p.go G": {"TestLonger", "TestShort", "TestLong"}, "p/p.go H": {"TestLonger", "TestShort", "TestLong"},
	} {
		var got []string
		for _, one := range l.reaching(&mutant{In: in, file: "p/p.go"}) {
			got = append(got, one.name)
		}
		assert.Equal(t, want, got, in)
	}
}

// TestConclude counts, and lets nothing live without a reason, nor a reason without what lives.
func TestConclude(t *testing.T) {
	t.Parallel()
	all := []*mutant{
		{In: "p/p.go F", Change: "a [< → <=] b", outcome: lived}, {In: "p/p.go G", Change: "a [< → <=] b", outcome: unreached},
		{In: "p/p.go F", Change: "a [< → >=] b", outcome: killed}, {outcome: timedOut}, {outcome: invalid},
	}
	for name, row := range map[string]struct {
		reasons     []*reason
		all         bool
		unexplained int
		says        string
	}{
		"no reasons":        {nil, true, 2, "p: 4 mutants: 1 killed, 1 lived, 1 not reached (0 of these with a reason), 1 timed out; 1 more do not compile"},
		"of one":            {[]*reason{{In: "p/p.go F", Change: "a [< → <=] b"}}, true, 1, `- {in: p/p.go G, change: "a [< → <=] b"}`},
		"of both":           {[]*reason{{In: "p/p.go F", Change: "*"}, {In: "p/p.go G", Change: "a [<*"}}, true, 0, "(2 of these with a reason)"},
		"of none":           {[]*reason{{In: "p/p.go F", Change: "b*"}}, true, 3, "excuses p/p.go F, b*, and no such mutant lives"},
		"of another folder": {[]*reason{{In: "p/q/q.go F", Change: "b*"}}, true, 2, "1 killed"},
		"of a part":         {[]*reason{{In: "p/p.go F", Change: "b*"}}, false, 2, "1 killed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			assert.Equal(t, row.unexplained, conclude(&out, "p", all, row.reasons, row.all))
			assert.Contains(t, out.String(), row.says)
		})
	}
}

// module makes a module with a package p, and works in it from then on.
func module(t *testing.T, code, tests string) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("p", 0o700))
	for path, text := range map[string]string{"go.mod": "module m\n\ngo 1.26\n", "p/p.go": code, "p/p_test.go": tests} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// TestAPackage mutates one whose tests notice one mistake and leave another alive; a third does not compile.
func TestAPackage(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds packages")
	}
	module(t, "package p\n\nfunc Max(a, b int) int {\n\tif a > b {\n\t\treturn a\n\t}\n\treturn b\n}\n\nfunc Join(a, b string) string { return a + b }\n",
		"package p\n\nimport \"testing\"\n\nfunc TestMax(t *testing.T) {\n\tif Max(1, 2) != 2 || Max(2, 1) != 2 {\n\t\tt.Error()\n\t}\n}\n")
	var out bytes.Buffer
	err := run(t.Context(), []string{"./p"}, &out)
	require.ErrorContains(t, err, "1 mutants live")
	assert.Contains(t, out.String(), `without a reason: - {in: p/p.go Max, change: "a [> → >=] b"}`)
	assert.Contains(t, out.String(), "p: 2 mutants: 1 killed, 1 lived, 0 not reached (0 of these with a reason), 0 timed out; 1 more do not compile")
	assert.Error(t, run(t.Context(), []string{"-without", "(", "./p"}, &out), "no regular expression")
	out.Reset()
	require.Error(t, run(t.Context(), []string{"-without", "^TestM", "./p"}, &out))
	assert.Contains(t, out.String(), "p: 2 mutants: 0 killed, 0 lived, 2 not reached", "no test is left to notice anything")
	_, err = find("nowhere", "")
	assert.ErrorContains(t, err, "nowhere")
	require.ErrorContains(t, run(t.Context(), []string{"p/p.go"}, &out), "1 mutants live", "one file of it")
	assert.ErrorContains(t, run(t.Context(), []string{"-in", "Min", "p"}, &out), `nothing to mutate in functions whose name has "Min"`)
	assert.Error(t, run(t.Context(), nil, &out), "a run of nothing is none")
	out.Reset()
	require.NoError(t, os.WriteFile("p/p_test.go", []byte("package p\n"), 0o600))
	require.Error(t, run(t.Context(), []string{"-verbose", "-in", "Max", "p"}, &out))
	assert.Contains(t, out.String(), "p: 2 mutants: 0 killed, 0 lived, 2 not reached")
	require.NoError(t, os.WriteFile("p/p_test.go", []byte("package p\n\nimport \"testing\"\n\nfunc TestFails(t *testing.T) { t.Fail() }\n"), 0o600))
	assert.ErrorContains(t, run(t.Context(), []string{"p"}, &out), "TestFails of p does not pass")
}

// TestATestThatFailsOnce has noticed nothing.
func TestATestThatFailsOnce(t *testing.T) {
	module(t, "package p\n\nfunc Same(a, b int) bool { return a == b }\n",
		"package p\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestSame(t *testing.T) {\n\tif !Same(1, 1) && os.Mkdir(\"once\", 0o700) == nil {\n\t\tt.Error()\n\t}\n}\n")
	var out bytes.Buffer
	require.Error(t, run(t.Context(), []string{"./p"}, &out))
	assert.Contains(t, out.String(), "p: 1 mutants: 0 killed, 1 lived")
	assert.DirExists(t, "p/once", "it did fail")
}

// TestATestThatHangs is ended with what it started.
func TestATestThatHangs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hangs")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\nsleep 60 &\nwait\n"), 0o700))
	assert.Equal(t, string(timedOut), execute(t.Context(), path, ".", "TestX", 50*time.Millisecond))
	assert.Empty(t, execute(t.Context(), "true", ".", "TestX", time.Minute))
	assert.Equal(t, "exit status 1", execute(t.Context(), "false", ".", "TestX", time.Minute))
}

// TestReasonsAreOfTheCode: each reason is about a mutant that the code has.
func TestReasonsAreOfTheCode(t *testing.T) {
	all, err := readReasons()
	require.NoError(t, err)
	t.Chdir("../..")
	for _, r := range all {
		path, _, _ := strings.Cut(r.In, " ")
		mutants, err := find(path, "")
		require.NoError(t, err, r.In)
		assert.True(t, slices.ContainsFunc(mutants, func(m *mutant) bool { return m.In == r.In && match.Match(m.Change, r.Change) }), "%s, %s", r.In, r.Change)
	}
}
