package variants_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/variants"
)

const program = `package main

import (
	"errors"
	"fmt"
	str "strings"
)

const limit = 3

// Least is not.
const Least = 1

// Most is seen from outside.
const Most = 5

var errFar = errors.New("too far")

type counter struct{ n int }

func (c *counter) add(n int) { c.n += n }

// String is what fmt prints.
func (c counter) String() string { return fmt.Sprint("counted ", c.n) }

func near(n int) bool { return n < limit }

func move(n int, _ string, more ...int) (int, error) {
	if !near(n) {
		return Least - 1, errFar
	}
	return n + len(more), nil
}

func first[T any](all []T) T { return all[0] }

func shout(text string) { fmt.Print(str.ToUpper(text), " ") }

func rescue() { _ = recover() }

func main() {
	defer rescue()
	var c counter
	n, err := move(2, "", 7, 8)
	c.add(n)
	shout("moved")
	fmt.Print(c, " ", err, " ", first([]int{4, 5}))
}
`

// Each change does what it does alone, and none of it while it sleeps.
func TestEachChangeDoesWhatItDoesAlone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, new string // what becomes of a part of the program
		want     string // what it prints, if the change can be merged
		why      string // why it cannot
	}{
		"a function":                                {"return n + len(more), nil", "return 10 * (n + len(more)), nil", "MOVED counted 40 <nil> 4", ""},
		"a function without a result":               {"str.ToUpper(text)", "str.ToLower(text)", "moved counted 4 <nil> 4", ""},
		"a generic function":                        {"return all[0]", "return all[1]", "MOVED counted 4 <nil> 5", ""},
		"an exported method":                        {`fmt.Sprint("counted ", c.n)`, `fmt.Sprint(c.n)`, "MOVED 4 <nil> 4", ""},
		"a function and a helper":                   {"func near(n int) bool { return n < limit }", "func near(n int) bool { return !far(n) }\n\nfunc far(n int) bool { return n > 1 }", "MOVED counted 0 too far 4", ""},
		"a helper of the same name":                 {"func near(n int) bool { return n < limit }", "func near(n int) bool { return !far(n) }\n\nfunc far(n int) bool { return n > 7 }", "MOVED counted 4 <nil> 4", ""},
		"a constant, through a function that stays": {"const limit = 3", "const limit = 1", "MOVED counted 0 too far 4", ""},
		"a variable, through a function that stays": {`errors.New("too far")`, `errors.New("no")`, "MOVED counted 4 <nil> 4", ""},
		"a type of its own with methods": {"func near(n int) bool { return n < limit }", `func near(n int) bool { fmt.Print(mine{}, " "); return true }

type mine struct{}

func (mine) String() string { return "mine" }`, "mine MOVED counted 4 <nil> 4", ""},
		"an exported constant":                       {"const Most = 5", "const Most = 6", "", "Most changes, and others see it"},
		"an exported constant that nobody else uses": {"const Least = 1", "const Least = 1 + 0*limit", "MOVED counted 4 <nil> 4", ""},
		"an exported method that goes":               {"// String is what fmt prints.\nfunc (c counter) String() string { return fmt.Sprint(\"counted \", c.n) }\n", "", "", "the method (counter).String goes"},
		"one that recovers":                          {"func rescue() { _ = recover() }", "func rescue() { recover() }", "", "rescue recovers"},
		"init":                                       {"func main() {", "func init() { fmt.Print(\"early \") }\n\nfunc main() {", "early MOVED counted 4 <nil> 4", ""},
		"nothing":                                    {"const limit = 3", "const limit = 3 // as ever", "MOVED counted 4 <nil> 4", ""},
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.26.0\n"), 0o600))
	require.NoError(t, os.WriteFile(file, []byte(program), 0o600))
	names := slices.Sorted(maps.Keys(tests))
	var changes []map[string][]byte
	for _, name := range names {
		text := strings.Replace(program, tests[name].old, tests[name].new, 1)
		require.NotEqual(t, program, text, name)
		changes = append(changes, map[string][]byte{file: []byte(text)})
	}
	merged, err := variants.Merge(changes, func(folder, name string) bool {
		assert.Equal(t, dir, folder)
		return name == "Most"
	}, true)
	require.NoError(t, err)
	list, err := overlay.Write(t.TempDir(), merged.Files)
	require.NoError(t, err)
	binary := filepath.Join(dir, "program.exe")
	out, err := gocmd.Command(t.Context(), dir, gocmd.Alone(), "build", "-o", binary, "-overlay="+list, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	run := func(awake string) string {
		cmd := exec.Command(binary)
		cmd.Env = append(os.Environ(), variants.Variable+"="+awake)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	assert.Equal(t, "MOVED counted 4 <nil> 4", run(""), "all are asleep")
	for i, name := range names {
		if tests[name].why != "" {
			assert.ErrorContains(t, merged.Why[i], tests[name].why, name)
			continue
		}
		if assert.NoError(t, merged.Why[i], name) {
			assert.Equal(t, tests[name].want, run(strconv.Itoa(i)), name)
		}
	}
	both := strconv.Itoa(slices.Index(names, "a function")) + "," + strconv.Itoa(slices.Index(names, "a generic function"))
	assert.Equal(t, "MOVED counted 40 <nil> 5", run(both), "two together")
}
