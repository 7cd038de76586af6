// Package markdown finds in a document what a test can hold it to: links,
// headings and code.
package markdown

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// A Document is what was found, each kind in the order of the text.
type Document struct {
	Links  []Link
	Spans  []Code // `code` within a line
	Blocks []Code // fenced blocks
	HTML   []Code // markup that Markdown passes through

	// Anchors are the fragments that GitHub gives to the headings, without #.
	Anchors map[string]bool
}

// A Link is a link or an image.
type Link struct {
	Line   int
	Target string
	Text   string // for an image, what stands in for it
	Image  bool
}

// Code is text that is not prose.
type Code struct {
	Line int    // of the first line of Text
	Info string // what stands behind the opening fence: "console starter"
	Text string
}

// Parse reads a document. Every text is some document, so there is no error.
func Parse(source []byte) Document {
	p := parser{source: source, doc: Document{Anchors: make(map[string]bool)}}
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // fails only if the walker does
		if entering {
			p.visit(n)
		}
		return ast.WalkContinue, nil
	})
	return p.doc
}

type parser struct {
	source []byte
	doc    Document
}

func (p *parser) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.Heading:
		p.anchor(p.plain(n))
	case *ast.Link:
		p.doc.Links = append(p.doc.Links, Link{Line: p.line(n), Target: string(n.Destination), Text: p.plain(n)})
	case *ast.Image:
		p.doc.Links = append(p.doc.Links, Link{Line: p.line(n), Target: string(n.Destination), Text: p.plain(n), Image: true})
	case *ast.AutoLink:
		p.doc.Links = append(p.doc.Links, Link{Line: p.line(n), Target: string(n.URL(p.source))})
	case *ast.CodeSpan:
		p.doc.Spans = append(p.doc.Spans, Code{Line: p.line(n), Text: p.plain(n)})
	case *ast.FencedCodeBlock:
		code := Code{Line: p.line(n), Text: p.lines(n.Lines())}
		if n.Info != nil {
			code.Info = string(n.Info.Segment.Value(p.source))
		}
		p.doc.Blocks = append(p.doc.Blocks, code)
	case *ast.HTMLBlock:
		p.doc.HTML = append(p.doc.HTML, Code{Line: p.line(n), Text: p.lines(n.Lines())})
	case *ast.RawHTML:
		p.doc.HTML = append(p.doc.HTML, Code{Line: p.line(n), Text: p.lines(n.Segments)})
	}
}

// plain is the text of a node without its markup.
func (p *parser) plain(n ast.Node) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				out.Write(n.Segment.Value(p.source))
				if n.SoftLineBreak() {
					out.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				out.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

func (p *parser) lines(segments *text.Segments) string {
	return string(segments.Value(p.source))
}

// line is the line on which a node begins, counted from 1.
func (p *parser) line(n ast.Node) int {
	start := -1
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			start = t.Segment.Start
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	for block := n; start < 0 && block != nil; block = block.Parent() {
		if block.Type() == ast.TypeBlock && block.Lines().Len() > 0 {
			start = block.Lines().At(0).Start
		}
	}
	return 1 + bytes.Count(p.source[:max(start, 0)], []byte("\n"))
}

// anchor adds the fragment of a heading as GitHub makes it: small letters,
// digits, - and _, a hyphen for each space, and a number if it is taken.
func (p *parser) anchor(heading string) {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	free := slug
	for n := 1; p.doc.Anchors[free]; n++ {
		free = slug + "-" + strconv.Itoa(n)
	}
	p.doc.Anchors[free] = true
}
