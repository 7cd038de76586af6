package starter

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
)

// A Leak is a place in a starter that names what only the solution declares.
type Leak struct {
	Path string // within the step, with slashes
	Line int
	Name string
}

func (l Leak) String() string {
	return fmt.Sprintf("%s:%d names %s, which only the solution declares", l.Path, l.Line, l.Name)
}

// Leaks compares the two sets of files, and finds each place of the starter,
// tests and comments included, with a name that its package declares in the
// solution and no longer in the starter. In comments and strings only names in
// mixedCaps count, as one lower-case word may be meant as a word.
//
// It knows nothing of how the starter was made, and so can judge that.
func Leaks(solution, starter Files) ([]Leak, error) {
	solved, err := declared(solution)
	if err != nil {
		return nil, err
	}
	begun, err := declared(starter)
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, name := range slices.Sorted(maps.Keys(starter)) {
		if !isGo(name) {
			continue
		}
		dir := path.Dir(name)
		secret := func(word string) bool { return solved[dir][word] && !begun[dir][word] }

		src := starter[name]
		file := token.NewFileSet().AddFile(name, -1, len(src))
		var s scanner.Scanner
		s.Init(file, src, nil, scanner.ScanComments)
		for {
			pos, tok, text := s.Scan()
			if tok == token.EOF {
				break
			}
			switch tok {
			case token.IDENT:
				if secret(text) {
					leaks = append(leaks, Leak{name, file.Line(pos), text})
				}
			case token.COMMENT, token.STRING:
				line := file.Line(pos)
				for i, part := range strings.Split(text, "\n") {
					for _, word := range strings.FieldsFunc(part, notInName) {
						if secret(word) && strings.ToLower(word) != word {
							leaks = append(leaks, Leak{name, line + i, word})
						}
					}
				}
			}
		}
	}
	return leaks, nil
}

func notInName(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// declared returns, by folder, the names that are declared at the top level of
// the files that are no tests. Methods are not among them.
func declared(files Files) (map[string]map[string]bool, error) {
	names := make(map[string]map[string]bool)
	for name, src := range files {
		if !isGo(name) || strings.HasSuffix(name, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("starter: %w", err)
		}
		dir := path.Dir(name)
		if names[dir] == nil {
			names[dir] = make(map[string]bool)
		}
		for _, decl := range syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					names[dir][decl.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[dir][spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							names[dir][id.Name] = true
						}
					}
				}
			}
		}
	}
	return names, nil
}
