package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"example.com/bookapi"
)

// CountAttempt implements bookapi.AttemptStore. Who is blocked costs the
// database one read and no write.
func (s *Store) CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	if limit < 1 {
		return now.Add(window), nil
	}
	until, err := s.blocked(ctx, key, limit, now)
	if errors.Is(err, bookapi.ErrNotFound) {
		until, err = s.count(ctx, key, limit, now, window)
	}
	return until, failed("count attempt", err)
}

// blocked returns when the current window of key ends if it is full, and
// bookapi.ErrNotFound otherwise.
func (s *Store) blocked(ctx context.Context, key string, limit int, now time.Time) (time.Time, error) {
	var ends int64
	query := `SELECT ends FROM attempts WHERE key_hash = $1 AND ends > $2 AND counted >= $3`
	err := s.one(ctx, query, []any{hash(key), millis(now), limit}, &ends)
	return fromMillis(ends), err
}

// count counts one attempt in the current window of key, or begins the next. If
// others have filled the window meanwhile, it returns when that ends.
func (s *Store) count(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (until time.Time, err error) {
	err = inTx(ctx, s.write, func(tx *sql.Tx) error {
		// One statement, so that simultaneous calls count one after the other.
		var counted int
		upsert := `INSERT INTO attempts (key_hash, counted, ends) VALUES ($1, 1, $2)
			ON CONFLICT (key_hash) DO UPDATE SET
				counted = CASE WHEN attempts.ends > $3 THEN attempts.counted + 1 ELSE 1 END,
				ends = CASE WHEN attempts.ends > $3 THEN attempts.ends ELSE excluded.ends END
			WHERE attempts.ends <= $3 OR attempts.counted < $4
			RETURNING counted`
		err := tx.QueryRowContext(ctx, upsert, hash(key), millis(now.Add(window)), millis(now), limit).Scan(&counted)
		switch {
		case errors.Is(err, sql.ErrNoRows): // it is full, and ours to read: the statement has locked it
			var ends int64
			err = tx.QueryRowContext(ctx, `SELECT ends FROM attempts WHERE key_hash = $1`, hash(key)).Scan(&ends)
			until = fromMillis(ends)
		case err == nil && counted == 1:
			err = forgetEnded(ctx, tx, now)
		}
		return err
	})
	return until, err
}

// forgetEnded removes some of the windows that have ended: more than the one
// that has just begun, so that their number does not grow, and never so many
// that the caller would notice.
func forgetEnded(ctx context.Context, tx *sql.Tx, now time.Time) error {
	remove := `DELETE FROM attempts WHERE key_hash IN (SELECT key_hash FROM attempts WHERE ends <= $1 ORDER BY ends LIMIT 10)`
	_, err := tx.ExecContext(ctx, remove, millis(now))
	return err
}

// ForgiveAttempt implements bookapi.AttemptStore.
func (s *Store) ForgiveAttempt(ctx context.Context, key string) error {
	update := `UPDATE attempts SET counted = counted - 1 WHERE key_hash = $1 AND counted > 0`
	return failed("forgive attempt", s.changeOne(ctx, nil, update, hash(key)))
}

// hash is what stands for a key. A key is what a stranger typed into a login
// form: text of any length and kind, and now and then a password.
func hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
