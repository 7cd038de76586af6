package main_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestServe(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)

	t.Run("it serves until it is interrupted", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("no program can send Ctrl-C to another there")
		}
		for _, end := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			var errs bytes.Buffer
			cmd := exec.CommandContext(t.Context(), string(program), "serve", "--browser=false", "--addr", "127.0.0.1:0")
			cmd.Dir, cmd.Stderr, cmd.Env = coursetest.RepoWithReference(t), &errs, append(os.Environ(), "GOWORK=")
			pipe, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			address := ""
			for lines := bufio.NewScanner(pipe); address == "" && lines.Scan(); {
				address = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/open/[A-Z2-7]{26}`).FindString(lines.Text())
			}
			require.NotEmpty(t, address, &errs)
			answer, err := http.Get(address)
			require.NoError(t, err)
			answer.Body.Close()
			assert.Equal(t, http.StatusOK, answer.StatusCode)

			require.NoError(t, cmd.Process.Signal(end))
			require.NoError(t, cmd.Wait(), "it was asked to end, and that is no failure")
			assert.Empty(t, errs.String())
			_, err = http.Get(address)
			require.Error(t, err)
		}
	})

	t.Run("in a codespace it is where the codespace forwards it", func(t *testing.T) {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), string(program), "serve", "--browser=false", "--addr", "127.0.0.1:0")
		cmd.Dir = coursetest.RepoWithReference(t)
		cmd.Env = append(os.Environ(), "GOWORK=", "CODESPACE_NAME=ada-1", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN=app.github.dev")
		pipe, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		address := ""
		for lines := bufio.NewScanner(pipe); address == "" && lines.Scan(); {
			address = regexp.MustCompile(`https://ada-1-[0-9]+\.app\.github\.dev/open/[A-Z2-7]{26}`).FindString(lines.Text())
		}
		assert.NotEmpty(t, address)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
	})

	t.Run("it tells who asks for too much", func(t *testing.T) {
		t.Parallel()
		root := coursetest.Repo(t)
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		mistake(t, program, root, "serve --addr 0.0.0.0:8090", `"0.0.0.0" could be reached by others, and the page runs your code: `+
			`take 127.0.0.1, localhost or [::1], as in 127.0.0.1:8090`)
		mistake(t, program, root, "serve --addr 8090", `"8090" is no address: write host:port, like 127.0.0.1:8090`)
		mistake(t, program, root, "serve --addr "+taken.Addr().String(), "somebody else listens at "+taken.Addr().String()+
			": take another port or, for any that is free, leave --addr away")
		mistake(t, program, root, "serve --host https://ada.example", `"https://ada.example" is no host: write the name as your browser shows it, `+
			`between https:// and the next slash`)
		mistake(t, program, root, "serve 1", `One thing at a time, please: "1" is too much.`)
		refused(t, program, t.TempDir(), "serve", "not a folder of the workshop: change into the repository that you cloned")
	})
}
