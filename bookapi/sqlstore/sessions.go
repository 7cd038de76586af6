package sqlstore

import (
	"context"
	"time"

	"example.com/bookapi"
)

// CreateSession implements bookapi.SessionStore.
func (s *Store) CreateSession(ctx context.Context, session bookapi.Session, passwordHash string) error {
	started, expires := millis(session.Started), millis(session.Expires)
	return s.change(ctx, "create session", func(ctx context.Context, tx tx) error {
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
		others := `DELETE FROM sessions WHERE id IN (
			SELECT id FROM sessions WHERE expires <= $1 ORDER BY expires LIMIT 10 ` + s.dialect.skipLocked + `)`
		if _, err := tx.ExecContext(ctx, others, started); err != nil {
			return err
		}
		oldest := `DELETE FROM sessions WHERE id IN (
			SELECT id FROM sessions WHERE username = $1 ORDER BY started DESC, id LIMIT 1000 OFFSET $2)`
		if _, err := tx.ExecContext(ctx, oldest, session.Username, bookapi.MaxSessions-1); err != nil {
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
func (s *Store) ChangePassword(ctx context.Context, username, current, next string, tokensValidAfter func() time.Time) error {
	where := `WHERE username = $1 AND password_hash = $2 AND NOT disabled`
	return s.endSessions(ctx, "change password", where, []any{username, current}, `password_hash = $1`, next, tokensValidAfter)
}

// SetDisabled implements bookapi.SessionStore.
func (s *Store) SetDisabled(ctx context.Context, username string, disabled bool, tokensValidAfter func() time.Time) error {
	return s.endSessions(ctx, "set disabled", `WHERE username = $1`, []any{username}, `disabled = $1`, disabled, tokensValidAfter)
}

// endSessions changes a column of the user whom where finds, and ends all of their
// sessions. The first of where's arguments is the username.
func (s *Store) endSessions(ctx context.Context, what, where string, args []any, set string, value any, tokensValidAfter func() time.Time) error {
	return s.change(ctx, what, func(ctx context.Context, tx tx) error {
		// This changes nothing and locks the user: a login that comes now waits for the
		// end of this transaction. The time is taken last, so that it is no earlier than
		// that of any session that has begun, or has been refreshed.
		lock := `UPDATE users SET password_hash = password_hash ` + where
		if err := changeOne(ctx, tx, bookapi.ErrNotFound, lock, args...); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE username = $1`, args[0]); err != nil {
			return err
		}
		update := `UPDATE users SET ` + set + `, tokens_from = CASE WHEN tokens_from > $2 THEN tokens_from ELSE $2 END
			WHERE username = $3`
		return changeOne(ctx, tx, bookapi.ErrNotFound, update, value, millis(tokensValidAfter()), args[0])
	})
}

// scanSession reads the columns id, username, token_hash, started and expires.
func scanSession(row row) (session bookapi.Session, err error) {
	var started, expires int64
	err = row.Scan(&session.ID, &session.Username, &session.TokenHash, &started, &expires)
	session.Started, session.Expires = fromMillis(started), fromMillis(expires)
	return session, err
}
