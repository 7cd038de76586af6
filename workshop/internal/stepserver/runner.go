package stepserver

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"sync"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/proctree"
)

// The phases of a server.
const (
	Stopped  = "stopped" // there is none, or it was stopped
	Starting = "starting"
	Serving  = "serving"
	Ended    = "ended" // by itself
)

// Status is what is known of the server at one moment.
type Status struct {
	Phase   string `json:"phase"`
	Step    int    `json:"step"`    // the number of the step whose server it is or was, or 0
	Address string `json:"address"` // "http://127.0.0.1:34567" while it serves
	Docs    bool   `json:"docs"`    // there is a page to try its API with
	Output  string `json:"output"`  // the last of what it printed
}

// Runner runs one server at a time on a free port of the loopback interface.
type Runner struct {
	root string
	tell func(Status)
	turn sync.Mutex // held by whoever starts or stops a server

	mu     sync.Mutex // guards what follows
	status Status
	said   tail
	closed bool
	cancel context.CancelFunc // of the server that runs, or nil
	gone   chan struct{}      // closed once nothing is left of it
}

// NewRunner returns a runner for the course in root. It tells each new status.
func NewRunner(root string, tell func(Status)) *Runner {
	return &Runner{root: root, tell: tell, status: Status{Phase: Stopped}}
}

// Start starts the server of a step that has one. One that runs is stopped
// first.
func (r *Runner) Start(step course.Step) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return context.Canceled
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := Command(ctx, r.root, step, "-addr", "127.0.0.1:0")
	cmd.Stdout = (*output)(r)
	cmd.Stderr = cmd.Stdout // one writer for both keeps their lines in order
	if err := cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("the go command cannot be started: %w", err)
	}
	r.cancel, r.gone, r.said = cancel, make(chan struct{}), nil
	r.change(Status{Phase: Starting, Step: step.Number})
	go r.wait(ctx, cmd, r.gone)
	return nil
}

// wait waits for the end of a server.
func (r *Runner) wait(ctx context.Context, cmd *exec.Cmd, gone chan<- struct{}) {
	defer close(gone)
	_ = cmd.Wait() // its output says why
	proctree.Kill(cmd)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	s.Phase, s.Address, s.Docs = Ended, "", false
	if ctx.Err() != nil {
		s.Phase = Stopped
	}
	r.cancel()
	r.cancel = nil
	r.change(s)
}

// Stop stops the server and waits until nothing is left of it.
func (r *Runner) Stop() {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.stop()
}

// Close stops the server, and none can be started afterwards.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.Stop()
}

func (r *Runner) stop() {
	r.mu.Lock()
	cancel, gone := r.cancel, r.gone
	r.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-gone
}

// Status returns what is known now.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *Runner) change(s Status) {
	r.status = s
	r.tell(s)
}

// address is how a server says where it is, once the line goes on behind it.
// Only this machine is believed: the page makes a link of it.
var address = regexp.MustCompile(`(https?://(?:127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5})\s`)

// FindAddress returns where a server is that has printed this, or "".
func FindAddress(printed string) string {
	if found := address.FindStringSubmatch(printed); found != nil {
		return found[1]
	}
	return ""
}

// output takes what a server prints.
type output Runner

func (o *output) Write(p []byte) (int, error) {
	r := (*Runner)(o)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = r.said.add(p)
	s := r.status
	s.Output = r.said.String()
	if s.Phase == Starting {
		if found := FindAddress(s.Output); found != "" {
			s.Phase, s.Address = Serving, found
			go r.askForDocs(found)
		}
	}
	r.change(s)
	return len(p), nil
}

// askForDocs finds out whether a server has the page /docs.
func (r *Runner) askForDocs(address string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/docs", nil)
	if err != nil {
		return
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return // and so there is none, or the server has gone
	}
	answer.Body.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.status; s.Address == address && answer.StatusCode == http.StatusOK {
		s.Docs = true
		r.change(s)
	}
}
