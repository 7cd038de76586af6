package grade_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A machine is what a submission must not have changed.
type machine struct {
	etc       []string
	passing   []string
	processes map[string]string // of commands that submissions start, by number
}

func look(t *testing.T, h *hall) machine {
	t.Helper()
	m := machine{processes: make(map[string]string)}
	for dir, list := range map[string]*[]string{"/etc": &m.etc, h.passing: &m.passing} {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, entry := range entries {
			if dir == h.passing || strings.Contains(entry.Name(), "graded") { // others may install something
				*list = append(*list, entry.Name())
			}
		}
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, file := range commands {
		text, _ := os.ReadFile(file) // one that has ended says nothing
		command := strings.ReplaceAll(string(text), "\x00", " ")
		if strings.Contains(command, "sleep "+sleep()) || strings.Contains(command, h.passing) {
			m.processes[filepath.Base(filepath.Dir(file))] = command
		}
	}
	return m
}

func (m machine) is(t *testing.T, before machine) {
	t.Helper()
	assert.Equal(t, before.etc, m.etc, "/etc")
	assert.Equal(t, before.passing, m.passing, "what is passing is gone")
	assert.Equal(t, before.processes, m.processes, "nothing runs on")
}

// namespacesWork reports whether the kernel lets us have them at all.
func namespacesWork() bool {
	cmd := exec.Command("true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
	}
	return cmd.Run() == nil
}
