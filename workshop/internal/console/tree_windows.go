package console

import (
	"os/exec"
	"strconv"
)

// ownTree makes the end of the command's context the end of all that it started.
func ownTree(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
}

// killTree has nothing to do: taskkill leaves nobody.
func killTree(*exec.Cmd) {}
