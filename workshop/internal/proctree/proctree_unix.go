//go:build unix

package proctree

import (
	"os/exec"
	"syscall"
)

// Own puts the command and what it starts into a process group, so that
// one signal reaches the test binaries too. An interrupt lets the go command
// take its temporary folder away.
func Own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}

// Kill ends what is left of the group, such as a test that ignores interrupts.
func Kill(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // nothing left is what we hope for
	}
}
