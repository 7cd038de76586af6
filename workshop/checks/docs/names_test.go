package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
	"mvdan.cc/sh/v3/shell"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/markdown"
)

// A reader knows what the texts of the course may name.
type reader struct {
	root   string
	course *course.Course
	files  []string // with slashes, from root

	// names holds the identifiers of the course's Go code, and what the
	// packages export that it imports.
	names map[string]bool
	// exports holds what a package exports, by the name of the package. Two
	// of one name share an entry.
	exports map[string]map[string]bool
	imports map[string]bool // the paths of those packages

	companion *companion
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{
		root: repository.Root(t), course: repository.Course(t), files: repository.Files(t),
		names: make(map[string]bool), exports: make(map[string]map[string]bool), imports: make(map[string]bool),
		companion: &companion{root: repository.Root(t), dir: t.TempDir(), pages: make(map[string]string)},
	}
	for _, name := range r.files {
		if path.Ext(name) == ".go" && !strings.HasPrefix(name, "workshop/") {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(r.root, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					r.names[id.Name] = true
				}
				return true
			})
		}
	}
	r.readExports(t)
	return r
}

// readExports learns what the lessons' packages export, and what those that
// they import do.
func (r *reader) readExports(t *testing.T) {
	t.Helper()
	load := func(mode packages.LoadMode, patterns ...string) []*packages.Package {
		pkgs, err := packages.Load(&packages.Config{
			Mode: mode, Context: t.Context(), Dir: filepath.Join(r.root, "solutions"), Env: append(os.Environ(), "GOWORK="),
		}, patterns...)
		require.NoError(t, err)
		return pkgs
	}
	patterns := []string{"example.com/bookapi", "example.com/bookapi/rest", "example.com/bookapi/memory", "example.com/bookapi/bookapitest"}
	for _, step := range r.course.Steps {
		patterns = append(patterns, step.ImportPath)
	}
	for _, p := range load(packages.NeedName|packages.NeedImports, patterns...) {
		r.imports[p.PkgPath] = true
		for imported := range p.Imports {
			r.imports[imported] = true
		}
	}
	for p := range r.imports {
		patterns = append(patterns, p)
	}
	for _, p := range load(packages.NeedName|packages.NeedTypes|packages.NeedExportFile, patterns...) {
		require.Empty(t, p.Errors)
		if r.exports[p.Name] == nil {
			r.exports[p.Name] = make(map[string]bool)
		}
		for _, name := range p.Types.Scope().Names() {
			if token.IsExported(name) {
				r.exports[p.Name][name] = true
				r.names[name] = true
				r.addMembers(p.Types.Scope().Lookup(name))
			}
		}
	}
}

// addMembers adds the fields and methods of a type.
func (r *reader) addMembers(object types.Object) {
	if _, ok := object.(*types.TypeName); !ok {
		return
	}
	methods := types.NewMethodSet(types.NewPointer(object.Type()))
	for method := range methods.Methods() {
		r.names[method.Obj().Name()] = true
	}
	if iface, ok := object.Type().Underlying().(*types.Interface); ok {
		for method := range iface.Methods() {
			r.names[method.Name()] = true
		}
	}
	if fields, ok := object.Type().Underlying().(*types.Struct); ok {
		for field := range fields.Fields() {
			r.names[field.Name()] = true
		}
	}
}

func (r *reader) document(t *testing.T, name string) markdown.Document {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(r.root, name))
	require.NoError(t, err)
	return markdown.Parse(content)
}

// exists reports whether there is a file or folder of the course at a path
// from the root.
func (r *reader) exists(name string) bool {
	name = path.Clean(name)
	return name == "." || slices.ContainsFunc(r.files, func(f string) bool { return f == name || strings.HasPrefix(f, name+"/") })
}

var (
	placeholder = regexp.MustCompile(`stepN|[*…]|\bN\.M\b`)
	mediaType   = regexp.MustCompile(`^(application|text|image)/`)
	importPath  = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*(/[a-z0-9_.-]+)+$`)
	sourceFile  = regexp.MustCompile(`\.(go|md|toml|svg|mod|work|txt|json|yml)$`)
	testName    = regexp.MustCompile(`^Test\w+$`)
	qualified   = regexp.MustCompile(`^[*&]?(\w+)\.([A-Za-z]\w*)(\(.*\))?$`)
	mixedCaps   = regexp.MustCompile(`^(\w*[a-z0-9][A-Z]\w*|\w+\(.*\))$`)
)

// checkSpan says what is wrong with code within a line, of a document in the
// folder dir; "" if nothing is, or if it is of no kind that can be looked up.
func (r *reader) checkSpan(t *testing.T, dir, code string) string {
	t.Helper()
	file := strings.TrimSuffix(strings.TrimPrefix(code, "./"), "/...")
	file, _, _ = strings.Cut(file, ":")
	first, _, inFolder := strings.Cut(file, "/")
	switch {
	case placeholder.MatchString(code):
		return ""
	case strings.HasPrefix(code, "go "):
		return r.checkCommand(t, code)
	case strings.ContainsAny(code, " \"'=") && !strings.Contains(code, "("):
		return "" // a piece of something
	case strings.HasPrefix(code, "./"), inFolder && r.exists(first), sourceFile.MatchString(file) && !strings.Contains(file, "("):
		return r.checkPath(dir, file)
	case testName.MatchString(code):
		return r.checkTest(code)
	case importPath.MatchString(code) && !mediaType.MatchString(code):
		return r.checkImport(t, code)
	}
	return r.checkName(code)
}

// checkPath looks for a file or folder at the root, in the document's folder,
// and, if only its name was given, below that.
func (r *reader) checkPath(dir, file string) string {
	below := func(f string) bool { return path.Base(f) == file && (dir == "." || strings.HasPrefix(f, dir+"/")) }
	if r.exists(file) || r.exists(path.Join(dir, file)) || slices.ContainsFunc(r.files, below) {
		return ""
	}
	return "does not exist"
}

func (r *reader) checkTest(prefix string) string {
	for _, step := range r.course.Steps {
		if slices.ContainsFunc(r.course.TestNames(step), func(name string) bool { return strings.HasPrefix(name, prefix) }) {
			return ""
		}
	}
	return "is the beginning of no test"
}

func (r *reader) checkImport(t *testing.T, code string) string {
	t.Helper()
	if r.imports[code] {
		return ""
	}
	dir := filepath.Join(r.root, "solutions")
	if _, err := coursetest.TryGo(t, dir, nil, "list", "-find", code); err == nil {
		return ""
	}
	if _, err := coursetest.TryGo(t, dir, nil, "list", "-m", code); err == nil {
		return ""
	}
	return "is no package, and no module, that the course can import"
}

// checkName looks a Go name up, if it is one that cannot be a word of English:
// pkg.Name, Type.Method, value.Field, mixedCaps or a call.
func (r *reader) checkName(code string) string {
	if m := qualified.FindStringSubmatch(code); m != nil {
		in, name := m[1], m[2]
		if exports, ok := r.exports[in]; ok {
			if token.IsExported(name) && !exports[name] {
				return fmt.Sprintf("does not exist: package %s has no %s", in, name)
			}
			return ""
		}
		if !r.names[in] || !r.names[name] {
			return "does not exist: no Go code of the course has this name"
		}
		return ""
	}
	name, _, _ := strings.Cut(code, "(")
	if mixedCaps.MatchString(code) && !r.names[name] && !isBuiltin(name) {
		return "does not exist: no Go code of the course has this name"
	}
	return ""
}

func isBuiltin(name string) bool { return types.Universe.Lookup(name) != nil }

// checkCommand says what is wrong with a go command that a text shows: folders
// and tests that are not there, documentation that go doc does not find.
func (r *reader) checkCommand(t *testing.T, command string) string {
	t.Helper()
	if placeholder.MatchString(command) {
		return ""
	}
	words, err := shell.Fields(command, func(string) string { return "" })
	if err != nil {
		return err.Error()
	}
	dir, words := folderOf(words)
	if len(words) > 1 && words[1] == "doc" {
		if out, err := coursetest.TryGo(t, filepath.Join(r.root, dir), nil, words[1:]...); err != nil {
			return "go doc says: " + strings.TrimSpace(out)
		}
		return ""
	}
	if len(words) > 2 && words[1] == "run" && words[2] == "./workshop" {
		return r.checkCompanion(t, words[3:])
	}
	var folders []string
	for _, word := range words {
		if _, value, ok := strings.Cut(word, "="); ok {
			word = value
		}
		if folder, ok := strings.CutPrefix(word, "./"); ok {
			folder = path.Join(dir, strings.TrimSuffix(folder, "..."))
			folders = append(folders, folder)
			if !r.exists(folder) {
				return fmt.Sprintf("there is no %s", folder)
			}
		}
	}
	if at := slices.Index(words, "-run"); at > 0 && at+1 < len(words) {
		return r.checkRun(words[at+1], folders)
	}
	return ""
}

// folderOf returns where a go command runs, and the command without its -C.
func folderOf(words []string) (dir string, rest []string) {
	if at := slices.Index(words, "-C"); at > 0 && at+1 < len(words) {
		return words[at+1], slices.Delete(slices.Clone(words), at, at+2)
	}
	return "", words
}

// checkRun demands that the pattern of go test -run finds a test in the
// folders.
func (r *reader) checkRun(pattern string, folders []string) string {
	run, err := regexp.Compile(pattern)
	if err != nil {
		return err.Error()
	}
	for _, step := range r.course.Steps {
		inFolders := slices.ContainsFunc(folders, func(f string) bool { return path.Base(f) == step.Name })
		if inFolders && slices.ContainsFunc(r.course.TestNames(step), run.MatchString) {
			return ""
		}
	}
	return fmt.Sprintf("-run %s finds no test", pattern)
}

var nameInProse = regexp.MustCompile(`\b([a-z][a-z0-9]*)\.([A-Z]\w*)`)

// checkProse says what is wrong with the names in a text of lesson.toml, which
// is no Markdown but for its code spans.
func (r *reader) checkProse(t *testing.T, dir, text string) []string {
	t.Helper()
	var wrong []string
	for _, span := range markdown.Parse([]byte(text)).Spans {
		if w := r.checkSpan(t, dir, span.Text); w != "" {
			wrong = append(wrong, fmt.Sprintf("`%s` %s", span.Text, w))
		}
	}
	for _, m := range nameInProse.FindAllStringSubmatch(text, -1) {
		if _, known := r.exports[m[1]]; known {
			if w := r.checkName(m[0]); w != "" {
				wrong = append(wrong, m[0]+" "+w)
			}
		}
	}
	return wrong
}
