package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// port looks whether the lessons' servers can listen.
func (d Doctor) port(ctx context.Context, _ environment) Finding {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Port))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return Finding{"port", Warn, fmt.Sprintf("Nothing can listen on %s; another program does, most likely.", addr),
			"Stop that program before you start a lesson's server, or start the server with: -addr 127.0.0.1:0", fmt.Sprintf("%d taken", d.Port)}
	}
	listener.Close()
	return Finding{"port", OK, addr + " is free for the lessons' servers.", "", fmt.Sprintf("%d free", d.Port)}
}

// skew is how far two clocks may be apart.
const skew = 2 * time.Second

// clock looks whether it can be as late as it seems. A token's life is a
// quarter of an hour, and certificates have dates.
func (d Doctor) clock(_ context.Context, _ environment) Finding {
	const mend = "Set the clock, or have the system set it from the network."
	now := d.Now()
	if command, err := exec.LookPath("go"); err == nil {
		if info, err := os.Stat(command); err == nil && now.Before(info.ModTime().Add(-24*time.Hour)) {
			return Finding{"clock", Warn, fmt.Sprintf("The clock says %s, and the go command was made after that.", now.Format("2 January 2006, 15:04")), mend, "behind the go command"}
		}
	}
	f, err := d.scratch()
	if err != nil {
		return cannotWrite("clock", err)
	}
	defer f.remove()
	stamp, err := f.touch()
	if err != nil {
		return cannotWrite("clock", err)
	}
	if apart := stamp.Sub(now).Abs(); apart > skew {
		return Finding{"clock", Warn, fmt.Sprintf("The clock of the disk is %s apart from that of the machine, as on a network drive.", apart.Round(time.Second)),
			mend + " Or work on a disk of this machine: the go command goes by the times of files.", "disk " + apart.Round(time.Second).String() + " apart"}
	}
	return Finding{"clock", OK, "The clock is plausible, and the disk agrees with it.", "", "plausible"}
}

// patience is how long the times of two saves may take to differ. A FAT file
// system counts in two seconds.
const patience = 2500 * time.Millisecond

// watching looks how soon a save can be told from the one before: the companion
// polls the times of files, as that works in containers and on network drives.
func (d Doctor) watching(ctx context.Context, _ environment) Finding {
	f, err := d.scratch()
	if err != nil {
		return cannotWrite("watching", err)
	}
	defer f.remove()
	first, err := f.touch()
	if err != nil {
		return cannotWrite("watching", err)
	}
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	start := time.Now()
	for time.Since(start) < patience && ctx.Err() == nil {
		if next, err := f.touch(); err == nil && !next.Equal(first) {
			return toldApart(time.Since(start))
		}
		<-poll.C
	}
	return Finding{"watching", Warn, "A save leaves no new time on the file, so nobody notices it.",
		"Run the tests yourself after a save, or work on another disk.", "file times stand still"}
}

// toldApart judges how long it took until two saves had different times.
func toldApart(took time.Duration) Finding {
	f := Finding{Check: "watching", State: OK, Says: "A save is noticed at once.", Fact: "file times within 0.1 s"}
	if took > 100*time.Millisecond {
		f.Fact = "file times within " + took.Round(100*time.Millisecond).String()
	}
	if took > time.Second {
		f.State = Warn
		f.Says = fmt.Sprintf("The disk tells saves apart only after %s: of two quick ones, the second may go unnoticed.", took.Round(100*time.Millisecond))
		f.Mend = "Save once more if nothing happens, or work on another disk."
	}
	return f
}

func cannotWrite(check string, err error) Finding {
	return Finding{check, Fail, "Nothing can be written in the workshop's folder: " + firstLine(err) + ".",
		"Give yourself the right to write there, or clone the repository into a folder of yours.", "folder not writable"}
}

// A scratch is a file to try things with.
type scratch struct{ name string }

func (d Doctor) scratch() (scratch, error) {
	dir := filepath.Join(d.Root, ".workshop")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return scratch{}, cause(err)
	}
	f, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return scratch{}, cause(err)
	}
	return scratch{f.Name()}, f.Close()
}

// touch writes the file and returns its time.
func (s scratch) touch() (time.Time, error) {
	if err := os.WriteFile(s.name, []byte("save\n"), 0o600); err != nil {
		return time.Time{}, cause(err)
	}
	info, err := os.Stat(s.name)
	if err != nil {
		return time.Time{}, cause(err)
	}
	return info.ModTime(), nil
}

// remove takes the file away, and its folder if nothing else is in it.
func (s scratch) remove() {
	_ = os.Remove(s.name)
	_ = os.Remove(filepath.Dir(s.name))
}

// cause is an error without its path.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// Gopls is the language server, in the newest version that the least Go of the
// course can build.
const Gopls = "golang.org/x/tools/gopls@v0.23.0"

// editor looks for gopls, which stands behind most editors' knowledge of Go.
func (d Doctor) editor(_ context.Context, env environment) Finding {
	_, err := exec.LookPath("gopls")
	for _, dir := range filepath.SplitList(env.GOPATH) {
		if err != nil {
			_, err = exec.LookPath(filepath.Join(dir, "bin", "gopls"))
		}
	}
	if err != nil {
		return Finding{"editor", Warn, "gopls is not there; with it, an editor completes names and adds imports.",
			"VS Code: install the extension Go. Others: go install " + Gopls, "no gopls"}
	}
	return Finding{"editor", OK, "gopls is there: your editor can complete names and add imports.", "", "gopls"}
}

// curl looks for the program that the lessons' sessions use.
func (d Doctor) curl(context.Context, environment) Finding {
	if _, err := exec.LookPath("curl"); err != nil {
		mend := "Install curl with your system's package manager."
		if runtime.GOOS == "windows" {
			mend = "Type the lessons' commands in Git Bash, which has it."
		}
		return Finding{"curl", Warn, "curl is not there, and the lessons call the servers with it.", mend, "no curl"}
	}
	return Finding{"curl", OK, "curl is there, for the lessons' sessions.", "", "curl"}
}
