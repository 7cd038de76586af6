package lesson

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// own renders what a page needs otherwise than goldmark does it: boxes that
// scroll can be reached with the keyboard, and HTML is nearly always text.
type own struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (o own) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(ast.KindFencedCodeBlock, o.code)
	register.Register(ast.KindCodeBlock, o.code)
	register.Register(ast.KindHTMLBlock, o.block)
	register.Register(ast.KindRawHTML, o.raw)
	register.Register(extast.KindTable, o.table)
}

func (own) code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	kind := ""
	if fenced, ok := n.(*ast.FencedCodeBlock); ok && string(fenced.Language(source)) == "console" {
		kind = ` class="console"`
	}
	_, _ = w.WriteString("<pre" + kind + ` tabindex="0"><code>`)
	for line := range bytes.Lines(n.Lines().Value(source)) {
		text := html.EscapeString(string(line))
		if kind != "" && (strings.HasPrefix(text, "$ ") || strings.HasPrefix(text, "&gt; ")) {
			text = "<b>" + strings.TrimSuffix(text, "\n") + "</b>\n" // what is typed
		}
		_, _ = w.WriteString(text)
	}
	_, _ = w.WriteString("</code></pre>\n")
	return ast.WalkContinue, nil
}

// kept is the HTML of lessons that stays what it is.
var kept = map[string]bool{"<details>": true, "</details>": true, "<summary>": true, "</summary>": true}

func (o own) block(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	block := n.(*ast.HTMLBlock)
	markup(w, string(block.Lines().Value(source)))
	if block.HasClosure() {
		markup(w, string(block.ClosureLine.Value(source)))
	}
	return ast.WalkContinue, nil
}

func (o own) raw(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		markup(w, string(n.(*ast.RawHTML).Segments.Value(source)))
	}
	return ast.WalkSkipChildren, nil
}

// markup writes text, and of the tags in it those that are kept.
func markup(w util.BufWriter, text string) {
	for text != "" {
		begin := strings.IndexByte(text, '<')
		if begin < 0 {
			begin = len(text)
		}
		_, _ = w.WriteString(html.EscapeString(text[:begin]))
		text = text[begin:]
		end := strings.IndexByte(text, '>') + 1
		if end > 0 && kept[text[:end]] {
			_, _ = w.WriteString(text[:end])
		} else {
			end = min(1, len(text))
			_, _ = w.WriteString(html.EscapeString(text[:end]))
		}
		text = text[end:]
	}
}

func (own) table(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(`<div class="wide" role="group" aria-label="Table" tabindex="0"><table>` + "\n")
	} else {
		_, _ = w.WriteString("</table></div>\n")
	}
	return ast.WalkContinue, nil
}
