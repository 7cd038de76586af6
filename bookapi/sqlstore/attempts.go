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

// CountAttempt implements bookapi.AttemptStore. A blocked attempt costs
// one read and no write.
func (s *Store) CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	if limit < 1 {
		return now.Add(window), nil
	}
	query := `SELECT ends FROM attempts WHERE key_hash = $1 AND ends > $2 AND ends <= $4 AND counted >= $3`
	until, err := find(ctx, s, "count attempt", scanTime, query, hash(key), millis(now), limit, millis(now.Add(2*window)))
	if errors.Is(err, bookapi.ErrNotFound) {
		return s.count(ctx, hash(key), limit, now, window)
	}
	return until, err
}

// count counts one attempt in the current window, or begins the next. If others
// have filled the window meanwhile, it returns when that ends.
func (s *Store) count(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (until time.Time, err error) {
	err = s.change(ctx, "count attempt", func(ctx context.Context, tx tx) error {
		// One statement, so that simultaneous calls count one after the other.
		const current = `attempts.ends > $3 AND attempts.ends <= $5` // others are over, or of a clock that was put back
		upsert := `INSERT INTO attempts (key_hash, counted, begins, ends) VALUES ($1, 1, $3, $2)
			ON CONFLICT (key_hash) DO UPDATE SET
				counted = CASE WHEN ` + current + ` THEN attempts.counted + 1 ELSE 1 END,
				begins = CASE WHEN ` + current + ` THEN attempts.begins ELSE excluded.begins END,
				ends = CASE WHEN ` + current + ` THEN attempts.ends ELSE excluded.ends END
			WHERE NOT (` + current + `) OR attempts.counted < $4
			RETURNING counted`
		var counted int
		err := tx.QueryRowContext(ctx, upsert, key, millis(now.Add(window)), millis(now), limit, millis(now.Add(2*window))).Scan(&counted)
		switch {
		case errors.Is(err, sql.ErrNoRows): // full, and as it was: the statement has locked it
			until, err = scanTime(tx.QueryRowContext(ctx, `SELECT ends FROM attempts WHERE key_hash = $1`, key))
			return err
		case err != nil:
			return err
		case counted == 1:
			return s.sweepAttempts(ctx, tx, now)
		}
		return nil
	})
	return until, err
}

// maxAttempts is how many windows are kept at once, give or take sweepEach for each
// program: enough for a botnet's, and no more than some ten megabytes.
const (
	maxAttempts = 100_000
	sweepEach   = 1000 // new windows
)

// sweepAttempts removes windows that have ended when another has begun: several,
// so that their number does not grow, and few, so that no caller waits for it. Now
// and then it looks whether too many are left, and removes those that end first.
func (s *Store) sweepAttempts(ctx context.Context, tx tx, now time.Time) error {
	ended := `DELETE FROM attempts WHERE key_hash IN (
		SELECT key_hash FROM attempts WHERE ends <= $1 ORDER BY ends LIMIT 10 ` + s.dialect.skipLocked + `)`
	if _, err := tx.ExecContext(ctx, ended, millis(now)); err != nil || s.windows.Add(1)%sweepEach != 0 {
		return err
	}
	tooMany := `DELETE FROM attempts WHERE ends < (SELECT ends FROM attempts ORDER BY ends DESC LIMIT 1 OFFSET $1)`
	_, err := tx.ExecContext(ctx, tooMany, maxAttempts-1)
	return err
}

// ForgiveAttempt implements bookapi.AttemptStore. A window in which nothing is left
// goes: who logs in leaves no row.
func (s *Store) ForgiveAttempt(ctx context.Context, key string, counted time.Time) error {
	return s.change(ctx, "forgive attempt", func(ctx context.Context, tx tx) error {
		update := `UPDATE attempts SET counted = counted - 1 WHERE key_hash = $1 AND begins <= $2`
		if err := changeOne(ctx, tx, nil, update, hash(key), millis(counted)); err != nil {
			return err
		}
		return changeOne(ctx, tx, nil, `DELETE FROM attempts WHERE key_hash = $1 AND counted <= 0`, hash(key))
	})
}

// hash is what the database knows of a key, which may be what a stranger has
// typed into a login form: text of any kind and length, now and then a password.
func hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// scanTime reads one column.
func scanTime(row row) (time.Time, error) {
	var ms int64
	err := row.Scan(&ms)
	return fromMillis(ms), err
}
