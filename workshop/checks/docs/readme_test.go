package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// README.md quotes what the go command says when a setting keeps the course from
// starting, so that a learner finds the line.
func TestGoSaysWhatTheREADMEQuotes(t *testing.T) {
	t.Parallel()
	root := repository.Root(t)
	readme := read(t, root, "README.md")
	for says, settings := range map[string][]string{
		"-mod may only be set to readonly or vendor":    {"GOFLAGS=-mod=mod"},
		"inconsistent vendoring":                        {"GOFLAGS=-mod=vendor"},
		"-race requires cgo":                            {"GOFLAGS=-race", "CGO_ENABLED=0"},
		"cannot find package":                           {"GO111MODULE=off"},
		"cannot find main module|go.mod file not found": {"GOWORK=off"}, // in a clone, and in an unpacked zip
		"unknown GOEXPERIMENT":                          {"GOEXPERIMENT=nothingofthekind"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			for line := range strings.SplitSeq(says, "|") {
				assert.Contains(t, readme, "`"+line+"`")
			}
			said, err := coursetest.TryGo(t, root, settings, "build", "-n", "-o", os.DevNull, "./workshop")
			require.Error(t, err)
			assert.Regexp(t, says, said)
		})
	}
}

// So does it when it is too old, and no command works: a newer Go is asked for here,
// as there is no older one at hand.
func TestGoSaysWhatTheREADMEQuotesOfAnOldGo(t *testing.T) {
	t.Parallel()
	readme := read(t, repository.Root(t), "README.md")
	tree := t.TempDir()
	coursetest.Write(t, tree, "go.work", "go 1.99.0\n")
	empty := t.TempDir()
	if !strings.HasPrefix(empty, "/") {
		empty = "/" + filepath.ToSlash(empty)
	}
	for _, test := range []struct {
		says, fails string
		settings    []string
	}{
		{"requires go >= 1.99.0", "run ./workshop", []string{"GOTOOLCHAIN=local"}},
		{"toolchain not available", "run ./workshop", []string{"GOTOOLCHAIN=auto", "GOPROXY=file://" + empty}},
		{"toolchain not available", "env -w GOPROXY=direct", []string{"GOTOOLCHAIN=auto", "GOPROXY=file://" + empty}},
		{"golang.org/toolchain@v", "version", []string{"GOTOOLCHAIN=auto", "GOPROXY=http://127.0.0.1:1"}}, // no network
		{"toolchain not available", "version", []string{"GOTOOLCHAIN=auto", "GOPROXY=file://" + empty}},
	} {
		assert.Contains(t, readme, "`"+strings.ReplaceAll(test.says, "1.99.0", "1.26")+"`")
		said, err := coursetest.TryGo(t, tree, append(test.settings, "GOENV="+filepath.Join(t.TempDir(), "env")), strings.Fields(test.fails)...)
		require.Error(t, err, test.fails)
		assert.Contains(t, said, test.says, test.fails)
	}
}

// The times that the lessons and README.md name are those of the exercises.
func TestTimesAreThoseOfTheExercises(t *testing.T) {
	t.Parallel()
	c := repository.Course(t)
	var first, all, before5 int
	for _, step := range c.Steps {
		minutes, n := 0, len(step.Exercises)
		for _, e := range step.Exercises {
			minutes += e.Minutes
		}
		all += n
		says(t, c.Root, step.Name+"/README.md", fmt.Sprintf("%s exercises, about %d minutes; with", capital(inWords(n)), minutes))
		if step.Number == 5 {
			says(t, c.Root, "README.md", fmt.Sprintf("the %s of step 5 to about %d.", inWords(n), minutes))
			continue
		}
		first, before5 = first+minutes, before5+n
		says(t, c.Root, step.Name+"/README.md", "all "+inWords(n)+" exercises")
	}
	says(t, c.Root, "README.md", "in "+inWords(all)+" exercises")
	says(t, c.Root, "README.md", fmt.Sprintf("The %s exercises of steps 1 to 4 add up to about %d minutes", inWords(before5), first))
	says(t, c.Root, "README.md", fmt.Sprintf("/%d own", all))
}

// says demands that a document has these words, in whatever lines.
func says(t *testing.T, root, name, words string) {
	t.Helper()
	if !strings.Contains(strings.Join(strings.Fields(read(t, root, name)), " "), words) {
		t.Errorf("%s has to say %q", name, words)
	}
}

// inWords is a number below a hundred as English writes it.
func inWords(n int) string {
	small := strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
		"seventeen eighteen nineteen")
	tens := strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
	switch {
	case n < len(small):
		return small[n]
	case n%10 == 0:
		return tens[n/10]
	}
	return tens[n/10] + "-" + small[n%10]
}

// capital is a word at the beginning of a sentence.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func read(t *testing.T, root, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(content)
}
