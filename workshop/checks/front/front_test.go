// Package front_test proves the front of the companion: workshop itself.
package front_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
)

// tiny is a companion that shows what has reached it.
const tiny = `package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "wait" {
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		fmt.Println("waiting")
		<-interrupted
		fmt.Println("interrupted")
		os.Exit(7)
	}
	in, _ := io.ReadAll(os.Stdin)
	fmt.Printf("%q %q\n", os.Args[1:], in)
	fmt.Fprintln(os.Stderr, "words")
	os.Exit(len(os.Args) - 1)
}
`

// A house is a workspace with the front and a tiny companion.
type house struct{ root, front string }

func newHouse(t *testing.T) house {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	h := house{root: root, front: filepath.Join(root, "front.exe")}
	workshop := filepath.Join(repository.Root(t), "workshop")
	for _, pattern := range []string{"*.go", "internal/gocmd/*.go", "internal/proctree/*.go"} {
		files, err := filepath.Glob(filepath.Join(workshop, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			name, err := filepath.Rel(workshop, file)
			require.NoError(t, err)
			if !strings.HasSuffix(name, "_test.go") {
				h.write(t, filepath.Join("workshop", name), string(text))
			}
		}
	}
	h.write(t, "go.work", "go 1.26.0\n\nuse ./workshop\n")
	h.write(t, "workshop/go.mod", "module example.com/bookapi/workshop\n\ngo 1.26.0\n")
	h.write(t, "workshop/companion/main.go", tiny)
	out, err := h.command(t, "go", "build", "-o", h.front, "./workshop").CombinedOutput()
	require.NoError(t, err, string(out))
	return h
}

func (h house) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(h.root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func (h house) command(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = h.root
	cmd.Env = append(cmd.Environ(), "GOWORK=", "GOPROXY=off")
	return cmd
}

// run runs the command with more variables in its environment.
func (h house) run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := h.command(t, h.front, args...)
	var out, errs bytes.Buffer
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("typed"), &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// programs are the companions that are kept in a place, and what else is there.
func programs(t *testing.T, place string) []string {
	t.Helper()
	entries, err := os.ReadDir(place)
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (h house) bin() string { return filepath.Join(h.root, ".workshop", "bin") }

func TestTheCompanionGetsEverything(t *testing.T) {
	h := newHouse(t)
	stdout, stderr, code := h.run(t, nil, "status", "--json", "a b", "")
	assert.Equal(t, `["status" "--json" "a b" ""] "typed"`+"\n", stdout)
	assert.Equal(t, 4, code)
	assert.True(t, strings.HasPrefix(stderr, "Building the companion"), stderr)
	assert.True(t, strings.HasSuffix(stderr, "\nwords\n"), stderr)
	assert.NotContains(t, stderr, "\r", "no terminal, no rewriting of lines")

	stdout, stderr, code = h.run(t, nil)
	assert.Equal(t, `[] "typed"`+"\n", stdout)
	assert.Zero(t, code)
	assert.Equal(t, "words\n", stderr, "nothing is built again, and so nothing is said")

	out, err := h.command(t, "go", "run", "./workshop", "x").CombinedOutput()
	assert.Error(t, err)
	assert.Equal(t, "[\"x\"] \"\"\nwords\nexit status 1\n", string(out))
}

func TestTheCompanionIsAsItsSourcesAre(t *testing.T) {
	h := newHouse(t)
	h.run(t, nil)
	first := programs(t, h.bin())
	require.Len(t, first, 1)

	h.write(t, "workshop/companion/main_test.go", "package main\n")
	h.write(t, "workshop/flaws/one.patch", "anything")
	h.write(t, "go.work", "go 1.26.0\n\nuse ./workshop // by me\n")
	_, stderr, _ := h.run(t, nil)
	assert.Equal(t, "words\n", stderr, "of that nothing is in it")

	h.write(t, "workshop/companion/main.go", strings.Replace(tiny, `"words"`, `"other words"`, 1))
	_, stderr, _ = h.run(t, nil)
	assert.Contains(t, stderr, "Building the companion")
	assert.Contains(t, stderr, "\nother words\n")

	h.write(t, "workshop/companion/main.go", tiny)
	_, stderr, _ = h.run(t, nil)
	assert.Equal(t, "words\n", stderr, "that one is there already")

	// What has been there for long goes when another is built.
	old := filepath.Join(h.bin(), "building-123")
	require.NoError(t, os.Mkdir(old, 0o755))
	for _, name := range programs(t, h.bin()) {
		yesterday := time.Now().Add(-24 * time.Hour)
		require.NoError(t, os.Chtimes(filepath.Join(h.bin(), name), yesterday, yesterday))
	}
	h.write(t, "workshop/companion/main.go", strings.Replace(tiny, `"words"`, `"new words"`, 1))
	h.run(t, nil)
	assert.Len(t, programs(t, h.bin()), 1)
}

func TestStartsAtTheSameTime(t *testing.T) {
	h := newHouse(t)
	var starts sync.WaitGroup
	for range 4 {
		starts.Go(func() {
			stdout, stderr, code := h.run(t, nil)
			assert.Equal(t, `[] "typed"`+"\n", stdout, stderr)
			assert.Zero(t, code)
		})
	}
	starts.Wait()
	assert.Len(t, programs(t, h.bin()), 1)
}

func TestACheckoutThatCannotBeWritten(t *testing.T) {
	h := newHouse(t)
	h.write(t, ".workshop", "a file in its place")
	cache, err := h.command(t, "go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	home := t.TempDir()
	env := []string{"GOCACHE=" + strings.TrimSpace(string(cache)), "XDG_CACHE_HOME=" + home, "HOME=" + home, "LocalAppData=" + home}
	_, stderr, code := h.run(t, env)
	assert.Zero(t, code, stderr)
	_, stderr, _ = h.run(t, env)
	assert.Equal(t, "words\n", stderr)
	found := 0
	require.NoError(t, filepath.WalkDir(home, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), "companion-") {
			found++
		}
		return err
	}))
	assert.Equal(t, 1, found)
}

func TestSettingsDoNotKeepItFromStarting(t *testing.T) {
	h := newHouse(t)
	_, stderr, code := h.run(t, []string{"GOFLAGS=-mod=mod", "GO111MODULE=off", "GOWORK=off", "GOOS=plan9"}, "doctor")
	assert.Equal(t, 1, code)
	assert.True(t, strings.HasSuffix(stderr, "\nwords\n"), stderr)
}

func TestWhatCannotBeBuiltIsExplained(t *testing.T) {
	const sums = "github.com/far/away v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
		"github.com/far/away v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	for name, test := range map[string]struct {
		file, text string
		env        []string
		want       []string
	}{
		"modules are missing": {
			file: "workshop/companion/far.go", text: "package main\n\nimport _ \"github.com/far/away\"\n",
			want: []string{"The companion cannot be built.", "With the network, run: go mod download", "github.com/far/away"},
		},
		"a mistake in it": {
			file: "workshop/companion/far.go", text: "package main\n\nvar x int = \"\"\n",
			want: []string{"get it anew from the repository", "far.go:3:13: cannot use"},
		},
		"no go command": {
			file: "workshop/companion/far.go", text: "package main\n\nvar x = 1\n", env: []string{"PATH=" + t.TempDir()},
			want: []string{"install Go from https://go.dev/dl"},
		},
		"Go is too old": {
			file: "go.work", text: "go 9.99.0\n\nuse ./workshop\n", env: []string{"GOTOOLCHAIN=local"},
			want: []string{"needs Go 9.99.0 or newer and this is Go 1."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.write(t, test.file, test.text)
			if name == "modules are missing" {
				h.write(t, "workshop/go.mod", "module example.com/bookapi/workshop\n\ngo 1.26.0\n\nrequire github.com/far/away v1.0.0\n")
				h.write(t, "workshop/go.sum", sums)
			}
			stdout, stderr, code := h.run(t, test.env)
			assert.Equal(t, 1, code)
			assert.Empty(t, stdout)
			for _, want := range test.want {
				assert.Contains(t, stderr, want)
			}
			assert.Empty(t, programs(t, h.bin()), "nothing half built is left")
		})
	}
}

// An interrupt reaches the companion, and its exit code the shell.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an interrupt cannot be sent to one process there")
	}
	h := newHouse(t)
	h.run(t, nil)
	cmd := h.command(t, h.front, "wait")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, len("waiting\n"))
	_, err = out.Read(line)
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	assert.Equal(t, 7, cmd.ProcessState.ExitCode())
}

// An interrupt while it is built ends the build as well, and leaves nothing.
func TestInterruptOfABuild(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script is no program there")
	}
	h := newHouse(t)
	// A go command that takes its time, and says when it has begun.
	h.write(t, "bin/go", "#!/bin/sh\necho begun >&2\nexec sleep 100\n")
	require.NoError(t, os.Chmod(filepath.Join(h.root, "bin", "go"), 0o700))
	cmd := h.command(t, h.front)
	cmd.Env = append(cmd.Env, "PATH="+filepath.Join(h.root, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	errs, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said := make([]byte, len("Building"))
	_, err = errs.Read(said)
	require.NoError(t, err)
	begun := time.Now()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	assert.Equal(t, 130, cmd.ProcessState.ExitCode())
	assert.Less(t, time.Since(begun), 50*time.Second)
	assert.Empty(t, programs(t, h.bin()))
}
