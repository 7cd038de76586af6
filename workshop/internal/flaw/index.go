package flaw

import (
	"bytes"
	"cmp"
	_ "embed"
	"path"
	"slices"
	"strings"
	"text/template"

	"example.com/bookapi/workshop/internal/course"
)

// IndexFile is where the index of the gallery is, from the repository's root.
const IndexFile = "workshop/flaws/README.md"

//go:embed index.md.tmpl
var indexTemplate string

// Index writes the index of the gallery: how to use it, and what is in it by
// step and by weakness.
func Index(c *course.Course, patches []*Patch) ([]byte, error) {
	t, err := template.New("index").Funcs(template.FuncMap{
		"cell": cell, "link": link, "caughtBy": caughtBy, "weakness": Weakness,
		"number": func(cwe string) string { return strings.TrimPrefix(cwe, "CWE-") },
	}).Parse(indexTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		Flaws, Alternatives int
		Steps               []indexStep
		Weaknesses          []indexWeakness
	}{
		count(patches, false), count(patches, true), bySteps(c, patches), byWeakness(patches),
	})
	return out.Bytes(), err
}

type indexStep struct {
	course.Step
	Flaws, Alternatives []*Patch
}

func bySteps(c *course.Course, patches []*Patch) []indexStep {
	var steps []indexStep
	for _, step := range c.Steps {
		s := indexStep{Step: step}
		for _, p := range patches {
			switch {
			case p.Step != step.Name:
			case p.Alternative:
				s.Alternatives = append(s.Alternatives, p)
			default:
				s.Flaws = append(s.Flaws, p)
			}
		}
		if s.Flaws != nil || s.Alternatives != nil {
			steps = append(steps, s)
		}
	}
	return steps
}

type indexWeakness struct {
	CWE   string
	Flaws []*Patch
}

func byWeakness(patches []*Patch) []indexWeakness {
	var all []indexWeakness
	for _, p := range patches {
		if p.Alternative {
			continue
		}
		i := slices.IndexFunc(all, func(w indexWeakness) bool { return w.CWE == p.CWE })
		if i < 0 {
			i = len(all)
			all = append(all, indexWeakness{CWE: p.CWE})
		}
		all[i].Flaws = append(all[i].Flaws, p)
	}
	slices.SortFunc(all, func(a, b indexWeakness) int { // as numbers: the shorter is the lower
		return cmp.Or(cmp.Compare(len(a.CWE), len(b.CWE)), strings.Compare(a.CWE, b.CWE))
	})
	return all
}

func count(patches []*Patch, alternative bool) int {
	n := 0
	for _, p := range patches {
		if p.Alternative == alternative {
			n++
		}
	}
	return n
}

// link is the patch's file as the index links it.
func link(p *Patch) string {
	folder := ""
	if p.Alternative {
		folder = "../alternatives"
	}
	return path.Join(folder, p.Step, p.Name+".patch")
}

// caughtBy names the test, with its step if that is another one.
func caughtBy(p *Patch) string {
	if p.CaughtBy.Step == p.Step {
		return p.CaughtBy.Name
	}
	return p.CaughtBy.String()
}

// cell keeps the marks of Markdown, other than those of code, out of the text
// of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "]", `\]`).Replace(text)
}
