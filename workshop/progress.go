package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"example.com/bookapi/workshop/internal/gocmd"
)

// progress takes what "go build -v" says, and tells how far it has come: on a
// terminal in a line that is written again and again, elsewhere in a line now and
// then.
type progress struct {
	to       io.Writer
	terminal bool
	begun    time.Time

	mu    sync.Mutex // guards what follows
	rest  []byte     // the beginning of a line
	done  int        // packages
	total int        // packages; 0 if it is not known
	doing string
	shown int           // letters that stand on the terminal's line
	said  gocmd.Excerpt // all that is no progress
}

func newProgress(to *os.File) *progress {
	info, err := to.Stat()
	return &progress{to: to, begun: time.Now(), terminal: err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"}
}

// How often progress is told. Whoever reads a file of it wants less.
const (
	onTerminal = 200 * time.Millisecond
	elsewhere  = 5 * time.Second
	untilCount = time.Second // after which the packages are worth counting
)

// start tells of progress until stop is called. It asks for the number of packages
// if the build takes longer.
func (p *progress) start(count func() int) (stop func()) {
	ended := make(chan struct{})
	var telling sync.WaitGroup
	fmt.Fprintln(p.to, "Building the companion, as there is none yet of this version of the course.")
	fmt.Fprintln(p.to, "The very first time that takes half a minute or more, and later starts do not.")
	every := elsewhere
	if p.terminal {
		every = onTerminal
	}
	telling.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				p.tell()
			}
		}
	})
	go func() {
		select {
		case <-ended:
		case <-time.After(untilCount):
			total := count()
			p.mu.Lock()
			defer p.mu.Unlock()
			p.total = total
		}
	}()
	return func() {
		close(ended)
		telling.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.write("")
	}
}

// tell writes how far it has come.
func (p *progress) tell() {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("  %d packages compiled, %.0f s", p.done, time.Since(p.begun).Seconds())
	if p.total >= p.done && p.total > 0 {
		line = fmt.Sprintf("  %d of %d packages compiled, %.0f s", p.done, p.total, time.Since(p.begun).Seconds())
	}
	if p.doing != "" {
		line += ", " + p.doing
	}
	p.write(line)
}

// width is as much of a line as fits on any terminal.
const width = 78

// write replaces the line on a terminal, and adds one elsewhere.
func (p *progress) write(line string) {
	if !p.terminal {
		if line != "" {
			fmt.Fprintln(p.to, line)
		}
		return
	}
	if len(line) > width {
		line = line[:width]
	}
	blank := strings.Repeat(" ", max(0, p.shown-len(line)))
	fmt.Fprint(p.to, "\r"+line+blank+"\r"+line)
	p.shown = len(line)
}

// Write takes the output of the go command.
func (p *progress) Write(output []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, output...)
	for {
		line, rest, whole := bytes.Cut(p.rest, []byte("\n"))
		if !whole {
			return len(output), nil
		}
		p.line(strings.TrimSpace(string(line)))
		p.rest = rest
	}
}

func (p *progress) line(line string) {
	module, downloading := strings.CutPrefix(line, "go: downloading ")
	switch {
	case downloading:
		p.doing = "downloading " + module
	case line != "" && !strings.ContainsAny(line, " :#"):
		p.done, p.doing = p.done+1, ""
	default:
		_, _ = p.said.WriteString(line + "\n")
	}
}
