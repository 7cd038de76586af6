package markdown_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/markdown"
)

const document = "# The `Book` API\n" +
	"\n" +
	"Read [the *first* step](step1-hashing/README.md#try-it) and\n" +
	"![a key, drawn](key.svg) or <https://go.dev>, then `go test ./...`.\n" +
	"\n" +
	"<details>\n" +
	"<summary>What just happened</summary>\n" +
	"\n" +
	"- a list\n" +
	"\n" +
	"  ```console starter\n" +
	"  $ echo hello\n" +
	"  hello\n" +
	"  ```\n" +
	"\n" +
	"</details>\n" +
	"\n" +
	"## Try it: 401, or 403?\n" +
	"## Try it: 401, or 403?\n" +
	"\n" +
	"| `a` | b |\n" +
	"|---|---|\n" +
	"| [c](d.md) | e |\n"

func TestParseFindsWhatCanBeChecked(t *testing.T) {
	t.Parallel()
	doc := markdown.Parse([]byte(document))

	assert.Equal(t, []markdown.Link{
		{Line: 3, Target: "step1-hashing/README.md#try-it", Text: "the first step"},
		{Line: 4, Target: "key.svg", Text: "a key, drawn", Image: true},
		{Line: 3, Target: "https://go.dev"}, // of its paragraph: goldmark keeps no better place
		{Line: 23, Target: "d.md", Text: "c"},
	}, doc.Links)
	assert.Equal(t, []markdown.Code{
		{Line: 1, Text: "Book"},
		{Line: 4, Text: "go test ./..."},
		{Line: 21, Text: "a"},
	}, doc.Spans)
	assert.Equal(t, []markdown.Code{{Line: 12, Info: "console starter", Text: "$ echo hello\nhello\n"}}, doc.Blocks)
	assert.Equal(t, map[string]bool{
		"the-book-api": true, "try-it-401-or-403": true, "try-it-401-or-403-1": true,
	}, doc.Anchors)
	assert.Equal(t, "</details>\n", doc.HTML[1].Text)
}

func TestParseTakesAnyText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "```", "```console", "[", "# ", "\x00\xff"} {
		assert.NotPanics(t, func() { markdown.Parse([]byte(text)) }, "%q", text)
	}
}
