package grade

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/proctree"
)

// The bounds of a test binary. The reference needs a tenth of each.
const (
	mostMemory    = 768 << 20 // bytes, of one process
	mostProcesses = 120       // and threads
	mostOpen      = 500       // files
	mostFile      = 32 << 20  // bytes of a file that it writes
	mostScratch   = 128 << 20 // bytes of all files in the folder where it may write
	mostProcessor = 5 * 60    // seconds, of one process
)

// The bounds of a build.
const (
	buildMemory = 4 << 30
	buildFile   = 512 << 20
)

// Where root grades, the code of submissions has an account that nobody has, since
// the limit of processes does not hold for root: one of its own for each grader and
// each of those that run side by side, as all of it is ended at the end. Numbers
// from 61184 to 65519 are for passing accounts (systemd).
const (
	firstAccount = 61_184
	mostGraders  = 500
	mostSlots    = 8 // side by side
)

func (c confinement) account() int {
	return firstAccount + os.Getpid()%mostGraders*mostSlots + c.slot
}

// A Sandbox is how the code of submissions is run.
type Sandbox struct {
	bwrap, prlimit, setpriv, env string // programs; empty if there is none, or it is not to be used
}

// Confined returns the sandbox of this machine, bubblewrap, or an error that says
// what is missing and what to do about it.
func Confined(ctx context.Context) (Sandbox, error) {
	s := Unconfined()
	if runtime.GOOS != "linux" {
		return s, unsafe("there is no sandbox for this system")
	}
	var err error
	if s.bwrap, err = exec.LookPath("bwrap"); err != nil {
		return s, unsafe("there is no sandbox: bubblewrap is not installed (apt-get install bubblewrap, or dnf, pacman)")
	}
	if s.prlimit == "" || root() && s.setpriv == "" {
		return s, unsafe("there is no sandbox: prlimit and setpriv, of util-linux, are missing")
	}
	dir, err := os.MkdirTemp("", "sandbox")
	if err != nil {
		return s, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears up what is left
	record := filepath.Join(dir, "record")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(record, nil, 0o600)); err != nil { //nolint:gosec // another account looks for the file that is in it
		return s, err
	}
	program, err := exec.LookPath("true")
	if err != nil {
		return s, err
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	inside := s.command(confinement{slot: 0, folder: dir, binary: program, record: record})
	cmd := gocmd.Program(ctx, dir, nil, inside[0], append(inside[1:], boundBinary)...)
	var said gocmd.Excerpt
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		proctree.Kill(cmd)
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		if first == "" {
			first = err.Error()
		}
		return s, unsafe("the sandbox does not work here: " + printable(first) + namespaces())
	}
	return s, nil
}

// unsafe is why nothing is run, and what to do.
type unsafe string

func (why unsafe) Error() string { return string(why) + ". " + wayOut }

const wayOut = "Without one, the code of strangers could do all that you can do: so nothing is run. Grade on a Linux machine with bubblewrap, or in a container that has no network and nothing to lose, and say --unconfined there."

// namespaces is what to do on systems that forbid them to users.
func namespaces() string {
	forbidden, err := os.ReadFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
	if err == nil && strings.TrimSpace(string(forbidden)) == "1" && !root() {
		return ". This system forbids namespaces to users; this allows them until the next start: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
	}
	return ""
}

// Unconfined is no sandbox: code can do what its account can. There are limits on
// what it uses up, as far as the system has them, it does not see this process's
// variables, and where root grades it has an account of its own.
func Unconfined() Sandbox {
	var s Sandbox
	if runtime.GOOS == "windows" {
		return s
	}
	s.env, _ = exec.LookPath("env") // "" if there is none
	if runtime.GOOS == "linux" {
		s.prlimit, _ = exec.LookPath("prlimit")
		s.setpriv, _ = exec.LookPath("setpriv")
	}
	return s
}

// Name is what the sandbox is called in results.
func (s Sandbox) Name() string {
	if s.bwrap == "" {
		return "unconfined"
	}
	return "bubblewrap"
}

func root() bool { return os.Geteuid() == 0 }

// A confinement is what code gets to see: the folder of its step to read, a test
// binary to run, and a file in which that reports.
type confinement struct {
	slot                   int // of those that run side by side
	folder, binary, record string
}

// Where the confined code finds them.
const (
	boundFolder = "/course"
	boundBinary = "/graded/test"
	boundRecord = "/graded/record"
)

// command is what to write in front of the path of a test binary: boundBinary in
// the sandbox, the binary's own without one.
func (s Sandbox) command(c confinement) []string {
	variables := []string{"PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8", recordVariable + "=" + boundRecord}
	var args []string
	if s.bwrap != "" {
		args = append(args, s.bwrap, "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--clearenv")
		if !root() {
			args = append(args, "--unshare-user")
		}
		for _, v := range variables {
			name, value, _ := strings.Cut(v, "=")
			args = append(args, "--setenv", name, value)
		}
		args = append(args, system()...)
		args = append(args,
			"--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
			"--perms", "1777", "--size", strconv.Itoa(mostScratch), "--tmpfs", "/tmp",
			"--perms", "0755", "--dir", path.Dir(boundBinary),
			"--ro-bind", c.folder, boundFolder, "--ro-bind", c.binary, boundBinary, "--bind", c.record, boundRecord,
			"--remount-ro", "/", "--chdir", boundFolder, "--")
	} else if s.env != "" {
		variables = []string{"PATH=/usr/bin:/bin", "HOME=" + c.passing(), "TMPDIR=" + c.passing(), recordVariable + "=" + c.record}
		args = append(append(args, s.env, "-i"), variables...)
	}
	if s.setpriv != "" && root() {
		account := strconv.Itoa(c.account())
		args = append(args, s.setpriv, "--reuid="+account, "--regid="+account, "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--")
	}
	if s.prlimit != "" {
		args = append(args, s.prlimit, limit("data", mostMemory), limit("nproc", mostProcesses), limit("nofile", mostOpen),
			limit("fsize", mostFile), limit("cpu", mostProcessor), limit("core", 0), "--")
	}
	return args
}

func limit(name string, n int64) string { return fmt.Sprintf("--%s=%d", name, n) }

// buildLimits is what to write in front of a build.
func (s Sandbox) buildLimits() []string {
	if s.prlimit == "" {
		return nil
	}
	return []string{s.prlimit, limit("data", buildMemory), limit("fsize", buildFile), limit("core", 0), "--"}
}

// system binds the programs and libraries of the machine, to be read: the limits
// are set inside, by programs that need them.
func system() []string {
	args := []string{"--ro-bind", "/usr", "/usr"}
	for _, name := range []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64"} {
		info, err := os.Lstat(name)
		switch {
		case err != nil:
		case info.Mode()&fs.ModeSymlink != 0:
			if target, err := os.Readlink(name); err == nil {
				args = append(args, "--symlink", target, name)
			}
		default:
			args = append(args, "--ro-bind", name, name)
		}
	}
	return args
}

// path is where the test binary is, for what command runs.
func (s Sandbox) path(c confinement) string {
	if s.bwrap != "" {
		return boundBinary
	}
	return c.binary
}

// passing is where code may write that runs without a sandbox.
func (c confinement) passing() string { return filepath.Join(filepath.Dir(c.record), "tmp") }

// prepare lets the code write its record, and passing files.
func (s Sandbox) prepare(c confinement) error {
	err := os.WriteFile(c.record, nil, 0o600)
	if s.bwrap == "" {
		err = errors.Join(err, os.MkdirAll(c.passing(), 0o755), os.Chmod(c.passing(), 0o777|fs.ModeSticky))
	}
	if err != nil {
		return err
	}
	if s.setpriv != "" && root() {
		return os.Chown(c.record, c.account(), c.account())
	}
	return nil
}

// clear ends what the code has left running. The sandbox has done so itself; an
// account of its own tells what is whose without one.
func (s Sandbox) clear(c confinement) {
	if s.bwrap != "" || s.setpriv == "" || !root() {
		return
	}
	account := strconv.Itoa(c.account())
	for range 3 { // while it starts more
		cmd := exec.Command(s.setpriv, "--reuid="+account, "--regid="+account, "--clear-groups", "--", "kill", "-KILL", "--", "-1") //nolint:noctx // it has to happen, whatever has ended
		_ = cmd.Run()                                                                                                               // it fails if there is nothing to end
	}
}
