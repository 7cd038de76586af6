package memory

import (
	"context"
	"time"
)

// attempts are those of one window.
type attempts struct {
	count        int
	begins, ends time.Time
}

// CountAttempt implements bookapi.AttemptStore.
func (s *Store) CountAttempt(_ context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attempts == nil {
		s.attempts = make(map[string]attempts)
	}
	a := s.attempts[key]
	if !now.Before(a.ends) || a.ends.After(now.Add(2*window)) {
		a = attempts{begins: now, ends: now.Add(window)}
	}
	if a.count >= limit {
		return a.ends, nil
	}
	a.count++
	s.attempts[key] = a
	return time.Time{}, nil
}

// ForgiveAttempt implements bookapi.AttemptStore.
func (s *Store) ForgiveAttempt(_ context.Context, key string, counted time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.attempts[key]; a.count > 0 && !counted.Before(a.begins) {
		a.count--
		s.attempts[key] = a
	}
	return nil
}
