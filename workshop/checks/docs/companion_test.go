package docs_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// A companion answers what its commands are. It is built when it is asked first.
type companion struct {
	root    string
	dir     string // for the program
	build   sync.Once
	program string
	mu      sync.Mutex
	pages   map[string]string // of help, by command; "" if there is none
}

// help returns what the companion says of a command: "kit stick".
func (c *companion) help(t *testing.T, command string) string {
	t.Helper()
	c.build.Do(func() {
		c.program = filepath.Join(c.dir, "companion")
		if runtime.GOOS == "windows" {
			c.program += ".exe"
		}
		coursetest.Go(t, c.root, "build", "-o", c.program, "./workshop/companion")
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	page, known := c.pages[command]
	if !known {
		out, err := exec.CommandContext(t.Context(), c.program, append([]string{"help"}, strings.Fields(command)...)...).Output()
		if err == nil {
			page = string(out)
		}
		c.pages[command] = page
	}
	return page
}

var (
	standsFor   = regexp.MustCompile(`^[A-Z][A-Z.]*$`) // something else: DIR, SUBMISSION...
	commandWord = regexp.MustCompile(`^[a-z]+$`)
)

// checkCompanion says what is wrong with a command of the companion that a text
// shows, given the words behind ./workshop: commands, flags, parts of the course
// and flaws that do not exist.
func (r *reader) checkCompanion(t *testing.T, words []string) string {
	t.Helper()
	command := ""
	for len(words) > 0 && commandWord.MatchString(words[0]) && r.companion.help(t, strings.TrimSpace(command+" "+words[0])) != "" {
		command, words = strings.TrimSpace(command+" "+words[0]), words[1:]
	}
	if command == "help" {
		if len(words) > 0 && r.companion.help(t, strings.Join(words, " ")) == "" {
			return fmt.Sprintf("help has nothing on %q", strings.Join(words, " "))
		}
		return ""
	}
	page := r.companion.help(t, command)
	for i, word := range words {
		flag, _, _ := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "-"):
			if !regexp.MustCompile(`(?m)^\s.*` + regexp.QuoteMeta(flag) + `\b`).MatchString(page) {
				return fmt.Sprintf("%q has no flag %s", command, flag)
			}
		case standsFor.MatchString(word), i > 0 && strings.HasPrefix(words[i-1], "-"):
		case command == "flaws show":
			if !slices.ContainsFunc(r.files, func(f string) bool { return strings.HasSuffix(f, "/"+word+".patch") }) {
				return "there is no flaw " + word
			}
		case command == "", slices.Contains([]string{"status", "hint", "diff", "run", "quiz", "spot", "reset", "catchup"}, command):
			if _, ok := r.course.Find(word); !ok {
				return fmt.Sprintf("there is no command, exercise or step %q", word)
			}
		}
	}
	return ""
}

func TestCommandsOfTheCompanionThatAreNone(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	for command, want := range map[string]string{
		"go run ./workshop":                                    "",
		"go run ./workshop 2.3":                                "",
		"go run ./workshop 9.9":                                "9.9",
		"go run ./workshop statsu":                             "statsu",
		"go run ./workshop status --json":                      "",
		"go run ./workshop status --lines":                     "has no flag --lines",
		"go run ./workshop kit stick DIR --installers FOLDER":  "",
		"go run ./workshop kit disk DIR":                       "",
		"go run ./workshop help kit stick":                     "",
		"go run ./workshop help kit disk":                      "disk",
		"go run ./workshop flaws show verify-without-expiry":   "",
		"go run ./workshop flaws show verify-without-anything": "no flaw verify-without-anything",
		"go run ./workshop catchup 7":                          "7",
	} {
		wrong := r.checkCommand(t, command)
		if want == "" {
			assert.Empty(t, wrong, command)
		} else {
			assert.Contains(t, wrong, want, command)
		}
	}
}

// What INSTRUCTORS.md says of minutes, flaws and counts is what the lessons and the
// gallery say.
func TestInstructorsAreToldTheTruth(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	text := read(t, r.root, "INSTRUCTORS.md")
	minutes := regexp.MustCompile(`\b([0-9]\.[0-9]) \(([0-9]+)\)`).FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, minutes)
	for _, m := range minutes {
		_, e, ok := r.course.Exercise(m[1])
		if assert.True(t, ok, m[0]) {
			assert.Equal(t, fmt.Sprint(e.Minutes), m[2], "the minutes of %s", e.ID)
		}
	}
	var reading []string
	for _, step := range r.course.Steps[:4] {
		found := regexp.MustCompile(`with reading, trying and the quiz about ([0-9]+)\.`).FindStringSubmatch(read(t, r.root, step.Name+"/README.md"))
		require.NotNil(t, found, step.Name)
		reading = append(reading, found[1])
	}
	says(t, r.root, "INSTRUCTORS.md", strings.Join(reading[:3], ", ")+" and "+reading[3]+" minutes with reading")

	_, byStep, ok := strings.Cut(text, "\n## Step by step\n")
	require.True(t, ok)
	byStep, _, _ = strings.Cut(byStep, "\n## ")
	parts := strings.Split(byStep, "\n**[Step ")[1:]
	require.Len(t, parts, len(r.course.Steps))
	for i, step := range r.course.Steps {
		part := parts[i]
		assert.Contains(t, part, "]("+step.Name+"/README.md).** *\"", "a link, and the opening sentence")
		show := regexp.MustCompile("Show `go run ./workshop flaws show ([a-z0-9-]+)`").FindStringSubmatch(part)
		if assert.NotNil(t, show, part) {
			assert.True(t, r.exists("workshop/flaws/"+step.Name+"/"+show[1]+".patch"), "%s is no flaw of %s", show[1], step.Name)
		}
		assert.Regexp(t, `Discuss: .*\?\n`, part)
		_, wrong, ok := strings.Cut(part, "What people get wrong: ")
		require.True(t, ok, part)
		counted := regexp.MustCompile(`(?s)\n(Counted: |We counted in ).*?\n\n`).FindString(read(t, r.root, step.Name+"/README.md"))
		for _, number := range regexp.MustCompile(`\b([0-9]+|five|nine|ten)\b`).FindAllString(wrong, -1) {
			assert.Regexp(t, `\b`+number+`\b`, counted, "%s counts no %s", step.Name, number)
		}
	}
	const threePages = 1700
	assert.LessOrEqual(t, len(words(text)), threePages, "words of INSTRUCTORS.md")
}
