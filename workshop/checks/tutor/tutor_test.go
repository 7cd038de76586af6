package tutor_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/tutor"
)

// A session is an assistant's with the tutor.
type session struct {
	*mcp.ClientSession
	t *testing.T
}

func connect(t *testing.T, of *tutor.Tutor) session {
	t.Helper()
	here, there := mcp.NewInMemoryTransports()
	server, err := of.Server().Connect(t.Context(), there, nil)
	require.NoError(t, err)
	client, err := mcp.NewClient(&mcp.Implementation{Name: "check", Version: "1.0.0"}, nil).Connect(t.Context(), here, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Wait()
	})
	return session{client, t}
}

type args map[string]any

// call returns what a tool answers, and whether that is a refusal.
func (s session) call(tool string, with args) (text string, refused bool) {
	s.t.Helper()
	result, err := s.CallTool(s.t.Context(), &mcp.CallToolParams{Name: tool, Arguments: with})
	require.NoError(s.t, err, "%s %v", tool, with)
	for _, content := range result.Content {
		text += content.(*mcp.TextContent).Text
	}
	assert.NotEmpty(s.t, text, "%s %v", tool, with)
	return text, result.IsError
}

func (s session) answers(tool string, with args) string {
	s.t.Helper()
	text, refused := s.call(tool, with)
	assert.False(s.t, refused, "%s %v: %s", tool, with, text)
	return text
}

func (s session) refuses(tool string, with args) string {
	s.t.Helper()
	text, refused := s.call(tool, with)
	assert.True(s.t, refused, "%s %v: %s", tool, with, text)
	return text
}

const (
	solved = `	switch {
	case plaintext == "", strings.Contains(plaintext, "\x00"):
		return "", bookapi.Invalid("password", "must be text")
	case len([]byte(plaintext)) > 72:
		return "", bookapi.Invalid("password", "must be shorter")
	}
	made, err := bcrypt.GenerateFromPassword([]byte(plaintext), Cost)
	if err != nil {
		return "", err
	}
	return string(made), nil
`
	imports = "package hashing\n\nimport (\n\t\"strings\"\n\n\t\"golang.org/x/crypto/bcrypt\"\n\n\t\"example.com/bookapi\"\n)\n"
)

// From a red exercise to green, and no solution is given away before.
func TestFromRedToGreen(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	repository.Copy(t, tree)
	bodies := referenceBodies(t)
	s := connect(t, tutor.New(tree))
	var before []string
	say := func(text string) string { before = append(before, text); return text }

	where := say(s.answers("where_am_i", nil))
	assert.Contains(t, where, "0 of 23 green")
	assert.Contains(t, where, "Next: 1.1  Hash a password")
	red := say(s.answers("first_red", nil))
	assert.Contains(t, red, "Promise broken (1.1): HashPassword makes a hash")
	section := say(s.answers("lesson_section", args{"part": "1.1"}))
	assert.Contains(t, section, "**Why.**")
	assert.Contains(t, section, "What just happened is here when 1.1 is green")
	assert.NotContains(t, section, "drew 16 random bytes")
	first := say(s.answers("next_hint", args{"exercise": "1.1"}))
	second := say(s.answers("next_hint", nil))
	assert.Contains(t, first, "a question, for the red TestHashPasswordMakesAHash")
	assert.Contains(t, second, "hint 2 of ")
	assert.NotEqual(t, first, second)
	assert.Contains(t, say(s.refuses("reference", args{"exercise": "1.1"})), "1.1 is not green")

	// Tests that somebody has edited open nothing, and neither do their helpers.
	test := filepath.Join(tree, "step1-hashing", "exercise_1_1_test.go")
	old, err := os.ReadFile(test)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(test, []byte("package hashing_test\n\nimport \"testing\"\n\nfunc TestHashPasswordMakesAHash(t *testing.T) {}\n"), 0o600))
	checked := say(s.answers("check_exercise", args{"exercise": "1.1"}))
	assert.Contains(t, checked, "step1-hashing/exercise_1_1_test.go is not as it was handed out")
	assert.Contains(t, checked, "Promise broken (1.1)")
	assert.Contains(t, say(s.refuses("reference", args{"exercise": "1.1"})), "1.1 is not green")
	require.NoError(t, os.WriteFile(test, old, 0o600))
	const helper, runs = "bookapi/bookapitest/exercise.go", "exercise: exercise}\n\tcheck.run(body)\n"
	runsNot := strings.Replace(runs, "check.run(body)", "_ = check", 1)
	coursetest.Replace(t, tree, helper, runs, runsNot)
	assert.Contains(t, say(s.refuses("reference", args{"exercise": "1.1"})), "green says nothing")
	coursetest.Replace(t, tree, helper, runsNot, runs)
	for _, text := range before {
		assert.Empty(t, bodies.in(text))
	}

	// The learner writes.
	coursetest.Replace(t, tree, "step1-hashing/password.go", "\npackage hashing\n", "\n"+imports)
	coursetest.Replace(t, tree, "step1-hashing/password.go", "\treturn \"\", errTODO(\"1.1\")\n", solved)
	assert.Contains(t, s.answers("check_exercise", args{"exercise": "1.1"}), "1.1 is green")
	assert.Contains(t, s.answers("where_am_i", nil), "1 of 23 green")
	assert.Contains(t, s.answers("next_hint", args{"exercise": "1.1"}), "needs no hint")
	assert.Contains(t, s.answers("lesson_section", args{"part": "1.1"}), "drew 16 random bytes")
	reference := s.answers("reference", args{"exercise": "1.1"})
	assert.Contains(t, reference, "hash, err := bcrypt.GenerateFromPassword([]byte(plaintext), Cost)")
	assert.Empty(t, bodies.without("1.1").in(reference), "the reference of another exercise stands in it")
	assert.Contains(t, s.refuses("reference", args{"exercise": "1.2"}), "1.2 is not green")
}

// Bad arguments get an answer that helps, whatever they are.
func TestBadArguments(t *testing.T) {
	t.Parallel()
	s := connect(t, tutor.New(repository.Root(t)))
	long := strings.Repeat("9", 1<<20)
	for _, test := range []struct {
		tool string
		with args
		want string
	}{
		{"check_exercise", args{"exercise": "1.9"}, `there is no exercise "1.9": did you mean "1.`},
		{"check_exercise", args{"exercise": "1"}, `"1" is a step, and this is for one exercise, such as 1.1`},
		{"check_exercise", args{"exercise": long}, "there is no exercise"},
		{"check_exercise", args{"exercise": 1.1}, "exercise"},
		{"check_exercise", nil, "exercise"},
		{"check_exercise", args{"exercise": "../solutions"}, "there is no exercise"},
		{"reference", args{"exercise": "9.9"}, "there is no exercise"},
		{"reference", args{"exercise": "1.1", "force": true}, "force"},
		{"lesson_section", args{"part": "../solutions/step1-hashing"}, "there is no part of the course"},
		{"lesson_section", args{"part": "1", "heading": "Nothing"}, "no heading"},
		{"lesson_section", args{"part": "1", "heading": "5. Quick check"}, "quiz_question asks them"},
		{"quiz_question", args{"step": 0, "number": 1}, "numbered from 1 to 5"},
		{"quiz_question", args{"step": 1, "number": 99}, "there is no question 99: step 1 has 5"},
		{"quiz_answer", args{"step": 1, "number": 1, "answer": "z"}, "letters from a to "},
	} {
		text := s.refuses(test.tool, test.with)
		assert.Contains(t, text, test.want, "%s", test.tool)
		assert.Less(t, len(text), 400, "%s", test.tool)
	}
	outside := connect(t, tutor.New(t.TempDir()))
	assert.Contains(t, outside.refuses("where_am_i", nil), "was not started in a folder of the workshop")
}

// The companion starts as fast as without a tutor.
func TestTheCompanionIsWithoutTheTutor(t *testing.T) {
	t.Parallel()
	deps := coursetest.Go(t, repository.Root(t), "list", "-deps", "./workshop", "./workshop/companion")
	assert.Contains(t, deps, "example.com/bookapi/workshop/internal/course")
	assert.NotContains(t, deps, "modelcontextprotocol")
	assert.NotContains(t, deps, "workshop/internal/tutor")
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

// commands returns what the README's configurations of editors start.
func commands(t *testing.T) [][]string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(repository.Root(t), "README.md"))
	require.NoError(t, err)
	var all [][]string
	for _, block := range jsonBlock.FindAllSubmatch(readme, -1) {
		var config map[string]map[string]struct {
			Command string
			Args    []string
		}
		require.NoError(t, json.Unmarshal(block[1], &config))
		for _, servers := range config {
			for _, server := range servers {
				all = append(all, append([]string{server.Command}, server.Args...))
			}
		}
	}
	_, added, ok := bytes.Cut(readme, []byte("claude mcp add bookapi-tutor -- "))
	require.True(t, ok)
	line, _, _ := bytes.Cut(added, []byte("\n"))
	return append(all, strings.Fields(string(line)))
}

// Another client, over stdio, starts it as the README tells the editors to.
func TestAnotherClientOverStdio(t *testing.T) {
	t.Parallel()
	modules := os.Getenv("BOOKAPI_TEST_MCP")
	node, err := exec.LookPath("node")
	if modules == "" || err != nil {
		coursetest.Lacks(t, "MCP client: set BOOKAPI_TEST_MCP to the folder that .ci/mcp-client has made")
	}
	script, err := os.ReadFile(filepath.Join("testdata", "client.mjs"))
	require.NoError(t, err)
	file := filepath.Join(modules, "client.mjs") // imports are looked for beside it
	require.NoError(t, os.WriteFile(file, script, 0o600))
	tree := t.TempDir()
	repository.Copy(t, tree)
	calls := []args{
		{"name": "first_red", "arguments": args{"exercise": "1.1"}},
		{"name": "next_hint", "arguments": args{"exercise": "1.1"}},
		{"name": "quiz_question", "arguments": args{"step": 1, "number": 1}},
		{"name": "reference", "arguments": args{"exercise": "1.1"}},
		{"name": "reference", "arguments": args{"exercise": "9.9"}},
	}
	answers := []string{"Promise broken (1.1)", "hint 1 of ", "1 of 5", "1.1 is not green", "there is no exercise"}

	started := commands(t)
	require.Len(t, started, 3)
	for i, command := range started {
		from := 0
		if i > 0 {
			from = 4 // that it starts is enough
		}
		said := ask(t, node, file, tree, command, calls[from:])
		assert.Equal(t, "bookapi-tutor", said.Server.Name)
		assert.ElementsMatch(t, []string{"where_am_i", "first_red", "next_hint", "lesson_section", "check_exercise", "quiz_question", "quiz_answer", "reference"}, said.Tools)
		require.Len(t, said.Answers, len(calls)-from, "%v", command)
		for i, got := range said.Answers {
			assert.Contains(t, got.Text, answers[from+i])
			assert.Equal(t, calls[from+i]["name"] == "reference", got.Refused, got.Text)
		}
	}
}

type said struct {
	Server  struct{ Name string }
	Tools   []string
	Answers []struct {
		Text    string
		Refused bool
	}
}

func ask(t *testing.T, node, client, tree string, command []string, calls []args) (s said) {
	t.Helper()
	typed, err := json.Marshal(calls)
	require.NoError(t, err)
	all := []string{client, tree}
	for _, word := range command {
		all = append(all, strings.ReplaceAll(word, "${workspaceFolder}", tree))
	}
	cmd := exec.CommandContext(t.Context(), node, all...)
	cmd.Env = append(os.Environ(), "GOWORK=")
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(typed), &out, &errs
	require.NoError(t, cmd.Run(), "%s", errs.String())
	require.NoError(t, json.Unmarshal(out.Bytes(), &s), "%s", out.String())
	return s
}
