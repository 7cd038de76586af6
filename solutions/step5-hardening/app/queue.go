package app

import (
	"context"
	"slices"
	"sync"
)

// queue lets callers through one at a time. Keys take turns: a key with a hundred
// callers delays one of another key by one caller, not by a hundred. The zero value
// is empty and ready.
type queue struct {
	mu      sync.Mutex
	busy    bool
	keys    []string                   // of callers that wait; the next first
	waiting map[string][]chan struct{} // by key; the next first
}

// wait returns nil when it is the caller's turn, who then must call next; or the
// error of ctx, if that ends first.
func (q *queue) wait(ctx context.Context, key string) error {
	q.mu.Lock()
	if !q.busy {
		q.busy = true
		q.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	if q.waiting == nil {
		q.waiting = make(map[string][]chan struct{})
	}
	if len(q.waiting[key]) == 0 {
		q.keys = append(q.keys, key)
	}
	q.waiting[key] = append(q.waiting[key], turn)
	q.mu.Unlock()

	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		q.leave(key, turn)
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
	if len(q.keys) == 0 {
		q.busy = false
		return
	}
	key := q.keys[0]
	turn := q.waiting[key][0]
	q.keys = q.keys[1:]
	if q.waiting[key] = q.waiting[key][1:]; len(q.waiting[key]) > 0 {
		q.keys = append(q.keys, key)
	} else {
		delete(q.waiting, key)
	}
	close(turn)
}

// leave takes a caller out of the queue. One whose turn has come at that moment
// passes it on.
func (q *queue) leave(key string, turn chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting[key], turn)
	if i < 0 {
		q.pass()
		return
	}
	if q.waiting[key] = slices.Delete(q.waiting[key], i, i+1); len(q.waiting[key]) == 0 {
		delete(q.waiting, key)
		q.keys = slices.DeleteFunc(q.keys, func(k string) bool { return k == key })
	}
}
