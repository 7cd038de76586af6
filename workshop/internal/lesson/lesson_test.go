package lesson_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/lesson"
)

func render(t *testing.T, source string) string {
	t.Helper()
	page, err := lesson.Render([]byte(source), func(target string) string { return "/here/" + target })
	require.NoError(t, err)
	return string(page)
}

func TestFoldOutBoxesAreKept(t *testing.T) {
	t.Parallel()
	page := render(t, "<details>\n<summary>What just <b>happened</b></summary>\n\nIt is *this*.\n</details>\n\nafter\n")
	assert.Contains(t, page, "<details>\n<summary>What just &lt;b&gt;happened&lt;/b&gt;</summary>\n<p>It is <em>this</em>.</p>\n</details>\n<p>after</p>")
}

func TestNothingElseBecomesMarkup(t *testing.T) {
	t.Parallel()
	for _, attack := range []string{
		"<script>alert(1)</script>",
		"<img src=x onerror=alert(1)>",
		"<details open ontoggle=alert(1)>",
		"<details/ontoggle=alert(1)>",
		"<DETAILS ONTOGGLE=alert(1)>",
		"text <b onclick=alert(1)>b</b>",
		"<!-- <script> -->",
		"<?php <script> ?>",
		"<![CDATA[<script>]]>",
		"<iframe src=//mallory.example></iframe>",
		"<svg/onload=alert(1)>",
		"<style>body { display: none }</style>",
		"<summary onclick=alert(1)>x</summary>",
		"a <",
		"```html\n<script>alert(1)</script>\n```",
		"```console\n$ <script>alert(1)</script>\n```",
		"    <script>alert(1)</script>",
		"`<script>`",
		"| a |\n|:-:|\n| <img src=x onerror=alert(1)> |",
		"![<script>](x.svg \"<script>\")",
		"# <script>alert(1)</script>",
	} {
		page := render(t, attack)
		for _, tag := range []string{"<script", "<img src=x", "<details ", "<details/", "<DETAILS", "<b onclick", "<iframe", "<svg", "<style", "<summary ", "<!", "<?", " style="} {
			assert.NotContains(t, page, tag, attack)
		}
	}
}

func TestLinksLeadWhereTheyAreSent(t *testing.T) {
	t.Parallel()
	page := render(t, "[a](password.go) ![b](hashing.svg)\n")
	assert.Contains(t, page, `<a href="/here/password.go">a</a>`)
	assert.Contains(t, page, `<img src="/here/hashing.svg" alt="b">`)
	dangerous, err := lesson.Render([]byte("[a](javascript:alert(1)) ![b](data:text/html,x)"), func(target string) string { return target })
	require.NoError(t, err)
	assert.NotContains(t, string(dangerous), "javascript:")
	assert.NotContains(t, string(dangerous), "data:")
}

func TestHeadingsOfExercisesAreMarked(t *testing.T) {
	t.Parallel()
	page := render(t, "### 1.1 Hash a password\n\n## 1. Where you are\n")
	assert.Contains(t, page, `<h3 id="exercise-1.1" data-exercise="1.1">`)
	assert.Contains(t, page, `<h2 id="1-where-you-are">`)
}

func TestEveryLessonCanBeShown(t *testing.T) {
	t.Parallel()
	lessons, err := filepath.Glob("../../../step*/README.md")
	require.NoError(t, err)
	require.NotEmpty(t, lessons)
	for _, file := range lessons {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		page := render(t, string(source))
		assert.Equal(t, strings.Count(string(source), "<details>"), strings.Count(page, "<details>"), file)
		assert.Equal(t, strings.Count(page, "<details>"), strings.Count(page, "</details>"), file)
		assert.Contains(t, page, "<img src=\"/here/", file)
		assert.NotContains(t, page, "&lt;details", file)
	}
}
