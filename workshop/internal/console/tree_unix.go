//go:build unix

package console

import (
	"os/exec"
	"syscall"
)

// ownTree puts the command and what it starts into a process group, so that
// one signal reaches the test binaries too. An interrupt lets the go command
// take its temporary folder away.
func ownTree(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}

// killTree ends what is left of the group, such as a test that ignores interrupts.
func killTree(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // nothing left is what we hope for
	}
}
