// Package kinds tells which test of the lessons covers which kind of attack, as
// the tests themselves say it, and writes the table of CONTRIBUTING.
//
// The doc comment of a test names what it covers ("Kinds: routes, one-answer"),
// and a comment in the test file of an exercise says why a kind is not for it
// ("Kind routes: does not apply, since ...").
package kinds

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

// All are the kinds of attacks, in the order of the documentation of package
// bookapitest, which has a helper for each.
var All = []string{
	"one-difference", "routes", "claim-places", "store-answers", "outlets",
	"several-callers", "cost", "randomness", "one-answer", "first-line",
}

// A Cell says how an exercise deals with a kind of attack.
type Cell struct {
	Tests  []string // that cover it, in the order in which they run
	Reason string   // why the kind is not for this exercise, if there is no test
}

// An Exercise is a row of the table: its cells by kind.
type Exercise struct {
	ID, Title string
	Cells     map[string]*Cell
}

// Read reads the tests of the solutions. The error names the test or comment
// that cannot be right: a kind that there is not, a test of no exercise.
func Read(c *course.Course) ([]Exercise, error) {
	var exercises []Exercise
	for _, step := range c.Steps {
		files, err := filepath.Glob(filepath.Join(c.Root, "solutions", step.Name, "*_test.go"))
		if err != nil {
			return nil, err
		}
		rows := make(map[string]*Exercise)
		for _, e := range step.Exercises {
			rows[e.ID] = &Exercise{ID: e.ID, Title: e.Title, Cells: make(map[string]*Cell)}
		}
		for _, file := range files {
			if err := readFile(step, file, rows); err != nil {
				return nil, err
			}
		}
		for _, e := range step.Exercises {
			exercises = append(exercises, *rows[e.ID])
		}
	}
	return exercises, nil
}

// readFile adds what one test file says.
func readFile(step course.Step, file string, rows map[string]*Exercise) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	name := step.Name + "/" + filepath.Base(file)
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Doc == nil || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		covered := kindsOf(f.Doc.Text())
		owner, ok := step.Owner(f.Name.Name)
		if len(covered) > 0 && !ok {
			return fmt.Errorf("%s: %s covers a kind of attack, and is the test of no exercise", name, f.Name.Name)
		}
		for _, kind := range covered {
			cell, err := cellOf(rows[owner.ID], kind)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", name, f.Name.Name, err)
			}
			cell.Tests = append(cell.Tests, f.Name.Name)
		}
	}
	for _, comment := range parsed.Comments {
		for kind, reason := range reasonsIn(comment.Text()) {
			row := rows[exerciseOf(file)]
			if row == nil {
				return fmt.Errorf("%s: a reason for %s stands in the file of no exercise; name it exercise_N_M_test.go", name, kind)
			}
			cell, err := cellOf(row, kind)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			cell.Reason = reason
		}
	}
	return nil
}

func cellOf(row *Exercise, kind string) (*Cell, error) {
	if !slices.Contains(All, kind) {
		return nil, fmt.Errorf("there is no kind of attack %q; the kinds are %s", kind, strings.Join(All, ", "))
	}
	if row.Cells[kind] == nil {
		row.Cells[kind] = new(Cell)
	}
	return row.Cells[kind], nil
}

// kindsOf returns the kinds that a doc comment names.
func kindsOf(doc string) (kinds []string) {
	for line := range strings.Lines(doc) {
		if list, ok := strings.CutPrefix(line, "Kinds: "); ok {
			for kind := range strings.SplitSeq(list, ",") {
				kinds = append(kinds, strings.TrimRight(strings.TrimSpace(kind), "."))
			}
		}
	}
	return kinds
}

var reasonForm = regexp.MustCompile(`(?m)^Kind ([a-z-]+): does not apply, since `)

// reasonsIn returns the reasons of a comment, by kind. One goes on to the next
// kind, or to an empty line.
func reasonsIn(comment string) map[string]string {
	reasons := make(map[string]string)
	starts := reasonForm.FindAllStringSubmatchIndex(comment, -1)
	for i, start := range starts {
		end := len(comment)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		text, _, _ := strings.Cut(comment[start[1]:end], "\n\n")
		reasons[comment[start[2]:start[3]]] = strings.Join(strings.Fields(text), " ")
	}
	return reasons
}

var exerciseFile = regexp.MustCompile(`^exercise_([0-9]+)_([0-9]+)_test\.go$`)

// exerciseOf returns the exercise that a test file is named after, or "".
func exerciseOf(file string) string {
	if match := exerciseFile.FindStringSubmatch(filepath.Base(file)); match != nil {
		return match[1] + "." + match[2]
	}
	return ""
}
