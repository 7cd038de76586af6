package proctree

import (
	"os/exec"
	"strconv"
)

// Own makes the end of the command's context the end of all that it started.
func Own(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
}

// Kill has nothing to do: taskkill leaves nobody.
func Kill(*exec.Cmd) {}
