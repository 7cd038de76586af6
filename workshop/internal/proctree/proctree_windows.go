package proctree

import (
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// patience is how long a command and what it has started may take to end.
const patience = 1500 * time.Millisecond

var ctrl = syscall.NewLazyDLL("kernel32.dll").NewProc("GenerateConsoleCtrlEvent")

// Own puts the command and what it starts into a process group, so that one
// Ctrl-Break reaches them all: servers finish their answers, and the go command
// takes its temporary folder away. Who has not ended then is ended.
func Own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	cmd.Cancel = func() error {
		if asked, _, _ := ctrl.Call(syscall.CTRL_BREAK_EVENT, uintptr(cmd.Process.Pid)); asked != 0 && ends(cmd.Process.Pid) {
			return nil
		}
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
}

// ends reports whether a process has ended or does so in time. The go command
// waits for what it has started.
func ends(pid int) bool {
	process, err := syscall.OpenProcess(syscall.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return true // there is none
	}
	defer syscall.CloseHandle(process)
	event, err := syscall.WaitForSingleObject(process, uint32(patience.Milliseconds()))
	return err == nil && event == syscall.WAIT_OBJECT_0
}

// Kill has nothing to do: Own's end leaves nobody.
func Kill(*exec.Cmd) {}
