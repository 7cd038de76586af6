// Package memory is a store without a database: for lessons and tests. What it
// holds is gone when the program ends.
package memory

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"example.com/bookapi"
)

var _ bookapi.Store = (*Store)(nil)

// Store is a bookapi.Store, safe for concurrent use. The zero value is empty
// and ready.
type Store struct {
	mu       sync.RWMutex
	books    map[int64]bookapi.Book
	users    map[string]bookapi.User
	sessions map[string]bookapi.Session
	attempts map[string]attempts
	lastID   int64
	booksOf  map[string]int // by creator
}

// CreateBook implements bookapi.BookStore.
func (s *Store) CreateBook(_ context.Context, b bookapi.Book) (bookapi.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.books == nil {
		s.books, s.booksOf = make(map[int64]bookapi.Book), make(map[string]int)
	}
	if _, isUser := s.users[b.CreatedBy]; isUser && s.booksOf[b.CreatedBy] >= bookapi.MaxBooks {
		return bookapi.Book{}, bookapi.ErrTooMany
	}
	s.booksOf[b.CreatedBy]++
	s.lastID++
	b.ID = s.lastID
	s.books[b.ID] = b
	return b, nil
}

// Book implements bookapi.BookStore.
func (s *Store) Book(_ context.Context, id int64) (bookapi.Book, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, ok := s.books[id]
	if !ok {
		return bookapi.Book{}, bookapi.ErrNotFound
	}
	return b, nil
}

// Books implements bookapi.BookStore.
func (s *Store) Books(_ context.Context, after int64, limit int) ([]bookapi.Book, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := make([]bookapi.Book, 0, len(s.books))
	for id, b := range s.books {
		if id > after {
			page = append(page, b)
		}
	}
	slices.SortFunc(page, func(a, b bookapi.Book) int { return cmp.Compare(a.ID, b.ID) })
	return page[:min(len(page), max(limit, 0), bookapi.MaxPage)], nil
}

// UpdateBook implements bookapi.BookStore.
func (s *Store) UpdateBook(_ context.Context, b bookapi.Book) (bookapi.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.books[b.ID]
	if !ok {
		return bookapi.Book{}, bookapi.ErrNotFound
	}
	b.CreatedBy = old.CreatedBy
	s.books[b.ID] = b
	return b, nil
}

// DeleteBook implements bookapi.BookStore.
func (s *Store) DeleteBook(_ context.Context, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	book, ok := s.books[id]
	if !ok {
		return bookapi.ErrNotFound
	}
	delete(s.books, id)
	if s.booksOf[book.CreatedBy]--; s.booksOf[book.CreatedBy] == 0 {
		delete(s.booksOf, book.CreatedBy)
	}
	return nil
}

// CreateUser implements bookapi.UserStore.
func (s *Store) CreateUser(_ context.Context, u bookapi.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.users[u.Username]; taken {
		return bookapi.ErrExists
	}
	if s.users == nil {
		s.users = make(map[string]bookapi.User)
	}
	s.users[u.Username] = u
	return nil
}

// User implements bookapi.UserStore.
func (s *Store) User(_ context.Context, username string) (bookapi.User, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, ok := s.users[username]
	if !ok || u.Disabled {
		return bookapi.User{}, bookapi.ErrNotFound
	}
	return u, nil
}

// Users implements bookapi.UserStore.
func (s *Store) Users(_ context.Context, after string, limit int) ([]bookapi.User, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := make([]bookapi.User, 0, len(s.users))
	for name, u := range s.users {
		if name > after {
			page = append(page, u)
		}
	}
	slices.SortFunc(page, func(a, b bookapi.User) int { return cmp.Compare(a.Username, b.Username) })
	return page[:min(len(page), max(limit, 0), bookapi.MaxPage)], nil
}

// SetRole implements bookapi.UserStore.
func (s *Store) SetRole(_ context.Context, username string, role bookapi.Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[username]
	if !ok {
		return bookapi.ErrNotFound
	}
	u.Role = role
	s.users[username] = u
	return nil
}

// ReplacePasswordHash implements bookapi.UserStore.
func (s *Store) ReplacePasswordHash(_ context.Context, username, current, next string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[username]
	if !ok || u.PasswordHash != current {
		return bookapi.ErrNotFound
	}
	u.PasswordHash = next
	s.users[username] = u
	return nil
}

// DeleteUser removes a user and all that they are logged in to, or returns
// bookapi.ErrNotFound.
func (s *Store) DeleteUser(_ context.Context, username string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.users[username]; !ok {
		return bookapi.ErrNotFound
	}
	delete(s.users, username)
	s.endSessions(username)
	return nil
}
