package grade

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/module"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
)

// A lesson is a step as this checkout has it: what is trusted.
type lesson struct {
	course.Step
	reference  exercise.Files // the solution, with its tests and what is given
	handedOut  exercise.Files // what learners begin with
	exercises  []string       // the files in which learners write
	importable map[string]bool
}

// newLesson reads a step of the course.
func newLesson(root string, step course.Step) (*lesson, error) {
	step.Dir = step.Name
	l := &lesson{Step: step, importable: make(map[string]bool)}
	var err error
	if l.reference, err = starter.Read(filepath.Join(root, "solutions", step.Name)); err != nil {
		return nil, err
	}
	if l.handedOut, err = starter.Of(step.Name); err != nil {
		return nil, err
	}
	for _, e := range step.Exercises {
		if !slices.Contains(l.exercises, e.File) {
			l.exercises = append(l.exercises, e.File)
		}
		if l.reference[e.File] == nil {
			return nil, fmt.Errorf("solutions/%s/%s is not there, and exercise %s needs it", step.Name, e.File, e.ID)
		}
	}
	for name, src := range l.reference {
		if exercise.IsCode(name) && path.Dir(name) == "." {
			for _, i := range imports(parse(src)) {
				l.importable[i] = true
			}
		}
	}
	return l, nil
}

// given are the files of the reference that are nobody's exercise.
func (l *lesson) given() exercise.Files {
	files := maps.Clone(l.reference)
	for _, name := range l.exercises {
		delete(files, name)
	}
	return files
}

// taken is what is graded of a step of a submission.
type taken struct {
	missing bool           // the step was not handed in
	mine    exercise.Files // exercise files and new Go files
	todo    bool           // it has the file that stands in for what is not written
}

// untouched reports whether nothing was written in a step.
func (t taken) untouched(l *lesson) bool {
	for name, src := range t.mine {
		if !slices.Contains(l.exercises, name) || !same(src, l.handedOut[name]) {
			return false
		}
	}
	return len(t.mine) == len(l.exercises)
}

// take takes from a submission what is graded of a step, and the flags: what a
// person should look at.
func (l *lesson) take(h *HandIn) (taken, []string) {
	files, ok := h.Files[l.Name]
	if !ok {
		return taken{missing: true}, []string{l.Name + " was not handed in"}
	}
	t := taken{mine: make(exercise.Files)}
	flags := make(flagged)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		src := files[name]
		want, known := l.handedOut[name]
		at := path.Join(l.Name, name)
		switch {
		case slices.Contains(l.exercises, name):
			t.mine[name] = src
			if normal(src) == normal(l.reference[name]) {
				flags.add("equal to the reference", at)
			}
		case name == exercise.TodoFile:
			t.todo = true
			if !same(src, want) {
				flags.add("given file changed", at)
			}
		case known && !same(src, want):
			kind := "given file changed"
			if strings.HasSuffix(name, "_test.go") {
				kind = "test changed"
			}
			flags.add(kind, at)
		case known, !starter.IsGo(name):
		case strings.HasSuffix(name, "_test.go"):
			flags.add("extra test, not run", at)
		case strings.HasPrefix(name, "cmd/"), l.below(name), !buildable(name):
			flags.add("extra file, not taken", at)
		default:
			t.mine[name] = src
			flags.add("extra file", at)
		}
		if starter.IsGo(name) && !same(src, want) {
			flags.look(l, at, name, src)
		}
	}
	for name := range l.handedOut {
		if _, there := files[name]; !there && strings.HasSuffix(name, "_test.go") {
			flags.add("test missing", path.Join(l.Name, name))
		}
	}
	return t, flags.list()
}

// buildable reports whether the go command builds files of this name, whatever the
// shell and the system.
func buildable(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || !isLetter([]rune(part)[0]) {
			return false
		}
	}
	return module.CheckFilePath(name) == nil
}

// below reports whether a file would have to be in a folder that is a file.
func (l *lesson) below(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if path.Ext(dir) == ".go" || l.reference[dir] != nil || l.handedOut[dir] != nil {
			return true
		}
	}
	return false
}

// flagged are places by what is to be said of them.
type flagged map[string][]string

func (f flagged) add(kind, place string) {
	if place = printable(place); !slices.Contains(f[kind], place) {
		f[kind] = append(f[kind], place)
	}
}

// mostPlaces of a kind are named in a flag.
const mostPlaces = 4

func (f flagged) list() []string {
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(f)) {
		places := slices.Sorted(slices.Values(f[kind]))
		if more := len(places) - mostPlaces; more > 0 {
			places = append(places[:mostPlaces], fmt.Sprintf("and %d more", more))
		}
		list = append(list, kind+": "+strings.Join(places, ", "))
	}
	return list
}

// look flags what code does before the tests begin, and the packages that the
// reference does without: first those by which code gets at the tests, the
// machine, or its own memory.
func (f flagged) look(l *lesson, at, name string, src []byte) {
	file := parse(src)
	if file == nil {
		return
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil && (decl.Name.Name == "init" || decl.Name.Name == "TestMain") {
				f.add(decl.Name.Name, at)
			}
		case *ast.GenDecl:
			if decl.Tok == token.VAR && callsLiteral(decl) {
				f.add("runs code at the start", at)
			}
		}
	}
	if strings.HasSuffix(name, "_test.go") {
		return // the tests that are run are ours
	}
	if slices.ContainsFunc(file.Comments, isLinkname) {
		f.add("go:linkname", at)
	}
	for _, i := range imports(file) {
		switch {
		case l.importable[i]:
		case harmless(i):
			f.add("imports what the reference does not", i)
		default:
			f.add("imports what reaches further", i)
		}
	}
}

func isLinkname(group *ast.CommentGroup) bool {
	return slices.ContainsFunc(group.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:linkname") })
}

// callsLiteral reports whether a declaration calls a function that is written in
// it, which is an init by another name.
func callsLiteral(decl *ast.GenDecl) bool {
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			_, literal := n.Fun.(*ast.FuncLit)
			found = found || literal
		}
		return true
	})
	return found
}

// harmless packages compute and do nothing else, but for what they are handed.
func harmless(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	switch first {
	case "bufio", "bytes", "cmp", "container", "context", "crypto", "encoding", "errors", "fmt", "hash", "html", "io",
		"iter", "maps", "math", "mime", "regexp", "slices", "sort", "strconv", "strings", "sync", "text", "time", "unicode":
		return importPath != "io/ioutil"
	}
	switch importPath {
	case "log/slog", "net/http", "net/netip", "net/url":
		return true
	}
	return strings.HasPrefix(importPath, "golang.org/x/crypto/") || strings.HasPrefix(importPath, "github.com/golang-jwt/jwt/") ||
		strings.HasPrefix(importPath, "github.com/go-chi/chi/")
}

// parse parses as much of a source as can be; nil if it is nothing.
func parse(src []byte) *ast.File {
	file, _ := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution|parser.ParseComments)
	return file
}

func imports(file *ast.File) []string {
	var list []string
	if file == nil {
		return nil
	}
	for _, spec := range file.Imports {
		if i, err := strconv.Unquote(spec.Path.Value); err == nil {
			list = append(list, i)
		}
	}
	return list
}

// same reports whether two files are the same but for their line ends.
func same(a, b []byte) bool { return bytes.Equal(edit.Unix(a), edit.Unix(b)) }

// normal is a source without its comments and its layout; the source itself if it
// is no Go.
func normal(src []byte) string {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.SkipObjectResolution)
	if err != nil {
		return string(src)
	}
	var out strings.Builder
	if err := printer.Fprint(&out, token.NewFileSet(), file); err != nil {
		return string(src)
	}
	return out.String()
}
