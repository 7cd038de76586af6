package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"example.com/bookapi"
)

// CreateSession implements bookapi.SessionStore.
func (s *Store) CreateSession(_ context.Context, session bookapi.Session, passwordHash string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[session.Username]
	if !ok || u.Disabled || u.PasswordHash != passwordHash {
		return bookapi.ErrNotFound
	}
	maps.DeleteFunc(s.sessions, func(_ string, old bookapi.Session) bool {
		return !old.Expires.After(session.Started)
	})
	s.endOldest(session.Username)
	if s.sessions == nil {
		s.sessions = make(map[string]bookapi.Session)
	}
	session.Started, session.Expires = truncateTime(session.Started), truncateTime(session.Expires)
	s.sessions[session.ID] = session
	return nil
}

// endOldest makes room for one more session of a user. The caller holds the lock.
func (s *Store) endOldest(username string) {
	var own []bookapi.Session
	for _, session := range s.sessions {
		if session.Username == username {
			own = append(own, session)
		}
	}
	slices.SortFunc(own, func(a, b bookapi.Session) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
	})
	for _, session := range own[min(len(own), bookapi.MaxSessions-1):] {
		delete(s.sessions, session.ID)
	}
}

// truncateTime returns t to the millisecond, as a database keeps it.
func truncateTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Session implements bookapi.SessionStore.
func (s *Store) Session(_ context.Context, id string) (bookapi.Session, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	session, ok := s.sessions[id]
	if !ok {
		return bookapi.Session{}, bookapi.ErrNotFound
	}
	return session, nil
}

// RotateSession implements bookapi.SessionStore.
func (s *Store) RotateSession(_ context.Context, id, current, next string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok := s.sessions[id]
	if !ok || session.TokenHash != current {
		return bookapi.ErrNotFound
	}
	session.TokenHash = next
	s.sessions[id] = session
	return nil
}

// EndSession implements bookapi.SessionStore.
func (s *Store) EndSession(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, id)
	return nil
}

// ChangePassword implements bookapi.SessionStore.
func (s *Store) ChangePassword(_ context.Context, username, current, next string, tokensValidAfter func() time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[username]
	if !ok || u.Disabled || u.PasswordHash != current {
		return bookapi.ErrNotFound
	}
	u.PasswordHash, u.TokensValidAfter = next, later(u.TokensValidAfter, tokensValidAfter())
	s.users[username] = u
	s.endSessions(username)
	return nil
}

// SetDisabled implements bookapi.SessionStore.
func (s *Store) SetDisabled(_ context.Context, username string, disabled bool, tokensValidAfter func() time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[username]
	if !ok {
		return bookapi.ErrNotFound
	}
	u.Disabled, u.TokensValidAfter = disabled, later(u.TokensValidAfter, tokensValidAfter())
	s.users[username] = u
	s.endSessions(username)
	return nil
}

// endSessions ends all sessions of a user. The caller holds the lock.
func (s *Store) endSessions(username string) {
	maps.DeleteFunc(s.sessions, func(_ string, session bookapi.Session) bool { return session.Username == username })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
