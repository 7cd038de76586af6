package tui

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Spinner is the sign of life while something takes its time. On a terminal it
// turns and names what is going on; elsewhere it is one plain line.
type Spinner struct {
	screen Screen
	mu     sync.Mutex
	doing  string
	stop   chan struct{}
	done   chan struct{}
}

var spinnerFrames = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// StartSpinner shows what is being done until Stop.
func StartSpinner(screen Screen, doing string) *Spinner {
	s := &Spinner{screen: screen, doing: doing, stop: make(chan struct{}), done: make(chan struct{})}
	if !screen.Terminal {
		screen.line(doing, " …")
		close(s.done)
		return s
	}
	go s.turn()
	return s
}

// Doing names what is going on now.
func (s *Spinner) Doing(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = what
}

// Stop takes the spinner off the screen.
func (s *Spinner) Stop() {
	close(s.stop)
	<-s.done
}

func (s *Spinner) turn() {
	defer close(s.done)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-s.stop:
			fmt.Fprint(s.screen.W, "\r", ansi.EraseEntireLine)
			return
		case <-tick.C:
			s.draw(spinnerFrames[i%len(spinnerFrames)])
		}
	}
}

func (s *Spinner) draw(frame string) {
	s.mu.Lock()
	doing := s.doing
	s.mu.Unlock()
	text := ansi.Truncate(s.screen.paint(accent, frame)+" "+clean(doing), s.screen.Width-1, "…")
	fmt.Fprint(s.screen.W, "\r", ansi.EraseEntireLine, text)
}

// Turning is one line of a spinner, for who draws the screen anew each time.
func (s Screen) Turning(frame int, doing string) {
	s.line(s.paint(accent, spinnerFrames[frame%len(spinnerFrames)]), " ", clean(doing))
}

// barWidth is as wide as a bar is beside some words.
const barWidth = 20

// Bar shows how much of a whole is done.
func Bar(done, of int) string {
	full := barWidth * done / max(1, of)
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}
