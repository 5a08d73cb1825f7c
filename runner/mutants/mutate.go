package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// mutant is a small mistake, and what became of it.
type mutant struct {
	// In is the file and the function, "spec/call.go Answer.String"; Change is the code with the mistake marked in it.
	In, Change string

	file         string
	line, column int
	// from and to are the lines of the function that it is in, 0 where it is in none.
	from, to int
	// text is the file with the mistake in it.
	text    []byte
	outcome outcome
	// by is the test that noticed.
	by string
}

// mistakes are what is put in an operator's place.
var mistakes = map[token.Token][]token.Token{
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.INC: {token.DEC}, token.DEC: {token.INC},
	token.BREAK: {token.CONTINUE}, token.CONTINUE: {token.BREAK},
}

// find lists the mistakes that can be made in a package, or in a file of it, in the functions that the filter names.
func find(path, filter string) ([]*mutant, error) {
	paths := []string{path}
	if filepath.Ext(path) != ".go" {
		var err error
		if paths, err = filepath.Glob(filepath.Join(path, "*.go")); err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("%s: there is no package in this folder (%v)", path, err)
		}
	}
	var all []*mutant
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the package: %w", err)
		}
		found, err := findIn(path, text)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if strings.Contains(m.In, filter) {
				all = append(all, m)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has nothing to mutate in functions whose name has %q", path, filter)
	}
	return all, nil
}

func findIn(path string, text []byte) ([]*mutant, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("read the package: %w", err)
	}
	var all []*mutant
	for _, decl := range file.Decls {
		base := mutant{In: path, file: path}
		if f, ok := decl.(*ast.FuncDecl); ok {
			base.In += " " + nameOf(f)
			base.from, base.to = files.Position(f.Pos()).Line, files.Position(f.End()).Line
		}
		add := func(at token.Pos, old, mistake, before, after string) {
			m, place := base, files.Position(at)
			m.line, m.column = place.Line, place.Column
			m.Change = strings.Join(strings.Fields(before+" ["+strings.TrimSpace(old+" → "+mistake)+"] "+after), " ")
			m.text = bytes.Join([][]byte{text[:place.Offset], text[place.Offset+len(old):]}, []byte(mistake))
			all = append(all, &m)
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				for _, mistake := range mistakes[n.Op] {
					add(n.OpPos, n.Op.String(), mistake.String(), source(files, n.X), source(files, n.Y))
				}
			case *ast.IncDecStmt:
				add(n.TokPos, n.Tok.String(), mistakes[n.Tok][0].String(), source(files, n.X), "")
			case *ast.BranchStmt:
				for _, mistake := range mistakes[n.Tok] {
					add(n.TokPos, n.Tok.String(), mistake.String(), "", "")
				}
			case *ast.UnaryExpr:
				if n.Op == token.SUB {
					add(n.OpPos, n.Op.String(), "", "", source(files, n.X))
				}
			}
			return true
		})
	}
	return all, nil
}

// nameOf is a function's name, a method's with the type before it.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	return fmt.Sprint(of) + "." + f.Name.Name
}

func source(files *token.FileSet, n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, files, n); err != nil {
		panic(err) // it was just parsed, and a buffer takes everything
	}
	return b.String()
}
