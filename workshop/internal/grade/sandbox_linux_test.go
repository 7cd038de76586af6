package grade

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// probe is run in the place of a test binary, as the program and its argument.
const probe = `
id -u
for file in /x /course/x /graded/x /dev/x /usr/x /etc/x; do (echo >$file) 2>/dev/null && echo "wrote $file"; done
(echo >/tmp/x) && echo may write to /tmp
echo reported >>/graded/record
grep -c : /proc/net/dev
grep -E '^(Max processes|Max data size|Max file size) ' /proc/self/limits | tr -s ' '
grep -E '^(CapEff|NoNewPrivs)' /proc/self/status | tr '\t' ' '
env | grep -c SECRET_OF_THE_INSTRUCTOR
ls /proc | grep -c '^[0-9]'
ls /etc /home /root 2>/dev/null
`

func TestTheSandboxConfines(t *testing.T) {
	t.Setenv("SECRET_OF_THE_INSTRUCTOR", "x")
	s, err := Confined(t.Context())
	if err != nil {
		t.Skip("checks/grade says whether this may be: ", err)
	}
	dir := t.TempDir()
	c := confinement{folder: dir, binary: "/bin/sh", record: filepath.Join(dir, "record")}
	c.binary, err = filepath.EvalSymlinks(c.binary)
	require.NoError(t, err)
	require.NoError(t, s.prepare(c))
	command := append(s.command(c), s.path(c), "-c", probe)
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	out, err := cmd.CombinedOutput()
	text := string(out)
	if _, exited := errors.AsType[*exec.ExitError](err); !exited { // the last ls fails, as it should
		require.NoError(t, err)
	}
	account := strconv.Itoa(c.account()) + "\n"
	if os.Geteuid() != 0 {
		account = ""
	}
	assert.True(t, strings.HasPrefix(text, account), text)
	assert.NotContains(t, text, "wrote ")
	assert.Contains(t, text, "may write to /tmp\n1\n", "one network interface, lo")
	assert.Contains(t, text, "Max data size 805306368 805306368 bytes")
	assert.Contains(t, text, "Max file size 33554432 33554432 bytes")
	assert.Contains(t, text, "Max processes 120 120 processes")
	assert.Contains(t, text, "CapEff: 0000000000000000\nNoNewPrivs: 1\n0\n", "no rights, and no variable")
	assert.NotContains(t, text, "passwd")
	record, err := os.ReadFile(c.record)
	require.NoError(t, err)
	assert.Equal(t, "reported\n", string(record))
}

// What has been started ends with the sandbox, however it hides.
func TestNothingOutlivesTheSandbox(t *testing.T) {
	s, err := Confined(t.Context())
	if err != nil {
		t.Skip("checks/grade says whether this may be: ", err)
	}
	dir := t.TempDir()
	c := confinement{folder: dir, binary: "/bin/sh", record: filepath.Join(dir, "record")}
	c.binary, err = filepath.EvalSymlinks(c.binary)
	require.NoError(t, err)
	require.NoError(t, s.prepare(c))
	command := append(s.command(c), s.path(c), "-c", "setsid sleep 4243.5 & setsid sleep 4243.5 & echo ready; wait")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ready := make([]byte, 5)
	_, err = out.Read(ready)
	require.NoError(t, err)
	require.NotEmpty(t, sleeping(t, "4243.5"))
	stop()
	_ = cmd.Wait() // it was killed
	require.Eventually(t, func() bool { return len(sleeping(t, "4243.5")) == 0 }, time.Minute, 10*time.Millisecond)
}

// sleeping are the processes that sleep so long.
func sleeping(t *testing.T, seconds string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		if text, _ := os.ReadFile(file); string(text) == "sleep\x00"+seconds+"\x00" {
			found = append(found, file)
		}
	}
	return found
}
