package cause

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reportedInWords are the expectations that checks report in words, by their clause, up to what differs from run to
// run: those that stand in the checks' source as literals, all of which it returns too.
func reportedInWords(t *testing.T) (words [][2]string, literals []string) {
	t.Helper()
	files, err := filepath.Glob("../../suites/*.go")
	require.NoError(t, err)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok {
				literals = append(literals, literal(text))
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			at := map[string]int{"broken": 2, "unchanged": 2}[nameOfCall(call)]
			if at == 0 || len(call.Args) < at+2 {
				return true
			}
			if expected := literal(call.Args[at+1]); expected != "" {
				words = append(words, [2]string{literal(call.Args[at]), expected})
			}
			return true
		})
	}
	return words, literals
}

func nameOfCall(call *ast.CallExpr) string {
	if name, ok := call.Fun.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// literal is what an expression begins with, if that is a literal or a format.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		text, _, _ = strings.Cut(text, "%")
		return text
	case *ast.BinaryExpr:
		return literal(e.X)
	case *ast.CallExpr:
		if len(e.Args) > 0 {
			return literal(e.Args[0])
		}
	}
	return ""
}

// TestEveryExpectationHasAPhrase: whatever a check of a deployment expects in words, a sentence says plainly what the
// deployment does instead, and no phrase is left over from an expectation that no check has any more.
func TestEveryExpectationHasAPhrase(t *testing.T) {
	t.Parallel()
	words, literals := reportedInWords(t)
	for _, one := range words {
		clause, expected := one[0], one[1]
		if strings.HasPrefix(clause, "client.") || strings.HasPrefix(clause, "handler.") || surfaceClause(clause) || formOfErrors(clause) {
			continue
		}
		known := slices.ContainsFunc(phrases, func(p phrase) bool { return p.clause == clause && strings.HasPrefix(expected, p.expected) })
		if !known && clause != "" { // a constant holds the clauses of programs too
			assert.Contains(t, []string{badInput, outageClause, "scope.matrix"}, clause, "%q has no phrase", expected)
		}
	}
	for _, p := range phrases {
		reported := slices.ContainsFunc(literals, func(text string) bool { return strings.HasPrefix(text, p.expected) })
		assert.True(t, reported, "no check expects %q for %s", p.expected, p.clause)
	}
}

func TestInNumber(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "does not show it", inNumber("does not show it", 1))
	assert.Equal(t, "do not show it", inNumber("does not show it", 2))
	assert.Equal(t, "answer 500", inNumber("answers 500", 3))
	assert.Equal(t, "are", inNumber("is", 3))
}
