package app

import (
	"context"
	"slices"
	"sync"
)

// queue lets callers through one at a time. Places take turns: one with a hundred
// callers delays a caller of another place by one, not by a hundred. A place may be
// within another, as a network is within a larger one, and has its share of that. The
// zero value is empty and ready.
type queue struct {
	mu   sync.Mutex
	busy bool
	line line
}

// wait returns nil when it is the caller's turn, who then must call next; or the
// error of ctx, if that ends first. The caller's place comes from the outside in.
func (q *queue) wait(ctx context.Context, place ...string) error {
	q.mu.Lock()
	if !q.busy {
		q.busy = true
		q.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q.line.add(turn, place)
	q.mu.Unlock()

	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		q.leave(turn, place)
		return ctx.Err()
	}
}

// next lets the next caller through.
func (q *queue) next() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pass()
}

// pass is next for callers that hold the lock.
func (q *queue) pass() {
	if q.busy = !q.line.empty(); q.busy {
		close(q.line.next())
	}
}

// leave takes a caller out of the queue. One whose turn has come at that moment
// passes it on.
func (q *queue) leave(turn chan struct{}, place []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.line.remove(turn, place) {
		q.pass()
	}
}

// A line has the callers that wait at one place, and the lines of the places within
// it; the next first.
type line struct {
	turns  []chan struct{}
	places []string
	within map[string]*line
}

func (l *line) empty() bool { return len(l.turns) == 0 && len(l.places) == 0 }

func (l *line) add(turn chan struct{}, place []string) {
	if len(place) == 0 {
		l.turns = append(l.turns, turn)
		return
	}
	if l.within == nil {
		l.within = make(map[string]*line)
	}
	inner := l.within[place[0]]
	if inner == nil {
		inner = new(line)
		l.within[place[0]] = inner
		l.places = append(l.places, place[0])
	}
	inner.add(turn, place[1:])
}

// next takes the next caller out of a line that has one.
func (l *line) next() (turn chan struct{}) {
	if len(l.turns) > 0 {
		turn, l.turns = l.turns[0], l.turns[1:]
		return turn
	}
	first := l.places[0]
	inner := l.within[first]
	turn, l.places = inner.next(), l.places[1:]
	if inner.empty() {
		delete(l.within, first)
	} else {
		l.places = append(l.places, first)
	}
	return turn
}

// remove takes a caller out, and reports whether it was there.
func (l *line) remove(turn chan struct{}, place []string) bool {
	if len(place) == 0 {
		i := slices.Index(l.turns, turn)
		if i >= 0 {
			l.turns = slices.Delete(l.turns, i, i+1)
		}
		return i >= 0
	}
	inner := l.within[place[0]]
	if inner == nil || !inner.remove(turn, place[1:]) {
		return false
	}
	if inner.empty() {
		delete(l.within, place[0])
		l.places = slices.DeleteFunc(l.places, func(p string) bool { return p == place[0] })
	}
	return true
}
