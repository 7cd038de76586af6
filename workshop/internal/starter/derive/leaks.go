package derive

import (
	"fmt"
	"go/scanner"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
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
func Leaks(solution, begun starter.Files) []Leak {
	solved, left := declared(solution), declared(begun)
	var leaks []Leak
	for _, name := range slices.Sorted(maps.Keys(begun)) {
		if !starter.IsGo(name) {
			continue
		}
		dir := path.Dir(name)
		secret := func(word string) bool { return solved[dir][word] && !left[dir][word] }

		src := begun[name]
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
	return leaks
}

func notInName(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// declared returns, by folder, the names that are declared at the top level of
// the files that are no tests. Methods are not among them.
func declared(files starter.Files) map[string]map[string]bool {
	names := make(map[string]map[string]bool)
	for name, src := range files {
		if !starter.IsGo(name) || !exercise.IsCode(name) {
			continue
		}
		dir := path.Dir(name)
		if names[dir] == nil {
			names[dir] = make(map[string]bool)
		}
		for _, declared := range exercise.Declared(src) {
			names[dir][declared] = !strings.Contains(declared, ".")
		}
	}
	return names
}
