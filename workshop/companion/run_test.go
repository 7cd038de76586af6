package main_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)

	t.Run("the server runs until it is interrupted", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("no program can send Ctrl-C to another there")
		}
		for _, end := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			root := coursetest.RepoWithReference(t)
			var errs bytes.Buffer
			cmd := exec.CommandContext(t.Context(), string(program), "run", "--", "-flag", "for the server")
			cmd.Dir, cmd.Stderr, cmd.Env = root, &errs, append(os.Environ(), "GOWORK=")
			pipe, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())

			var said []string
			lines := bufio.NewScanner(pipe)
			for lines.Scan() {
				said = append(said, lines.Text())
				if strings.HasPrefix(lines.Text(), "serving") {
					require.NoError(t, cmd.Process.Signal(end))
				}
			}
			require.NoError(t, lines.Err())
			_ = cmd.Wait() // the code tells
			text := strings.Join(said, "\n")
			assert.Contains(t, text, "The server of step 2, with your code.")
			assert.NotContains(t, text, "curl", "it has said no address")
			assert.Contains(t, text, "serving 0 exercise 2.1 is not written yet [-flag for the server]")
			assert.True(t, strings.HasSuffix(text, "\ngoodbye"), "it had its last wish, and nobody holds the pipe any more: %s", text)
			if end == os.Interrupt {
				assert.Equal(t, 130, cmd.ProcessState.ExitCode())
				assert.Empty(t, errs.String())
			} else {
				assert.Equal(t, 1, cmd.ProcessState.ExitCode())
			}
		}
	})

	t.Run("what to try has the port that it got, and the numbers of a fresh database", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("no program can send Ctrl-C to another there")
		}
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, "step2-beta/cmd/bookapi/main.go", coursetest.Server)
		coursetest.Write(t, root, "bookapi.db", "")
		cmd := exec.CommandContext(t.Context(), string(program), "run", "2", "--", "-addr", "127.0.0.1:0")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=")
		pipe, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		var said []string
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			said = append(said, lines.Text())
			if strings.Contains(lines.Text(), "/books/7") { // the last one
				require.NoError(t, cmd.Process.Signal(os.Interrupt))
			}
		}
		require.NoError(t, lines.Err())
		_ = cmd.Wait() // the code tells nothing
		text := strings.Join(said, "\n")
		address := regexp.MustCompile(`serving the tiny API on (http://127\.0\.0\.1:[0-9]+)`).FindStringSubmatch(text)
		require.NotNil(t, address, text)
		assert.NotContains(t, address[1], ":8080")
		assert.Contains(t, text, "bookapi.db has what was stored before")
		assert.Contains(t, text, strings.ReplaceAll(`
Try in another terminal, from step2-beta/README.md:

  curl -s HERE/books \
    -d '{"title":"Kindred"}'
  TOKEN=…  # paste the token that you got
  curl -s HERE/books/1
  curl -s HERE/books
  curl -s HERE/books/7
`, "HERE", address[1]))
	})

	t.Run("a second Ctrl-C is passed on as well", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("no program can send Ctrl-C to another there")
		}
		root := coursetest.RepoWithReference(t)
		coursetest.Replace(t, root, "step2-beta/cmd/bookapi/main.go", "\t<-interrupt\n", "\t<-interrupt\n\tfmt.Println(\"wait\")\n\t<-interrupt\n")
		cmd := exec.CommandContext(t.Context(), string(program), "run", "2")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=")
		pipe, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		last := ""
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			if last = lines.Text(); strings.HasPrefix(last, "serving") || last == "wait" {
				require.NoError(t, cmd.Process.Signal(os.Interrupt))
			}
		}
		require.NoError(t, lines.Err())
		_ = cmd.Wait() // the code tells
		assert.Equal(t, "goodbye", last)
		assert.Equal(t, 130, cmd.ProcessState.ExitCode())
	})

	t.Run("a server that does not start", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Replace(t, root, "step2-beta/cmd/bookapi/main.go", `fmt.Println("serving"`, `os.Exit(3)
	fmt.Println("serving"`)
		stdout, stderr, code := program.run(t, root, "run", "2")
		assert.Equal(t, 1, code)
		assert.NotContains(t, stdout, "serving")
		assert.Contains(t, stderr, "The server has ended by itself")
	})

	t.Run("a step without a server", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, "step1-alpha/cmd/crack/main.go", "package main\n\nfunc main() {}\n")
		refused(t, program, root, "run 1", "Step 1 has no server. What you write there runs in that of step 2: go run ./workshop run 2 "+
			"It has a program to try it with: go run ./step1-alpha/cmd/crack")
		refused(t, program, coursetest.Repo(t), "run", "No step has a server.")
		mistake(t, program, root, "run 3", `There is no step "3": "go run ./workshop" shows the map of all.`)
		mistake(t, program, root, "run 1 2", `One thing at a time, please: "2" is too much.`)
	})
}
