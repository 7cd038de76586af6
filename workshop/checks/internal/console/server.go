package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A server is a command that runs on while others are typed.
type server struct {
	entry     entry
	out       *buffer
	interrupt context.CancelFunc
	ended     chan struct{} // closed at the end
	err       error         // why it could not be run, once it has ended
}

// start starts a server in place of the one before, and waits until it has
// printed what its entry says.
func (s *Session) start(ctx context.Context, e entry) error {
	if len(e.want) == 0 {
		return fmt.Errorf("line %d: a server must print a line when it is ready; write it below the command", e.line)
	}
	if err := s.stop(nil); err != nil {
		return err
	}
	sv := &server{entry: e, out: &buffer{grew: make(chan struct{}, 1)}, ended: make(chan struct{})}
	var running context.Context
	running, sv.interrupt = context.WithCancel(ctx)
	shell, command := s.shell.Subshell(), s.withPort(e.command)
	go func() {
		sv.err = interpret(running, shell, command, sv.out)
		close(sv.ended)
	}()
	s.server = sv

	ready, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		select {
		case <-sv.out.grew:
			if e.check(s.wholeLines(sv), true) == nil {
				return nil
			}
		case <-sv.ended: // by itself: then this is all that it prints
			return s.stop(nil)
		case <-ready.Done():
			return fmt.Errorf("%w\n(%w)", e.check(s.wholeLines(sv), true), ready.Err())
		}
	}
}

// wholeLines is what the server has printed, up to the last end of a line.
func (s *Session) wholeLines(sv *server) []string {
	output := s.with8080(sv.out.String())
	return lines(output[:strings.LastIndex(output, "\n")+1])
}

// stop sends Ctrl-C to the server, if there is one, and compares what it has
// printed. end is the entry of the ^C, if there is one: with output, that is
// what the server says on its way out.
func (s *Session) stop(end *entry) error {
	sv := s.server
	if sv == nil {
		return nil
	}
	s.server = nil
	before := s.wholeLines(sv)
	sv.interrupt()
	<-sv.ended
	if sv.err != nil && !errors.Is(sv.err, context.Canceled) {
		return fmt.Errorf("line %d: $ %s\n%w", sv.entry.line, sv.entry.command, sv.err)
	}
	after := lines(s.with8080(sv.out.String()))
	s.printed.WriteString(strings.Join(after, "\n"))

	if err := sv.entry.check(before, false); err != nil || end == nil || len(end.want) == 0 {
		return err
	}
	return end.check(after[min(len(before), len(after)):], false)
}
