package variants

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pkg is a package: its declarations by key. A function's key is its name,
// "(T).Name" for a method.
type pkg struct {
	name  string
	decls map[string]*decl
	order []string // the keys, by file and place
}

// source is one file of a package.
type source struct {
	path   string
	text   []byte
	set    *token.FileSet
	file   *ast.File
	embeds bool
}

// decl is a declaration at the top level: a function, or a part of a var, const
// or type declaration, which may declare several names.
type decl struct {
	source   *source
	key      string
	kind     token.Token // FUNC, VAR, CONST or TYPE
	fn       *ast.FuncDecl
	spec     ast.Spec
	names    []*ast.Ident
	receiver string // the name of a method's type
	text     string // without comments and layout
	typ      string // that of a function, likewise
	iota     bool
	// The identifiers that may be of the package, and the names behind a dot.
	refs      []*ast.Ident
	selectors []*ast.Ident
}

func parse(texts map[string][]byte) (*pkg, error) {
	p := &pkg{decls: make(map[string]*decl)}
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		s := &source{path: file, text: texts[file], set: token.NewFileSet()}
		var err error
		s.file, err = parser.ParseFile(s.set, file, s.text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.name = s.file.Name.Name
		s.embeds = bytes.Contains(s.text, []byte("\n//go:embed "))
		for _, d := range s.file.Decls {
			p.add(s, d)
		}
	}
	return p, nil
}

func (p *pkg) add(s *source, node ast.Decl) {
	keep := func(d *decl) {
		d.source = s
		d.look()
		if _, twice := p.decls[d.key]; twice {
			d.key += "#" + strconv.Itoa(len(p.order)) // init, or _
		}
		p.decls[d.key] = d
		p.order = append(p.order, d.key)
	}
	switch node := node.(type) {
	case *ast.FuncDecl:
		d := &decl{kind: token.FUNC, fn: node, key: node.Name.Name, names: []*ast.Ident{node.Name}, typ: s.print(node.Type)}
		if node.Recv != nil && len(node.Recv.List) == 1 {
			d.receiver = base(node.Recv.List[0].Type)
			d.key = "(" + s.print(node.Recv.List[0].Type) + ")." + d.key
		}
		d.text = s.print(&ast.FuncDecl{Recv: node.Recv, Name: node.Name, Type: node.Type, Body: node.Body})
		keep(d)
	case *ast.GenDecl:
		grouped := false // a constant may depend on its place
		for i, spec := range node.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				grouped = grouped || node.Tok == token.CONST && (spec.Values == nil || strings.Contains(s.print(spec), "iota"))
				d := &decl{kind: node.Tok, spec: spec, names: spec.Names, key: spec.Names[0].Name, iota: grouped}
				d.text = s.print(&ast.ValueSpec{Names: spec.Names, Type: spec.Type, Values: spec.Values})
				if grouped {
					d.text += " " + strconv.Itoa(i)
				}
				keep(d)
			case *ast.TypeSpec:
				d := &decl{kind: token.TYPE, spec: spec, names: []*ast.Ident{spec.Name}, key: spec.Name.Name}
				d.text = s.print(&ast.TypeSpec{Name: spec.Name, TypeParams: spec.TypeParams, Assign: spec.Assign, Type: spec.Type})
				keep(d)
			}
		}
	}
}

// print is a node without comments and layout.
func (s *source) print(node any) string {
	var out bytes.Buffer
	_ = printer.Fprint(&out, s.set, node) // a buffer takes all
	var words []string
	for word := range strings.FieldsSeq(out.String()) {
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// base is the name of a receiver's type.
func base(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return base(e.X)
	case *ast.ParenExpr:
		return base(e.X)
	case *ast.IndexExpr:
		return base(e.X)
	case *ast.IndexListExpr:
		return base(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func (d *decl) node() ast.Node {
	if d.fn != nil {
		return d.fn
	}
	return d.spec
}

func (d *decl) start() int {
	if d.fn != nil {
		return d.source.offset(d.fn.Pos())
	}
	return d.source.offset(d.spec.Pos())
}

func (d *decl) end() int { return d.source.offset(d.node().End()) }

func (s *source) offset(pos token.Pos) int { return s.set.Position(pos).Offset }
func (s *source) line(offset int) int      { return 1 + bytes.Count(s.text[:offset], []byte("\n")) }

// look finds the identifiers that may be of the package: those that are neither
// declared inside, nor behind a dot, nor the name of a field.
func (d *decl) look() {
	skip := make(map[*ast.Ident]bool)
	ast.Inspect(d.node(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			skip[n.Sel] = true
			d.selectors = append(d.selectors, n.Sel)
		case *ast.Field:
			for _, name := range n.Names {
				skip[name] = true
			}
		case *ast.CompositeLit:
			switch n.Type.(type) {
			case *ast.MapType, *ast.ArrayType:
				return true
			}
			for _, element := range n.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					if key, ok := pair.Key.(*ast.Ident); ok {
						skip[key] = true
					}
				}
			}
		}
		return true
	})
	for _, name := range d.names {
		skip[name] = true
	}
	inside := func(pos token.Pos) bool { return d.node().Pos() <= pos && pos < d.node().End() }
	ast.Inspect(d.node(), func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || skip[id] || id.Name == "_" {
			return true
		}
		if id.Obj != nil && inside(id.Obj.Pos()) && !slices.ContainsFunc(d.names, func(name *ast.Ident) bool { return name.Pos() == id.Obj.Pos() }) {
			return true
		}
		d.refs = append(d.refs, id)
		return true
	})
}

type edit struct {
	at, end int // offsets in the file
	text    string
}

// apply is a part of a text with edits.
func apply(text []byte, from, to int, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	var out bytes.Buffer
	at := from
	for _, e := range edits {
		if e.at < at || e.end > to {
			continue
		}
		out.Write(text[at:e.at])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(text[at:to])
	return out.Bytes()
}

// dispatch is the beginning of a function that others replace while they are
// awake, and names for its parameters.
func (d *decl) dispatch(numbers []int) ([]edit, error) {
	s, fn := d.source, d.fn
	if fn.Body == nil {
		return nil, fmt.Errorf("%s has no body", d.key)
	}
	var edits []edit
	unnamed := 0
	named := func(list *ast.FieldList) []string {
		var names []string
		for _, field := range list.List {
			if field.Names == nil {
				name := fmt.Sprintf("%sparameter%d", prefix, unnamed)
				unnamed++
				edits = append(edits, edit{s.offset(field.Type.Pos()), s.offset(field.Type.Pos()), name + " "})
				names = append(names, name)
			}
			for _, id := range field.Names {
				name := id.Name
				if name == "_" {
					name = fmt.Sprintf("%sparameter%d", prefix, unnamed)
					unnamed++
					edits = append(edits, edit{s.offset(id.Pos()), s.offset(id.End()), name})
				}
				names = append(names, name)
			}
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				names[len(names)-1] += "..."
			}
		}
		return names
	}
	receiver := ""
	if fn.Recv != nil {
		receiver = named(fn.Recv)[0] + "."
	}
	arguments := strings.Join(named(fn.Type.Params), ", ")
	types := ""
	if fn.Type.TypeParams != nil {
		types = "[" + strings.Join(named(fn.Type.TypeParams), ", ") + "]"
	}
	var calls strings.Builder
	for _, number := range numbers {
		call := fmt.Sprintf("%s%s%s(%s)", receiver, renamed(fn.Name.Name, number), types, arguments)
		if fn.Type.Results == nil {
			call += "; return"
		} else {
			call = "return " + call
		}
		fmt.Fprintf(&calls, " if %s { %s };", awake(number), call)
	}
	brace := s.offset(fn.Body.Lbrace) + 1
	return append(edits, edit{brace, brace, calls.String()}), nil
}

// emit is the text of a declaration of a change, with what is renamed.
func (d *decl) emit(p *plan, number int) []byte {
	var edits []edit
	replace := func(id *ast.Ident) {
		at := d.source.offset(id.Pos())
		edits = append(edits, edit{at, at + len(id.Name), renamed(id.Name, number)})
	}
	for _, id := range d.refs {
		if p.names[id.Name] {
			replace(id)
		}
	}
	for _, id := range d.selectors {
		if p.methods[id.Name] {
			replace(id)
		}
	}
	for _, id := range d.names {
		switch {
		case d.kind != token.FUNC && id.Name != "_",
			d.receiver == "" && (p.names[id.Name] || slices.Contains(p.rewritten, d.key)),
			d.receiver != "" && !p.names[d.receiver] && (p.methods[id.Name] || slices.Contains(p.rewritten, d.key)):
			replace(id)
		}
	}
	var out bytes.Buffer
	if d.kind == token.FUNC {
		if d.fn.Name.Name == "init" && d.receiver == "" {
			brace := d.source.offset(d.fn.Body.Lbrace) + 1
			edits = append(edits, edit{brace, brace, fmt.Sprintf(" if !%s { return };", awake(number))})
		}
	} else {
		out.WriteString(d.kind.String() + " ")
	}
	out.Write(apply(d.source.text, d.start(), d.end(), edits))
	return out.Bytes()
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// importsOf writes the imports of the file that a text needs, each with its name.
func (s *source) importsOf(body []byte) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", append([]byte("package p\n"), body...), 0)
	if err != nil {
		return "", err
	}
	used := func(f *ast.File) map[string]bool {
		names := make(map[string]bool)
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && id.Obj == nil {
					names[id.Name] = true
				}
			}
			return true
		})
		return names
	}
	whole, here := used(s.file), used(file)
	var out strings.Builder
	for _, spec := range s.file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return "", err
		}
		name := ""
		if spec.Name != nil {
			name = spec.Name.Name
		} else {
			last := path.Base(importPath)
			before := path.Base(path.Dir(importPath))
			for _, guess := range []string{last, afterDash(last), before, afterDash(before)} {
				if whole[guess] && (guess != before || version.MatchString(last)) {
					name = guess
					break
				}
			}
		}
		switch {
		case name == ".":
			return "", fmt.Errorf("it imports %s with a dot", importPath)
		case name == "":
			return "", fmt.Errorf("the name of the import %s is not known", importPath)
		case here[name]:
			fmt.Fprintf(&out, "\nimport %s %q\n", name, importPath)
		}
	}
	return out.String(), nil
}

func afterDash(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }
