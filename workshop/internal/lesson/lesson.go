// Package lesson makes a page of a lesson. What the lesson says becomes markup by
// Markdown alone: of the HTML in it only the fold-out boxes are kept, all else
// is text.
package lesson

import (
	"bytes"
	"html/template"
	"regexp"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Render renders a lesson. place says where on the site a link or a drawing of
// it leads, given its target as it stands in the text.
func Render(source []byte, place func(target string) string) (template.HTML, error) {
	markdown := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Linkify),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(guide(place), 100))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(own{}, 100))),
	)
	var page bytes.Buffer
	if err := markdown.Convert(source, &page); err != nil {
		return "", err
	}
	return template.HTML(page.String()), nil //nolint:gosec // goldmark has escaped it, and own as well
}

// A guide sends links where they lead on the site, and marks the headings of
// exercises with their number: "exercise-1.1" is where to find one.
type guide func(target string) string

// Transform implements parser.ASTTransformer.
func (g guide) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // fails only if the walker does
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = []byte(g(string(n.Destination)))
		case *ast.Image:
			n.Destination = []byte(g(string(n.Destination)))
		case *ast.Heading:
			if m := exercise.FindSubmatch(n.Lines().Value(reader.Source())); m != nil {
				n.SetAttributeString("data-exercise", m[1])
				n.SetAttributeString("id", append([]byte("exercise-"), m[1]...))
			}
		}
		return ast.WalkContinue, nil
	})
}

var exercise = regexp.MustCompile(`^([0-9]+\.[0-9]+)\s`)
