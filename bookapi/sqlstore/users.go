package sqlstore

import (
	"context"
	"strings"

	"example.com/bookapi"
)

// CreateUser implements bookapi.UserStore.
func (s *Store) CreateUser(ctx context.Context, u bookapi.User) error {
	insert := `INSERT INTO users (username, password_hash, role, disabled, tokens_from) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (username) DO NOTHING`
	return s.changeOne(ctx, "create user", bookapi.ErrExists, insert,
		u.Username, u.PasswordHash, string(u.Role), u.Disabled, millis(u.TokensValidAfter))
}

// User implements bookapi.UserStore.
func (s *Store) User(ctx context.Context, username string) (bookapi.User, error) {
	query := `SELECT username, password_hash, role, disabled, tokens_from FROM users WHERE username = $1 AND NOT disabled`
	return find(ctx, s, "read user", scanUser, query, username)
}

// Users implements bookapi.UserStore.
func (s *Store) Users(ctx context.Context, after string, limit int) ([]bookapi.User, error) {
	// Where a client says it has come to can be any text. This is one that every
	// database can compare, at the same place among the names.
	after, _, _ = strings.Cut(after, "\x00")
	after = strings.ToValidUTF8(after, "\U0010FFFF")

	query := `SELECT username, password_hash, role, disabled, tokens_from FROM users WHERE username > $1 ORDER BY username LIMIT $2`
	return page(ctx, s, "list users", scanUser, limit, query, after)
}

// SetRole implements bookapi.UserStore.
func (s *Store) SetRole(ctx context.Context, username string, role bookapi.Role) error {
	update := `UPDATE users SET role = $1 WHERE username = $2`
	return s.changeOne(ctx, "set role", bookapi.ErrNotFound, update, string(role), username)
}

// ReplacePasswordHash implements bookapi.UserStore.
func (s *Store) ReplacePasswordHash(ctx context.Context, username, current, next string) error {
	update := `UPDATE users SET password_hash = $1 WHERE username = $2 AND password_hash = $3`
	return s.changeOne(ctx, "replace password hash", bookapi.ErrNotFound, update, next, username, current)
}

// scanUser reads the columns username, password_hash, role, disabled and
// tokens_from.
func scanUser(row row) (u bookapi.User, err error) {
	var tokensValidAfter int64
	err = row.Scan(&u.Username, &u.PasswordHash, &u.Role, &u.Disabled, &tokensValidAfter)
	u.TokensValidAfter = fromMillis(tokensValidAfter)
	return u, err
}
