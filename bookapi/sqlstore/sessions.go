package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"example.com/bookapi"
)

// CreateSession implements bookapi.SessionStore.
func (s *Store) CreateSession(ctx context.Context, session bookapi.Session, passwordHash string) error {
	started, expires := millis(session.Started), millis(session.Expires)
	return s.change(ctx, "create session", func(ctx context.Context, tx *sql.Tx) error {
		// This changes nothing and locks the user. A change of the password that
		// came first is seen here; one that comes now waits for the end of this
		// transaction, and then finds the session and ends it.
		lock := `UPDATE users SET password_hash = password_hash WHERE username = $1 AND password_hash = $2 AND NOT disabled`
		if err := changeOne(ctx, tx, bookapi.ErrNotFound, lock, session.Username, passwordHash); err != nil {
			return err
		}
		ended := `DELETE FROM sessions WHERE username = $1 AND expires <= $2`
		if _, err := tx.ExecContext(ctx, ended, session.Username, started); err != nil {
			return err
		}
		insert := `INSERT INTO sessions (id, username, token_hash, started, expires) VALUES ($1, $2, $3, $4, $5)`
		_, err := tx.ExecContext(ctx, insert, session.ID, session.Username, session.TokenHash, started, expires)
		return err
	})
}

// Session implements bookapi.SessionStore.
func (s *Store) Session(ctx context.Context, id string) (bookapi.Session, error) {
	query := `SELECT id, username, token_hash, started, expires FROM sessions WHERE id = $1`
	return find(ctx, s, "read session", scanSession, query, id)
}

// RotateSession implements bookapi.SessionStore.
func (s *Store) RotateSession(ctx context.Context, id, current, next string) error {
	update := `UPDATE sessions SET token_hash = $1 WHERE id = $2 AND token_hash = $3`
	return s.changeOne(ctx, "rotate session", bookapi.ErrNotFound, update, next, id, current)
}

// EndSession implements bookapi.SessionStore.
func (s *Store) EndSession(ctx context.Context, id string) error {
	return s.changeOne(ctx, "end session", nil, `DELETE FROM sessions WHERE id = $1`, id)
}

// ChangePassword implements bookapi.SessionStore.
func (s *Store) ChangePassword(ctx context.Context, username, current, next string, tokensFrom time.Time) error {
	update := `UPDATE users SET password_hash = $1, tokens_from = $2 WHERE username = $3 AND password_hash = $4 AND NOT disabled`
	return s.endSessions(ctx, "change password", username, update, next, millis(tokensFrom), username, current)
}

// SetDisabled implements bookapi.SessionStore.
func (s *Store) SetDisabled(ctx context.Context, username string, disabled bool, tokensFrom time.Time) error {
	update := `UPDATE users SET disabled = $1, tokens_from = $2 WHERE username = $3`
	return s.endSessions(ctx, "set disabled", username, update, disabled, millis(tokensFrom), username)
}

// endSessions ends all sessions of a user whom the statement update changes.
func (s *Store) endSessions(ctx context.Context, what, username, update string, args ...any) error {
	return s.change(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		if err := changeOne(ctx, tx, bookapi.ErrNotFound, update, args...); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE username = $1`, username)
		return err
	})
}

// scanSession reads the columns id, username, token_hash, started and expires.
func scanSession(row row) (session bookapi.Session, err error) {
	var started, expires int64
	err = row.Scan(&session.ID, &session.Username, &session.TokenHash, &started, &expires)
	session.Started, session.Expires = fromMillis(started), fromMillis(expires)
	return session, err
}
