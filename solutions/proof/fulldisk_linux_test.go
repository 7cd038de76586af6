package proof

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// smallDisk is the folder, in the environment of this test program started anew, on
// which it mounts a disk of sixteen megabytes before it becomes the API.
const smallDisk = "BOOKAPI_TEST_SMALL_DISK"

func init() {
	if dir := os.Getenv(smallDisk); dir != "" {
		becomeAPI(dir, os.Args[1:])
	}
}

// becomeAPI mounts the disk and becomes the API. Nobody else sees the disk.
func becomeAPI(dir string, command []string) {
	err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m")
	}
	if err == nil {
		err = syscall.Exec(command[0], command, os.Environ())
	}
	fmt.Println("no small disk:", err)
	os.Exit(3)
}

// On a full disk reads are served, writes are 503, and /readyz says so; when there is
// room again, all is well.
func TestAFullDiskIsNotReady(t *testing.T) {
	t.Parallel()
	// Without links: below /proc an absolute one leads out, to the disk of this machine.
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	program := build(t, "step5-hardening")
	self, err := os.Executable()
	require.NoError(t, err)
	isolated := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		isolated.Cloneflags |= syscall.CLONE_NEWUSER
		isolated.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		isolated.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	env := []string{smallDisk + "=" + dir, "BOOKAPI_KEYS=" + hardening.NewKey()}
	args := []string{program, "-addr", "127.0.0.1:0", "-db", filepath.Join(dir, "bookapi.db")}
	probe := exec.CommandContext(t.Context(), self, "/bin/true")
	probe.Env, probe.SysProcAttr = append(os.Environ(), env...), isolated
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("this system lets nobody mount a disk of their own: %v %s", err, out)
	}
	api := launchWith(t, func(cmd *exec.Cmd) { cmd.SysProcAttr = isolated }, self, env, args...)
	signUp(t, api.address, Ada, AdaPassword)
	access := logIn(t, api.address, Ada, AdaPassword)
	ready := func() int { return send(t, http.MethodGet, api.address+"/readyz", "", "", "").Status }
	require.Equal(t, http.StatusOK, ready())
	require.Equal(t, http.StatusCreated, send(t, http.MethodPost, api.address+"/books", access, "application/json", book).Status)

	filler := filepath.Join("/proc", fmt.Sprint(api.process.Pid), "root", dir, "filler")
	f, err := os.Create(filler)
	require.NoError(t, err)
	fill := func(left uint64) {
		for disk := (syscall.Statfs_t{}); ; {
			require.NoError(t, syscall.Statfs(filepath.Dir(filler), &disk))
			if disk.Bavail*uint64(disk.Bsize) <= left {
				return
			}
			if _, err := f.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}
	add := func() int {
		return send(t, http.MethodPost, api.address+"/books", access, "application/json", book).Status
	}
	// What books leave free is for those who have to stop it.
	fill(1 << 20)
	require.Eventually(t, func() bool { return add() == http.StatusServiceUnavailable }, 20*time.Second, 10*time.Millisecond)
	access = logIn(t, api.address, Ada, AdaPassword)
	assert.Equal(t, http.StatusOK, ready())
	assert.Equal(t, http.StatusNoContent, send(t, http.MethodDelete, api.address+"/books/1", access, "", "").Status)

	fill(0)
	require.NoError(t, f.Close())
	var status int
	for range 500 { // until what the database has in reserve is used up
		if status = add(); status != http.StatusCreated {
			break
		}
	}
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, http.StatusOK, send(t, http.MethodGet, api.address+"/books", "", "", "").Status)
	assert.Equal(t, http.StatusOK, send(t, http.MethodGet, api.address+"/me", access, "", "").Status)
	assert.Eventually(t, func() bool { return ready() == http.StatusServiceUnavailable }, 20*time.Second, 100*time.Millisecond, "/readyz")
	assert.Equal(t, http.StatusOK, send(t, http.MethodGet, api.address+"/healthz", "", "", "").Status)

	require.NoError(t, os.Remove(filler))
	assert.Eventually(t, func() bool { return ready() == http.StatusOK }, 20*time.Second, 100*time.Millisecond, "/readyz")
	answer := send(t, http.MethodPost, api.address+"/books", access, "application/json", book)
	assert.Equal(t, http.StatusCreated, answer.Status, answer)
}
