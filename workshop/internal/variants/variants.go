// Package variants puts many changes of a program into one build of it, each of
// them asleep until Variable names it. To build and link a program takes longer
// by far than to run one of its tests.
package variants

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Variable is the environment variable that holds the numbers of the changes
// that are awake, with commas between them.
const Variable = "WORKSHOP_VARIANTS"

// Merged is what became of the changes.
type Merged struct {
	Files map[string][]byte // what the sources become, by their paths
	Why   []error           // for each change: why it is not among them, or nil
}

// Merge puts changes into the packages that they change. A change is given by
// what the files become, by their paths; nil stands for a file that goes.
//
// A function that a change rewrites calls the new one when the change is awake.
// What a change adds, or changes without anybody outside seeing it, stands beside
// under another name. The rest, such as another type or an exported constant, is
// not for one build, and Why says so.
//
// Others tells of an exported name of a package, by its folder, whether other
// packages use it.
//
// With lines, panics and compilers name the files and lines of the change;
// without, the file of the change, whose number FromFile tells.
func Merge(changes []map[string][]byte, others func(folder, name string) bool, lines bool) (*Merged, error) {
	m := &Merged{Files: make(map[string][]byte), Why: make([]error, len(changes))}
	packages := make(map[string]*merger)
	for number, change := range changes {
		folders := make(map[string]bool)
		for file := range change {
			folders[filepath.Dir(file)] = true
			if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
				m.Why[number] = fmt.Errorf("%s is no source", filepath.Base(file))
			}
		}
		var made []*made
		for _, folder := range slices.Sorted(maps.Keys(folders)) {
			if m.Why[number] != nil {
				break
			}
			p, ok := packages[folder]
			if !ok {
				before, err := readPackage(folder, nil)
				if err != nil {
					return nil, err
				}
				p = &merger{folder: folder, before: before, others: others, calls: make(map[string][]int)}
				packages[folder] = p
			}
			one, err := p.variant(number, change, lines)
			made = append(made, one)
			m.Why[number] = err
		}
		if m.Why[number] == nil {
			for _, one := range made {
				one.add()
			}
		}
	}
	for _, p := range packages {
		if err := p.write(m.Files); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// FromFile returns the number of the change that a file of Merge is for.
func FromFile(name string) (number int, ok bool) {
	n, err := fmt.Sscanf(filepath.Base(name), prefix+"%d_", &number)
	return number, n == 1 && err == nil
}

const prefix = "variant_"

// merger puts changes into one package.
type merger struct {
	folder  string
	before  *pkg
	others  func(folder, name string) bool
	calls   map[string][]int // by the key of a function: the changes that rewrite it
	numbers []int
	files   map[string][]byte
}

// made is what one change adds to a package.
type made struct {
	merger *merger
	number int
	files  map[string][]byte
	calls  []string // keys of functions
}

func (m *made) add() {
	p := m.merger
	if p.files == nil {
		p.files = make(map[string][]byte)
	}
	maps.Copy(p.files, m.files)
	p.numbers = append(p.numbers, m.number)
	for _, key := range m.calls {
		p.calls[key] = append(p.calls[key], m.number)
	}
}

// awake is the variable that tells whether a change is awake.
func awake(number int) string { return fmt.Sprintf("%sawake%d", prefix, number) }

// renamed is the name of a declaration of a change, exported or not as before.
func renamed(name string, number int) string { return fmt.Sprintf("%s_%s%d", name, prefix, number) }

// write adds the package's files, as far as they have changed.
func (p *merger) write(files map[string][]byte) error {
	if len(p.numbers) == 0 {
		return nil
	}
	maps.Copy(files, p.files)
	edits := make(map[*source][]edit)
	for _, key := range slices.Sorted(maps.Keys(p.calls)) {
		d := p.before.decls[key]
		es, err := d.dispatch(p.calls[key])
		if err != nil {
			return err
		}
		edits[d.source] = append(edits[d.source], es...)
	}
	for s, es := range edits {
		files[s.path] = apply(s.text, 0, len(s.text), es)
	}
	var switches bytes.Buffer
	fmt.Fprintf(&switches, "package %s\n\nimport (\n\t%sos \"os\"\n\t%sstrings \"strings\"\n)\n\n", p.before.name, prefix, prefix)
	fmt.Fprintf(&switches, "func %sawake(number string) bool {\n\treturn %sstrings.Contains(\",\"+%sos.Getenv(%q)+\",\", \",\"+number+\",\")\n}\n\n", prefix, prefix, prefix, Variable)
	for _, number := range p.numbers {
		fmt.Fprintf(&switches, "var %s = %sawake(\"%d\")\n", awake(number), prefix, number)
	}
	files[filepath.Join(p.folder, prefix+"switches.go")] = switches.Bytes()
	return nil
}

// variant makes what one change adds to the package.
func (p *merger) variant(number int, change map[string][]byte, lines bool) (*made, error) {
	after, err := readPackage(p.folder, change)
	if err != nil {
		return nil, err
	}
	plan, err := compare(p.before, after, func(name string) bool { return p.others(p.folder, name) })
	if err != nil {
		return nil, err
	}
	result := &made{merger: p, number: number, files: make(map[string][]byte), calls: plan.rewritten}
	bodies := make(map[*source]*bytes.Buffer)
	for _, d := range plan.emitted() {
		if d.source.embeds {
			return nil, errors.New("the file embeds another")
		}
		body := bodies[d.source]
		if body == nil {
			body = new(bytes.Buffer)
			bodies[d.source] = body
		}
		if lines {
			fmt.Fprintf(body, "\n//line %s:%d\n", d.source.path, d.source.line(d.start()))
		} else {
			body.WriteString("\n")
		}
		body.Write(d.emit(plan, number))
		body.WriteString("\n")
	}
	for s, body := range bodies {
		imports, err := s.importsOf(body.Bytes())
		if err != nil {
			return nil, err
		}
		text := fmt.Sprintf("package %s\n%s%s", after.name, imports, body)
		result.files[filepath.Join(p.folder, fmt.Sprintf("%s%d_%s", prefix, number, filepath.Base(s.path)))] = []byte(text)
	}
	return result, nil
}

// readPackage reads a package as a change leaves it, without its tests.
func readPackage(folder string, change map[string][]byte) (*pkg, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	texts := make(map[string][]byte)
	for _, entry := range entries {
		file := filepath.Join(folder, entry.Name())
		if entry.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		if texts[file], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	for file, text := range change {
		if filepath.Dir(file) != folder {
			continue
		}
		if text == nil {
			delete(texts, file)
		} else {
			texts[file] = text
		}
	}
	return parse(texts)
}
