package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/console"
	"example.com/bookapi/workshop/internal/markdown"
)

// run runs a document of console blocks, each given as its lines, and returns
// what is wrong with it.
func run(t *testing.T, blocks ...string) error {
	t.Helper()
	parsed, err := parse(blocks...)
	if err != nil {
		return err
	}
	session, err := console.NewSession()
	require.NoError(t, err)
	for _, block := range parsed {
		if err := session.Run(t.Context(), "testdata", block); err != nil {
			_ = session.Close()
			return err
		}
	}
	return session.Close()
}

func parse(blocks ...string) ([]console.Block, error) {
	var document strings.Builder
	for _, block := range blocks {
		document.WriteString("```console\n" + block + "\n```\n")
	}
	return console.Blocks(markdown.Parse([]byte(document.String())))
}

func TestABlockThatSaysWhatIsPrintedPasses(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]string{
		"output":                 "$ echo hello\nhello",
		"no output":              "$ true",
		"white space at the end": "$ printf 'a  \\nb\\n\\n'\na\nb",
		"carriage returns":       "$ printf 'a\\r\\nb\\r\\n'\na\nb",
		"no line end":            "$ printf a\na",
		"two commands":           "$ echo a\na\n$ echo b\nb",
		"a continued command":    "$ echo a \\\n>   b\na b",
		"a failing command":      "$ false\n$ echo $?\n1",
		"standard error":         "$ echo a >&2\na",
		"a variable":             "$ NAME=ada\n$ echo hello $NAME\nhello ada",
		"part of a line":         "$ echo one two three\none … three",
		"parts of a line":        "$ echo one two three\n…two…",
		"nothing for a part":     "$ echo one\no…ne",
		"any lines":              "$ printf '1\\n2\\n3\\n4\\n'\n1\n…\n4",
		"a first download":       "$ printf 'a\\ngo: downloading example.com/m v1.0.0\\nb\\n'\na\nb",
		"no lines":               "$ printf '1\\n4\\n'\n1\n…\n4\n…",
		"the second of two":      "$ printf 'a\\nb\\na\\nc\\n'\n…\na\nc",
		"only any lines":         "$ echo x\n…",
		"the port":               "$ echo 127.0.0.1:8080\n127.0.0.1:8080",
		"the token":              "$ echo '{\"access_token\":\"x.y.z\"}'\n{\"access_token\":\"…\"}\n$ TOKEN=…\n$ echo Bearer $TOKEN\nBearer x.y.z",
		"an exported variable":   "$ export A=$(echo b)\n$ echo $A\nb",
		"the refresh token":      "$ echo '{\"access_token\":\"a\",\"refresh_token\":\"r.s\"}'\n…\n$ REFRESH=…\n$ echo $REFRESH\nr.s",
		"the last token":         "$ echo '{\"access_token\":\"a\"}{\"access_token\": \"b\"}'\n…\n$ TOKEN=…\n$ echo $TOKEN\nb",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.NoError(t, run(t, block))
		})
	}
}

func TestABlockThatSaysSomethingElseFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ block, want string }{
		"another line":          {"$ echo hello\nhullo", "line 3 is different:\n  document: hullo\n  printed:  hello\n"},
		"a line less":           {"$ echo hello\nhello\nworld", "did not print line 4:\n  world\n"},
		"a line more":           {"$ printf 'a\\nb\\n'\na", "printed more than the document says:\n  b\n"},
		"unsaid output":         {"$ echo hello", "printed more than the document says:\n  hello\n"},
		"none behind any lines": {"$ printf '1\\n2\\n'\n…\n3", "did not print line 4 anywhere behind the …:\n  3\n"},
		"part of a line":        {"$ echo one two\none … three", "line 3 is different"},
		"parts in wrong order":  {"$ echo two one\n…one…two", "line 3 is different"},
		"parts that overlap":    {"$ echo aba\nab…ba", "line 3 is different"},
		"three dots":            {"$ echo hello\n...", "line 3 is different"},
		"a continued command":   {"$ echo a \\\n> b\nb", "line 4 is different"},
		"no such program":       {"$ there-is-no-such-program\n…", `"there-is-no-such-program": executable file not found`},
		"not even a command":    {"hello", "begins with a command"},
		"not continued":         {"$ echo a \\\nb", "begin this one with"},
		"half a command":        {"$ echo a \\", "the block ends"},
		"no shell":              {"$ echo 'a", "without closing quote"},
		"no token":              {"$ TOKEN=…", "nothing of the kind was printed"},
		"another variable":      {"$ SECRET=…", "only TOKEN and REFRESH"},
		"nothing to interrupt":  {"$ true\n^C", "no server is running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorContains(t, run(t, test.block), test.want)
		})
	}
}

const (
	start = "$ go run ./cmd/bookapi\nserving on 127.0.0.1:8080"
	ask   = "$ go run ./cmd/fetch http://127.0.0.1:8080/books\n{\"access_token\": \"for /books\"}"
)

func TestAServerRunsOnUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	assert.NoError(t, run(t, start+"\n…", ask, "$ TOKEN=…\n$ echo $TOKEN\nfor /books", "^C",
		"$ go run ./cmd/fetch http://127.0.0.1:8080/\n…\nexit status 1"))
}

func TestAServerEndsWithTheDocument(t *testing.T) {
	t.Parallel()
	blocks, err := parse(start)
	require.NoError(t, err)
	session, err := console.NewSession()
	require.NoError(t, err)
	require.NoError(t, session.Run(t.Context(), "testdata", blocks[0]))
	url := "http://127.0.0.1:" + session.Port()

	answer, err := http.Get(url)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	_ = session.Close() // may have seen that the toy printed what it was asked for
	_, err = http.Get(url)
	assert.Error(t, err)
}

func TestAServerMakesPlaceForTheNext(t *testing.T) {
	t.Parallel()
	assert.NoError(t, run(t, start, start, start+"\n^C", start))
}

func TestAServersLastWordsAreComparedIfTheyAreThere(t *testing.T) {
	t.Parallel()
	assert.NoError(t, run(t, start+"\n^C"))
	assert.NoError(t, run(t, start+"\n^Cgoodbye"))
	assert.NoError(t, run(t, start+"\n^C\ngoodbye"))
	assert.NoError(t, run(t, start, "^C\ngoodbye"))
	assert.ErrorContains(t, run(t, start+"\n^C\nhello"), "line 5 is different:\n  document: hello\n  printed:  goodbye\n")
	assert.NoError(t, run(t, start+"\n…", ask, "^C\ngoodbye"))
	assert.ErrorContains(t, run(t, start, ask, "^C\ngoodbye"), "asked for /books")
}

func TestAServerThatDoesNotStartIsNoticed(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, run(t, "$ go run ./cmd/bookapi -h\nserving on 127.0.0.1:8080"), "printed:  no help here")
	assert.NoError(t, run(t, "$ go run ./cmd/bookapi -h\nno help here\nexit status 2"))
	assert.ErrorContains(t, run(t, "$ go run ./cmd/bookapi"), "must print a line")
}

func TestOnlyConsoleBlocksAreRun(t *testing.T) {
	t.Parallel()
	blocks, err := console.Blocks(markdown.Parse([]byte("```sh\nfalse\n```\n\n```console starter\n$ go test \\\n> ./...\n```\n")))
	require.NoError(t, err)
	require.Len(t, blocks, 1)
	assert.Equal(t, "starter", blocks[0].Mode)
	assert.Equal(t, 6, blocks[0].Line)
	assert.Equal(t, []string{"go test \\\n./..."}, blocks[0].Commands())
}
